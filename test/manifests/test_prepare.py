"""examples/compose/prepare.sh on what people have in .env and config.toml: it reads them as compose
does, or refuses them by the number of a line, and replaces nothing that is there."""
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

from documents import SOURCE

FOLDER = os.path.join(SOURCE, "examples", "compose")
SECRET = "secrets/gluetun_api_key"
CONFIG = "gluetun/config.toml"

# What .env says, with {socket} for the socket's path; what DOCKER_SOCKET, PUID and DOCKER_GID are
# then: None stands for what the script fills in.
READ = [
    ("DOCKER_SOCKET={socket}\n", None),
    ("DOCKER_SOCKET={socket}", None),
    ("PUID=\r\nDOCKER_GID=\r\nDOCKER_SOCKET={socket}\r\nGRAFANA_PASSWORD=\r\n", None),
    ("\ufeffDOCKER_SOCKET={socket}\n", None),
    ("# a comment\n\n  \t\nDOCKER_SOCKET={socket} # mine\nPUID=\n", None),
    ("DOCKER_SOCKET={socket}\t  \nPUID = 7\n", "7"),
    ("  export DOCKER_SOCKET = '{socket}' # it's mine\nexport PUID=\"7\"\n", "7"),
    ("DOCKER_SOCKET=\"{socket}\"\r\nPUID='7'\r\n", "7"),
    ("DOCKER_SOCKET: {socket}\nPUID: 7\n", "7"),
    ("DOCKER_SOCKET=/nowhere\nPUID=6\nDOCKER_SOCKET={socket}\nPUID=7\n", "7"),
    ("DOCKER_SOCKET={socket}\nPUID=7\nPUID=\n", None),
    ("DOCKER_SOCKET={socket}\nPUID=\"\" # whoever calls\n", None),
    ("DOCKER_SOCKET={socket}\nXPUID=7\n#PUID=8\nGRAFANA_PASSWORD='a # \"$b'\n", None),
    ("DOCKER_SOCKET={socket}\nOTHER=\"a\\\"b $c\" # odd, and nothing to do with it\n", None),
]

REFUSED = [
    ("DOCKER_SOCKET={socket}\nPUID\n", ".env:2: is neither NAME=VALUE nor a comment"),
    ("PUID=1\n\n- DOCKER_SOCKET={socket}\n", ".env:3: is neither"),
    ("DOCKER_SOCKET=\"{socket}\n\"\n", ".env:1: the quotes of DOCKER_SOCKET have to end on this"),
    ("OTHER='one\ntwo'\n", ".env:1: the quotes of OTHER"),
    ("OTHER=\"one\" two\n", ".env:1: the quotes of OTHER"),
    ("DOCKER_SOCKET=$XDG_RUNTIME_DIR/docker.sock\n", ".env:1: write the value itself"),
    ("PUID= # mine\n", ".env:1: compose takes this comment for the value"),
    ("DOCKER_SOCKET={socket}\nPUID=\u00a01\n", ".env:2: holds a blank that cannot be seen"),
    ("PUID=1\nDOCKER_SOCKET=/nowhere\n", "/nowhere is no socket: is Docker installed? "
     "DOCKER_SOCKET in .env says where it is (line 2)"),
]

ROLE = '[[roles]]\nname = "mine"\nroutes = ["GET /v1/portforward"]\nauth = "apikey"\n'


class Prepare(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="roundhouse-prepare-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("prepare.sh", ".env.example", "gluetun.env.example"):
            shutil.copy(os.path.join(FOLDER, name), self.folder)
        for name in ("pool", "failover"):
            os.mkdir(os.path.join(self.folder, name))
        self.socket_path = os.path.join(self.folder, "docker.sock")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.socket_path)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(text.replace("{socket}", self.socket_path))

    def read(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def prepare(self):
        kept = {name: value for name, value in os.environ.items() if name != "DOCKER_SOCKET"}
        return subprocess.run([self.path("prepare.sh")], capture_output=True, text=True, env=kept,
                              check=False)

    def start_anew(self):
        for name in (".env", "gluetun.env", SECRET, CONFIG):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))

    def settings(self):
        """Of .env, by a reader as simple as the file is by then."""
        found = {}
        for line in self.read(".env").lstrip("\ufeff").splitlines():
            name, sign, value = line.replace(":", "=", 1).partition("=")
            if sign and not line.strip().startswith("#"):
                name = name.replace("export", "").strip()
                found[name] = value.split(" #")[0].strip().strip("'\"")
        return found

    def test_env_is_read_as_compose_reads_it(self):
        own = {"PUID": os.environ.get("SUDO_UID", str(os.getuid() or 65532)),
               "DOCKER_GID": str(os.stat(self.socket_path).st_gid)}
        for text, user in READ:
            with self.subTest(text):
                self.start_anew()
                self.write(".env", text)
                done = self.prepare()
                self.assertEqual(0, done.returncode, done.stderr)
                settings = self.settings()
                self.assertEqual(self.socket_path, settings["DOCKER_SOCKET"])
                self.assertEqual(user or own["PUID"], settings["PUID"])
                self.assertEqual(own["DOCKER_GID"], settings["DOCKER_GID"])
                self.assertTrue(settings["GRAFANA_PASSWORD"])
                # Line endings stay as they are, and what was said stays word for word.
                written = self.read(".env")
                crlf = written.count("\r\n")
                self.assertIn(crlf, (0, written.count("\n")))
                self.assertEqual(crlf, written.count("\r"))
                for line in text.replace("{socket}", self.socket_path).splitlines():
                    for said in line.split('""'):
                        self.assertIn(said, written)
                # The second time there is nothing to do.
                self.assertEqual(0, self.prepare().returncode)
                self.assertEqual(written, self.read(".env"))

    def test_what_cannot_be_read_is_refused_by_its_line_and_stays(self):
        for text, complaint in REFUSED:
            with self.subTest(text):
                self.start_anew()
                self.write(".env", text)
                before = self.read(".env")
                done = self.prepare()
                self.assertEqual(1, done.returncode, done.stderr)
                self.assertIn(complaint, done.stderr)
                self.assertEqual(before, self.read(".env"))
                self.assertFalse(os.path.exists(self.path(SECRET)))

    def test_it_says_which_settings_of_the_vpn_are_missing_and_what_is_next(self):
        self.start_anew()
        self.write(".env", "DOCKER_SOCKET={socket}\n")
        said = self.prepare().stderr
        self.assertIn("no value yet for: WIREGUARD_PRIVATE_KEY\n", said)
        self.assertRegex(said.splitlines()[-1], "^Then: docker[ -]compose up -d$")
        self.write("gluetun.env", "WIREGUARD_PRIVATE_KEY=abc=\n")
        self.assertNotIn("no value", self.prepare().stderr)

    def prepare_with_keys(self, config, secret):
        self.start_anew()
        self.write(".env", "DOCKER_SOCKET={socket}\n")
        if config is not None:
            self.write(CONFIG, config)
        if secret is not None:
            self.write(SECRET, secret)
        done = self.prepare()
        if config is not None:
            self.assertEqual(config, self.read(CONFIG), "what was there is word for word there")
        return done

    def test_the_key_that_gluetun_has_is_the_one_that_roundhouse_gets(self):
        for line in ('apikey = "abc"', "apikey='abc'", '  apikey="abc"  # mine', 'apikey = "abc"\r',
                     'apikey = "abc"\n' + ROLE + 'apikey = "abc"',
                     '# apikey = "x"\napikey = "abc"'):
            with self.subTest(line):
                done = self.prepare_with_keys(ROLE + line + "\n", None)
                self.assertEqual(0, done.returncode, done.stderr)
                self.assertEqual("abc", self.read(SECRET))
                self.assertIn("took the key of gluetun/config.toml", done.stderr)
                self.assertEqual(0, self.prepare().returncode)

    def test_keys_that_it_cannot_tell_apart_are_left_to_the_user(self):
        several = ROLE + 'apikey = "abc"\n' + ROLE + 'apikey = "def"\n'
        for config, complaint in [
                (ROLE + 'apikey = """abc"""\n', "gluetun/config.toml:5: is not of the form"),
                ('roles = [{apikey = "abc"}]\n', "gluetun/config.toml:1: is not of the form"),
                (several, "has 2 keys"), ("", "has 0 keys")]:
            with self.subTest(config):
                done = self.prepare_with_keys(config, None)
                self.assertEqual(1, done.returncode, done.stderr)
                self.assertIn(complaint, done.stderr)
                self.assertIn(f"put {'it' if 'keys' in complaint else 'that key'} into {SECRET}",
                              done.stderr)
                self.assertFalse(os.path.exists(self.path(SECRET)))

    def test_two_keys_that_differ_are_told_and_both_stay(self):
        done = self.prepare_with_keys(ROLE + 'apikey = "abc"\n', "def\n")
        self.assertEqual(1, done.returncode)
        self.assertIn(f"{SECRET} holds another key than {CONFIG}", done.stderr)
        self.assertEqual("def\n", self.read(SECRET))
        self.assertEqual(0, self.prepare_with_keys(ROLE + 'apikey = "abc"\n', "abc\n").returncode)

    def test_a_new_key_is_the_same_on_both_sides(self):
        self.assertEqual(0, self.prepare_with_keys(None, None).returncode)
        key = self.read(SECRET)
        self.assertRegex(key, "^[0-9a-f]{48}$")
        self.assertIn(f'apikey = "{key}"\n', self.read(CONFIG))


if __name__ == "__main__":
    unittest.main()
