"""The source tree keeps its rules."""
import unittest

import rules
import tree

# Texts that machines make, or that are read as a whole.
FREE_FORM = (".md", ".json", "kubernetes/gateways.yaml")


class Tree(unittest.TestCase):
    def assert_none(self, complaints):
        complaints = list(complaints)
        self.assertEqual([], complaints, "\n" + "\n".join(complaints))

    def test_there_is_something_to_check(self):
        self.assertTrue(any(path.startswith("controller/core/") for path in tree.paths()))

    def test_files(self):
        complaints = []
        for path, text in tree.texts().items():
            if path.endswith(FREE_FORM):
                complaints += rules.check_words(path, text)
            else:
                complaints += rules.check_file(path, text)
        self.assert_none(complaints)

    def test_heavy_headers(self):
        self.assert_none(rules.check_heavy_headers(tree.texts()))

    def test_shell_functions(self):
        self.assert_none(rules.check_shell_functions(tree.texts()))

    def test_top_level(self):
        self.assert_none(rules.check_top_level(tree.paths()))


if __name__ == "__main__":
    unittest.main()
