"""The files of the source tree: what git tracks, and what it would track."""
import os
import subprocess

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
TEXTS = (".cpp", ".h", ".py", ".sh", ".txt", ".md", ".yaml", ".yml", ".json", ".html", ".css",
         ".js", ".in", "Dockerfile", "run")


def paths():
    """Relative to ROOT. Without git (a source archive) every file that is no build product."""
    listing = subprocess.run(
        ["git", "-C", ROOT, "-c", f"safe.directory={ROOT}", "ls-files", "--cached", "--others",
         "--exclude-standard"], capture_output=True, text=True)
    if listing.returncode == 0:
        found = listing.stdout.splitlines()
    else:
        found = [os.path.relpath(os.path.join(folder, name), ROOT)
                 for folder, _, names in os.walk(ROOT) for name in names]
        found = [path for path in found if not path.startswith("build")]
    return sorted(path for path in found if os.path.isfile(os.path.join(ROOT, path)))


def texts():
    """path -> text of every file that people read."""
    result = {}
    for path in paths():
        if path.endswith(TEXTS):
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                result[path] = file.read()
    return result
