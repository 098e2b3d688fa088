"""What `cmake --install` and `cpack -G DEB` make of the build in the folder ROUNDHOUSE_BUILD."""
import glob
import os
import re
import subprocess
import tempfile
import unittest

from documents import SOURCE, documented_variables, read

BUILD = os.environ["ROUNDHOUSE_BUILD"]

PAGE = "usr/share/man/man1/roundhouse.1.gz"
SETTINGS = "etc/default/roundhouse"
UNIT = "lib/systemd/system/roundhouse.service"
FILES = {"usr/bin/roundhouse", "usr/" + UNIT, SETTINGS, PAGE, "usr/share/doc/roundhouse/README.md"}
FILES |= {"usr/share/doc/roundhouse/" + os.path.relpath(path, SOURCE)
          for folder in ("examples", "examples/specs", "manifests")
          for path in glob.glob(os.path.join(SOURCE, folder, "*.md"))}
COMPLETION = "usr/share/bash-completion/completions/roundhouse"
FILES |= {COMPLETION, "usr/share/zsh/vendor-completions/_roundhouse",
          "usr/share/fish/vendor_completions.d/roundhouse.fish",
          "usr/share/doc/roundhouse/copyright"}
FILES |= {"usr/share/roundhouse/" + name for name in (
    "enginepool.schema.json", "openapi.yaml", "openapi-schemas.yaml", "grafana/dashboard.json",
    "prometheus/prometheus.yml", "prometheus/rules.yaml")}
FILES |= {"usr/share/doc/roundhouse/examples/specs/" + os.path.basename(path)
          for path in glob.glob(os.path.join(SOURCE, "examples", "specs", "*"))}
EXIT_CODES = "controller/edge/system/exit_code.h"


def said_by(*command, **environment):
    """What a command that has to succeed prints, complaints included."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=dict(os.environ, **environment), timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}")
    return done.stdout


def files_below(folder):
    return {os.path.relpath(os.path.join(place, name), folder)
            for place, _, names in os.walk(folder) for name in names}


def install(folder, prefix="/usr"):
    said_by("cmake", "--install", BUILD, "--prefix", prefix, DESTDIR=folder)


class WithFolder(unittest.TestCase):
    """Has a folder of its own for all its tests: `self.folder`."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="roundhouse-package-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name


class Installation(WithFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        install(cls.folder)

    def test_it_is_what_is_listed_and_nothing_else(self):
        self.assertEqual(FILES, files_below(self.folder))
        self.assertEqual([], os.listdir(os.path.join(self.folder, "etc", "roundhouse")))

    def test_settings_name_every_variable(self):
        names = re.findall(r"^#([A-Z_0-9]+)=", read(self.folder, SETTINGS), flags=re.MULTILINE)
        self.assertGreater(len(names), 10)
        self.assertEqual(sorted(documented_variables()), sorted(names))

    def test_settings_change_nothing_before_they_are_edited(self):
        lines = read(self.folder, SETTINGS).splitlines()
        self.assertEqual([], [line for line in lines if line and not line.startswith("#")])


class Completion(WithFolder):
    """What bash offers where somebody presses the tabulator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        install(cls.folder)

    def offered(self, *words):
        script = (". \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _roundhouse;"
                  " printf '%s\n' \"${COMPREPLY[@]}\"")
        path = os.path.join(self.folder, "usr/bin") + ":" + os.environ["PATH"]
        return said_by("bash", "-c", script, "bash", os.path.join(self.folder, COMPLETION),
                       "roundhouse", *words, PATH=path).split()

    def test_commands_flags_and_their_values(self):
        for words, expected in [(("va",), ["validate"]), (("get", "ga"), ["gateways"]),
                                (("apply", "--t"), ["--timeout"]),
                                (("plan", "-o", "j"), ["json"]),
                                (("run", "--log-format", ""), ["text", "json"])]:
            with self.subTest(words=words):
                self.assertEqual(expected, self.offered(*words))
        self.assertGreater(len(self.offered("")), 7)


class AnotherPrefix(WithFolder):
    def test_the_unit_names_the_program_and_edited_settings_stay(self):
        edited = os.path.join(self.folder, SETTINGS)
        os.makedirs(os.path.dirname(edited))
        with open(edited, "w", encoding="utf-8") as file:
            file.write("MAX_ACTIVE_REPLICAS=2\n")
        install(self.folder, prefix="/opt/rh")
        self.assertTrue(os.access(os.path.join(self.folder, "opt/rh/bin/roundhouse"), os.X_OK))
        self.assertIn("\nExecStart=/opt/rh/bin/roundhouse run -f /etc/roundhouse\n",
                      read(self.folder, "opt/rh", UNIT))
        self.assertEqual("MAX_ACTIVE_REPLICAS=2\n", read(edited))


class Unit(WithFolder):
    """The unit as installed, with the program and the man page where they really are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        install(cls.folder)
        cls.unit = os.path.join(cls.folder, "roundhouse.service")
        with open(cls.unit, "w", encoding="utf-8") as file:
            file.write(read(cls.folder, "usr", UNIT).replace("/usr/bin/", f"{cls.folder}/usr/bin/"))

    def test_systemd_has_nothing_to_say_about_it(self):
        said = said_by("systemd-analyze", "verify", self.unit,
                       MANPATH=os.path.join(self.folder, "usr/share/man"))
        self.assertEqual("", said)

    def test_it_stays_locked_up(self):
        # Tenths; 96 is a service without any restriction. Two are for ProtectProc, without which
        # nobody knows who watches an engine.
        said_by("systemd-analyze", "security", "--offline=yes", "--threshold=13", "--no-pager",
                self.unit)

    def test_bad_settings_are_not_tried_again(self):
        code = re.search(r"bad_usage = (\d+);", read(SOURCE, EXIT_CODES))[1]
        self.assertIn(f"\nRestartPreventExitStatus={code}\n", read(self.unit))


class ManPage(WithFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        install(cls.folder)
        cls.page = os.path.join(cls.folder, PAGE)
        cls.text = said_by("man", "--warnings", "-l", cls.page, MANWIDTH="200", LC_ALL="C.UTF-8",
                           MAN_KEEP_FORMATTING="")
        cls.program = os.path.join(cls.folder, "usr/bin/roundhouse")

    def section(self, name):
        return re.search(rf"^{name}\n(.*?)(?=^\S|\Z)", self.text, re.MULTILINE | re.DOTALL)[1]

    def test_roff_is_content_and_whatis_finds_it(self):
        self.assertNotIn("warning:", self.text)
        self.assertIn('"roundhouse - Keeps a declared number', said_by("lexgrog", self.page))

    def test_it_teaches_every_command_with_every_flag(self):
        listed = said_by(self.program, "--help").partition("Commands:\n")[2].partition("\n\n")[0]
        commands = re.findall(r"^  (\w+) ", listed, flags=re.MULTILINE)
        self.assertIn("run", commands)
        parts = re.split(r"^   roundhouse (\w+) ", self.section("COMMANDS"), flags=re.MULTILINE)
        sections = dict(zip(parts[1::2], parts[2::2]))
        self.assertEqual(commands, list(sections))
        for command, taught in sections.items():
            flags = re.findall(r"(--[a-z-]+)", said_by(self.program, command, "--help"))
            for flag in set(flags) - {"--help"}:
                self.assertIn(flag, taught, command)

    def test_it_lists_every_variable_and_exit_code(self):
        told = set(re.findall(r"[A-Z]\w+_\w+", self.section("ENVIRONMENT")))
        self.assertEqual(documented_variables(), told)
        known = re.findall(r"int \w+ = (\d+);", read(SOURCE, EXIT_CODES))
        told = re.findall(r"^ +(\d+) +\S", self.section("EXIT STATUS"), flags=re.MULTILINE)
        self.assertEqual(known, told)

    def test_examples_can_be_copied(self):
        self.assertIn("gateways: [gluetun]\n", self.section("EXAMPLES"))
        self.assertIn("# yaml-language-server: $schema=", self.section("COMMANDS"))


class DebianPackage(WithFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        said_by("cpack", "-G", "DEB", "--config", os.path.join(BUILD, "CPackConfig.cmake"),
                "-B", cls.folder)
        [cls.package] = glob.glob(os.path.join(cls.folder, "*.deb"))
        cls.content = os.path.join(cls.folder, "content")
        said_by("dpkg-deb", "--raw-extract", cls.package, cls.content)

    def field(self, name):
        return said_by("dpkg-deb", "--field", self.package, name).strip()

    def test_it_holds_what_is_installed(self):
        files = {path for path in files_below(self.content) if not path.startswith("DEBIAN/")}
        self.assertEqual(FILES, files)
        for line in said_by("dpkg-deb", "--contents", self.package).splitlines():
            self.assertRegex(line, r"^[-d]rw[-x]r-[-x]r-[-x] root/root ")

    def test_it_says_what_it_is_and_needs(self):
        version = re.search(r"VERSION (\S+) ", read(SOURCE, "CMakeLists.txt")
                            .partition("project(")[2])[1]
        machine = said_by("dpkg", "--print-architecture").strip()
        self.assertEqual(f"roundhouse_{version}_{machine}.deb", os.path.basename(self.package))
        for library in ("libc6", "libcurl4", "libyaml-cpp0.7"):
            self.assertRegex(self.field("Depends"), rf"(^|, ){re.escape(library)} \(>= ")
        self.assertIn("docker.io", self.field("Recommends"))
        self.assertEqual(f"/{SETTINGS}\n", read(self.content, "DEBIAN", "conffiles"))

    def test_its_scripts_are_scripts(self):
        for name in ("postinst", "prerm", "postrm"):
            script = os.path.join(self.content, "DEBIAN", name)
            self.assertTrue(os.access(script, os.X_OK), name)
            said_by("sh", "-n", script)

    def test_nothing_shows_where_it_was_built(self):
        for path in files_below(self.content):
            with open(os.path.join(self.content, path), "rb") as file:
                content = file.read()
            for place in (BUILD, SOURCE, self.folder):
                self.assertNotIn(place.encode(), content, path)
            self.assertNotIn(b".symtab", content, path)


if __name__ == "__main__":
    unittest.main()
