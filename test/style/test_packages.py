"""What tests and scripts call is in packages that CI installs: its machine may have more than an
empty one."""
import glob
import os
import re
import shutil
import subprocess
import unittest

import tree

PROGRAM_IN_PYTHON = re.compile(
    r"""(?:subprocess\.\w+\(\s*\[|\bwhich\()"([a-z][\w.+-]*)\"""")
PROGRAM_IN_SHELL = re.compile(r"command -v ([a-z][\w.+-]*)|^\s*(?:as_root )?(curl|jq|wget|git) ",
                              re.MULTILINE)
# Not needed as root, and another distribution's name of chromium.
OPTIONAL = {"sudo", "chromium-browser"}


def programs_of(path, text):
    if path.endswith(".py"):
        return set(PROGRAM_IN_PYTHON.findall(text))
    if path.endswith(".sh"):
        return {name for pair in PROGRAM_IN_SHELL.findall(text) for name in pair if name}
    return set()


def listed_packages():
    """Of all lists of the project, with what they depend on, and what every Debian has."""
    names = set()
    for path in glob.glob(os.path.join(tree.ROOT, "**", "debian-packages.txt"), recursive=True):
        with open(path, encoding="utf-8") as file:
            names |= {line.split("#")[0].strip() for line in file} - {""}
    told = subprocess.run(
        ["apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests",
         "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", *sorted(names)],
        capture_output=True, text=True, check=True).stdout
    needed = {line.strip().strip("<>").split(":")[0] for line in told.splitlines()
              if line and not line.startswith(" ")}
    told = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${Priority} ${Essential}\n"],
        capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in told.splitlines()]
    return names | needed | {row[0] for row in rows if "required" in row or "yes" in row}


def package_of(program):
    """None: this machine has it from no package of Debian."""
    found = shutil.which(program, path="/usr/bin:/bin:/usr/sbin:/sbin")
    for path in (found, os.path.realpath(found)) if found else ():
        told = subprocess.run(["dpkg-query", "--search", path.removeprefix("/usr"), path],
                              capture_output=True, text=True).stdout
        for line in told.splitlines():
            if not line.startswith("diversion "):
                return line.split(":")[0].split(",")[0]
    return None


@unittest.skipUnless(os.environ.get("CI") == "true", "needs the packages of all lists, as CI has")
class Packages(unittest.TestCase):
    def test_each_program_that_is_called_is_installed_by_the_scripts(self):
        called = {}
        for path, text in tree.texts().items():
            for program in programs_of(path, text):
                called.setdefault(program, path)
        self.assertIn("curl", called)
        listed = listed_packages()
        complaints = [f"{path}: {program} is of {package_of(program)}, which is in no "
                      "debian-packages.txt"
                      for program, path in sorted(called.items())
                      if program not in OPTIONAL and package_of(program) not in listed]
        self.assertEqual([], complaints)

    def test_programs_are_found(self):
        self.assertEqual({"curl", "git"}, programs_of(
            "a.py", 'subprocess.run(\n    ["curl", "-s"])\nshutil.which("git")\nrun([BINARY])\n'))
        self.assertEqual({"ccache", "jq"}, programs_of(
            "a.sh", 'launcher=$(command -v ccache || true)\njq . file\n'))


if __name__ == "__main__":
    unittest.main()
