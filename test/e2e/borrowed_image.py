"""Images that cannot be pulled, made of programs of this machine and the libraries they load."""
import os
import re
import shutil
import subprocess
import tempfile

from docker_host import docker, look


def libraries_of(program):
    """Whole paths, the loader included."""
    told = subprocess.run(["ldd", program], capture_output=True, text=True)
    return re.findall(r"(/\S+)", told.stdout) if told.returncode == 0 else []


def borrow(test, image, program, entrypoint, *arguments, data=None):
    """Makes `image` for as long as the test runs, unless there is one: `program` of this machine
    then lies at `entrypoint`. `data` is a folder that its user may write to."""
    if look(f"/images/{image}/json"):
        return
    program = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin")
    with tempfile.TemporaryDirectory() as folder:
        for source in [program, *libraries_of(program)]:
            target = folder + (entrypoint if source == program else source)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)
        if data:
            os.makedirs(folder + data)
            os.chmod(folder + data, 0o777)
        with open(f"{folder}/Dockerfile", "w") as file:
            command = ", ".join(f'"{word}"' for word in (entrypoint, *arguments))
            file.write(f"FROM scratch\nCOPY . /\nENTRYPOINT [{command}]\n")
        subprocess.run(["docker", "build", "--quiet", "--tag", image, folder], check=True,
                       capture_output=True, env=os.environ | {"DOCKER_BUILDKIT": "0"})
    test.addCleanup(docker, "image", "rm", "--force", image, check=False)
