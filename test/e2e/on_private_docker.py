"""Runs a module of tests with a Docker Engine of its own, beside those on the usual one:
    python3 -B on_private_docker.py MODULE"""
import contextlib
import sys
import unittest

from private_docker import use_private_docker


def run(module):
    """The status to exit with. A skip is told as unittest tells it."""
    with contextlib.ExitStack() as stack:
        try:
            use_private_docker(stack.callback)
        except unittest.SkipTest as reason:
            print(f"OK (skipped={module}): {reason}")
            return 0
        program = unittest.main(module, argv=[sys.argv[0]], verbosity=2, failfast=True,
                                exit=False)
        return 0 if program.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
