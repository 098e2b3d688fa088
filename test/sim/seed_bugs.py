"""Makes copies of sources in which the bugs of the lists can be switched on:

    seed_bugs.py CONTROLLER_FOLDER OUTPUT_FOLDER LIST...

and a table of them, seeded_bugs.inc. A bug whose place is not there exactly once is an error.
"""
import os
import re
import sys


def read_bugs(path):
    """A list of dicts with the keys bug, from, file, right and wrong, and perhaps first."""
    bugs = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.strip().partition(" ")
            if not key or key == "#":
                continue
            if key == "bug":
                bugs.append({})
            bugs[-1][key] = value.strip()
    return bugs


def is_expression(text):
    balanced = all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
    return balanced and not re.search(r"^(if|return|default)\b|;", text)


def switched(number, right, wrong):
    """Splits off the words that both begin and end with where the rest is no whole expression."""
    begin = end = ""
    if not (is_expression(right) and is_expression(wrong)):
        words = [re.findall(r"[\w:.>\[\]*-]+|.", text) for text in (right, wrong)]
        begin = "".join(os.path.commonprefix(words))
        words = [each[len(os.path.commonprefix(words)):][::-1] for each in words]
        end = "".join(os.path.commonprefix(words)[::-1])
        right, wrong = ("".join(each[len(os.path.commonprefix(words)):][::-1]) for each in words)
    return (f"{begin}(::roundhouse::test::seeded_bug == {number} ? ({wrong}) : ({right})){end}")


def seed(text, bugs, name):
    for number, bug in bugs:
        if text.count(bug["right"]) != 1:
            raise SystemExit(f"{bug['bug']}: {name} has its place "
                             f"{text.count(bug['right'])} times, not once")
        text = text.replace(bug["right"], switched(number, bug["right"], bug["wrong"]))
    return '#include "sim/seeded_bug.h"\n' + text


def main(controller, output, *listings):
    bugs = list(enumerate((bug for each in listings for bug in read_bugs(each)), start=1))
    for name in sorted({bug["file"] for _, bug in bugs}):
        with open(os.path.join(controller, name), encoding="utf-8") as file:
            text = file.read()
        target = os.path.join(output, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(seed(text, [each for each in bugs if each[1]["file"] == name], name))
    with open(os.path.join(output, "seeded_bugs.inc"), "w", encoding="utf-8") as file:
        for _, bug in bugs:
            file.write(f'{{"{bug["bug"]}", "{bug["from"]}", {bug.get("first", 0)}}},\n')


if __name__ == "__main__":
    main(*sys.argv[1:])
