"""All C++ is as clang-format writes it."""
import subprocess
import unittest

import rules
import tree


class Format(unittest.TestCase):
    def test_clang_format(self):
        files = [path for path in tree.paths() if rules.is_cpp(path)]
        done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *files], cwd=tree.ROOT,
                              capture_output=True, text=True)
        self.assertEqual(0, done.returncode,
                         f"mend it with: clang-format-14 -i FILE\n{done.stderr[-4000:]}")


if __name__ == "__main__":
    unittest.main()
