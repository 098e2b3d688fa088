"""What tests compare with the documents."""
import os
import re

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def documented_variables():
    """The names in the table of environment variables."""
    table = read(SOURCE, "manifests", "spec.md").partition("| variable | default | meaning |")[2]
    rows = re.findall(r"^\|([^|]*)\|", table.partition("\n\n")[0], flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z_0-9]+)`", row)}
