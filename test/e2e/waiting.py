"""Waiting for a condition. The limit tells what hangs from a machine that is busy, so no test
chooses one of its own: test/bench measures how fast things are."""
import time

PATIENCE_S = 120


def wait_until(condition, what, account=str):
    """Polls until `condition` gives something true, and returns that. `account` tells more, should
    it never do so."""
    deadline = time.monotonic() + PATIENCE_S
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_S} s: {what}\n{account()}")
        time.sleep(0.02)
    return result
