"""Passes ctest's output on, line by line, and lists what took longest before its own summary:
    ctest ... | slowest.py SECONDS_OF_THE_BUILD"""
import re
import sys

#  12/140 Test  #45: unit.core.planner ......   Passed    0.31 sec
ENDED = re.compile(r" *\d+/\d+ Test +#\d+: (\S+) .* ([0-9.]+) sec$")
LISTED = 10


def list_longest(built_seconds, seconds):
    print("What took longest, in seconds:")
    print(f"{built_seconds:8.0f}  the build")
    for name in sorted(seconds, key=seconds.get, reverse=True)[:LISTED]:
        print(f"{seconds[name]:8.0f}  {name}")
    print()


def main():
    seconds = {}
    summary = []
    for line in sys.stdin:
        # The last such line begins the summary; a test that runs ctest itself may print others.
        if re.match(r"\d+% tests passed", line):
            sys.stdout.writelines(summary)
            summary = [line]
        elif summary:
            summary.append(line)
        else:
            print(line, end="", flush=True)
        if ended := ENDED.match(line):
            seconds[ended[1]] = float(ended[2])
    list_longest(float(sys.argv[1]), seconds)
    sys.stdout.writelines(summary)


if __name__ == "__main__":
    main()
