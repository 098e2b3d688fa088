"""Kubernetes' own schemas, as kubernetes-validate brings them. It is installed from PyPI, once,
into a folder of its own."""
import os
import shutil
import subprocess
import sys
import unittest

VERSION = "1.37.0"
FOLDER = os.path.join(os.environ.get("ROUNDHOUSE_CACHE") or os.environ["ROUNDHOUSE_BUILD"],
                      "python", "kubernetes-validate-" + VERSION)
PROGRAM = os.path.join(FOLDER, "bin", "kubernetes-validate")
INSTALLED = os.path.join(FOLDER, "installed")


def install():
    """Skips the tests where PyPI cannot be reached; CI needs them."""
    if os.path.exists(INSTALLED):
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    for command in ([sys.executable, "-m", "venv", FOLDER],
                    [os.path.join(FOLDER, "bin", "pip"), "install", "--quiet",
                     "--disable-pip-version-check", "kubernetes-validate==" + VERSION]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        if done.returncode != 0:
            why = f"{' '.join(command)}: {done.stdout}{done.stderr}"
            if os.environ.get("CI") == "true":
                raise RuntimeError(why)
            raise unittest.SkipTest(why)
    with open(INSTALLED, "w", encoding="utf-8"):
        pass


def complaints(path, version=None):
    """What is wrong with the manifests in a file, unknown kinds included; "" if nothing is. No
    version: the newest."""
    command = [PROGRAM, "--strict", "--quiet", path]
    if version:
        command[1:1] = ["-k", version]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    said = done.stdout + done.stderr
    return said if said or done.returncode == 0 else f"exit code {done.returncode}"
