"""All C++ is as clang-format writes it, Python is without oversights, and the tools are able to
fail."""
import os
import subprocess
import tempfile
import unittest

import rules
import tree


def complaints_of_pyflakes(*paths):
    # Debian's own Python, which has Debian's packages.
    return subprocess.run(["/usr/bin/python3", "-m", "pyflakes", *paths], cwd=tree.ROOT,
                          capture_output=True, text=True).stdout


class Format(unittest.TestCase):
    def test_clang_format(self):
        files = [path for path in tree.paths() if rules.is_cpp(path)]
        done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=tree.ROOT,
                              capture_output=True, text=True)
        self.assertEqual(0, done.returncode,
                         f"mend it with: clang-format-14 -i FILE\n{done.stderr[-4000:]}")

    def test_python_uses_what_it_imports_and_names_what_there_is(self):
        files = [path for path in tree.paths() if path.endswith(".py")]
        self.assertEqual("", complaints_of_pyflakes(*files))

    def test_the_tools_are_able_to_fail(self):
        with tempfile.TemporaryDirectory(dir=os.path.join(tree.ROOT, "test", "style")) as folder:
            path = os.path.join(folder, "bad.cpp")
            with open(path, "w") as file:
                file.write("int  f( int*p ){ return p==0 ? 1 : 2; }\n")
            formatted = subprocess.run(["clang-format-14", "--dry-run", "-Werror", path],
                                       capture_output=True)
            self.assertNotEqual(0, formatted.returncode)
            tidied = subprocess.run(["clang-tidy-14", "--quiet", path, "--", "-std=c++20"],
                                    capture_output=True, text=True)
            self.assertNotEqual(0, tidied.returncode)
            self.assertIn("modernize-use-nullptr", tidied.stdout)
            path = os.path.join(folder, "bad.py")
            with open(path, "w") as file:
                file.write("import os\n")
            self.assertIn("'os' imported but unused", complaints_of_pyflakes(path))


if __name__ == "__main__":
    unittest.main()
