"""The documents: short where a reader begins, and their links lead somewhere."""
import os
import re
import unittest

import tree

LINK = re.compile(r"\]\(([^)\s]+)\)")
MOST_LINES = 200


def anchors(text):
    """Of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(path, text, exists, read):
    """Links of the document `path` that lead to no file, or to no heading of one."""
    for link in LINK.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        if ":" in link:
            continue
        name, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        if not exists(target) or anchor and anchor not in anchors(read(target)):
            yield f"{path}: {link} leads nowhere"


def read(path):
    with open(os.path.join(tree.ROOT, path), encoding="utf-8") as file:
        return file.read()


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        documents = [path for path in tree.paths() if path.endswith(".md")]
        self.assertGreater(len(documents), 8)
        dead = [link for path in documents
                for link in dead_links(path, read(path),
                                       lambda name: os.path.exists(os.path.join(tree.ROOT, name)),
                                       read)]
        self.assertEqual([], dead)

    def test_a_dead_link_is_found(self):
        text = "# A b\n[a](#a-b) [b](x.md#c) [c](x.md#d) [d](y.md) [e](http://z/)"
        found = dead_links("docs/self.md", text, {"docs/self.md", "docs/x.md"}.__contains__,
                           {"docs/self.md": text, "docs/x.md": "## C"}.__getitem__)
        self.assertEqual(["x.md#d", "y.md"], [line.split()[1] for line in found])

    def test_the_first_page_is_short(self):
        self.assertLessEqual(len(read("README.md").splitlines()), MOST_LINES)


if __name__ == "__main__":
    unittest.main()
