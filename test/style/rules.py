"""The rules of the source tree that a machine can check. Each takes texts, not files, so that a
test can show that it is able to fail. A complaint is "path:line: what is wrong and what to do"."""
import re

# The rooms of the controller, in one order: each uses only itself and those before it.
ROOMS = ["core", "loop", "edge/text", "edge/system", "edge/client", "edge/spec", "edge/kubernetes",
         "edge/docker", "edge/gluetun", "edge/http", "edge/metrics", "edge/pod", "edge/command",
         "main"]
# A program of its own, which is built on libc alone. One room talks to it, and reads its headers.
HELPER, ITS_ROOM = "hold", "edge/pod"

# Heavy headers, and the one room of each. JSON is the language of many rooms: every one of edge
# may read and write it, but a header names its types through json_fwd.hpp only.
HEAVY = {"curl": (r"curl/", "edge/client"), "yaml-cpp": (r"yaml-cpp/", "edge/spec"),
         "spdlog": (r"(spdlog|fmt)/", "edge/system"), "CLI11": (r"CLI/", "edge/command"),
         "prometheus-cpp": (r"prometheus/", "edge/metrics"),
         "Boost": (r"boost/", "edge/http")}
JSON = re.compile(r"nlohmann/(?!json_fwd[.]hpp)")

TOP_LEVEL = {"CMakeLists.txt", "controller", "manifests", "examples", "test", "Dockerfile",
             "README.md", "LICENSE"}

MAX_COLUMNS = 100
MAX_LINES = 450

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def includes_of(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def room_of(path):
    """"core" for controller/core/plan.h, "edge/docker" for controller/edge/docker/json.h, "main"
    for controller/main.cpp, "hold" for the helper; None outside the rooms."""
    if not path.startswith("controller/"):
        return None
    if path == "controller/main.cpp":
        return "main"
    folder = path.removeprefix("controller/")
    return next((room for room in [HELPER, *ROOMS] if folder.startswith(room + "/")), None)


def is_standard(header):
    return "/" not in header and not header.endswith(".h")


def check_layering(path, text):
    """Each room uses only those before it; core and loop know the standard library and ours."""
    room = room_of(path)
    if room is None:
        if path.startswith("controller/") and is_cpp(path):
            yield f"{path}:1: in none of the rooms: {', '.join(ROOMS)}"
        return
    for number, header in includes_of(text):
        target = room_of("controller/" + header)
        if HELPER in (room, target):
            alone = room == HELPER and (target is None or target == HELPER)
            if not alone and (room, target) != (ITS_ROOM, HELPER):
                yield f"{path}:{number}: {room} must not include {header}: {HELPER} stands alone"
        elif target is not None:
            if ROOMS.index(target) > ROOMS.index(room):
                yield f"{path}:{number}: {room} must not include {header}: {target} comes after it"
        elif room in ("core", "loop") and not is_standard(header):
            yield f"{path}:{number}: {room} includes only the standard library and ours: {header}"


def check_heavy_headers(files):
    """`files`: path -> text. A heavy library is used in its own room, and reaches no other room
    through a header."""
    reached_from = {}  # header -> rooms that include it, directly or through other headers
    included = {path.removeprefix("controller/"): [header for _, header in includes_of(text)]
                for path, text in files.items() if path.startswith("controller/")}

    def reach(header, room):
        if room in reached_from.setdefault(header, set()):
            return
        reached_from[header].add(room)
        for inner in included.get(header, []):
            reach(inner, room)

    for path, headers in included.items():
        for header in headers:
            reach(header, room_of("controller/" + path))
    for path, headers in included.items():
        room = room_of("controller/" + path)
        for number, header in includes_of(files["controller/" + path]):
            for name, (pattern, owner) in HEAVY.items():
                if not re.match(pattern, header):
                    continue
                if room != owner:
                    yield f"controller/{path}:{number}: {name} belongs to {owner} alone"
                others = reached_from.get(path, set()) - {room}
                if path.endswith(".h") and others:
                    yield (f"controller/{path}:{number}: this header brings {header} to "
                           f"{', '.join(sorted(others))}")
            if path.endswith(".h") and JSON.match(header):
                yield f"controller/{path}:{number}: a header includes only nlohmann/json_fwd.hpp"


def check_text(path, text):
    """Lines that a reader sees whole; files that are one idea."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield f"{path}:{number}: {len(line)} columns, at most {MAX_COLUMNS}"
        if "\t" in line:
            yield f"{path}:{number}: a tab: use spaces"
        if line != line.rstrip():
            yield f"{path}:{number}: space at the end of the line"
    if len(lines) > MAX_LINES:
        yield f"{path}:{MAX_LINES}: {len(lines)} lines, at most {MAX_LINES}: split it by idea"
    if text and not text.endswith("\n"):
        yield f"{path}:{len(lines)}: no newline at the end"


# Written apart, so that this file does not break its own rules.
FORBIDDEN_EVERYWHERE = [
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "do it, or open an issue"),
    (re.compile(r"(^|[\s\"'=(:])/(wo" r"rk|ro" r"ot|ho" r"me)/"), "a path of one machine"),
]
FORBIDDEN_IN_CPP = [
    (re.compile(r"^\s*using namespace std\s*;"), "name what you use"),
]
FORBIDDEN_INSIDE = [
    (re.compile(r"\b(std::c(out|err)|f?printf|puts)\b"), "core and loop print nothing"),
    (re.compile(r"\b(sleep(_for|_until)?|usleep)\s*\("), "core and loop wait on conditions"),
]
# Commands print in one place, which cleans text from outside and notices a full disk.
PRINTERS = {"controller/edge/command/print.cpp"}
FORBIDDEN_IN_COMMANDS = [
    (re.compile(r"\b(std::c(out|err)|f?printf|f?put[sc]|putchar|fwrite|perror)\b"),
     "print through edge/command/print.h"),
]


def is_cpp(path):
    return path.endswith((".cpp", ".h"))


def check_words(path, text):
    patterns = list(FORBIDDEN_EVERYWHERE)
    if is_cpp(path):
        patterns += FORBIDDEN_IN_CPP
        if room_of(path) in ("core", "loop"):
            patterns += FORBIDDEN_INSIDE
        if room_of(path) in ("edge/command", "main") and path not in PRINTERS:
            patterns += FORBIDDEN_IN_COMMANDS
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, advice in patterns:
            match = pattern.search(line)
            if match:
                yield f"{path}:{number}: '{match.group().strip()}': {advice}"


def check_pragma_once(path, text):
    if path.endswith(".h") and "#pragma once" not in text:
        yield f"{path}:1: a header starts with #pragma once"


# Seconds that a test lets something take.
LIMIT_OF_ITS_OWN = re.compile(
    r"(?:timeout=|[.](?:wait|join|settimeout)\(|[.]wait, |monotonic\(\) [+] )(\d+)")
# test/e2e/waiting.py's own.
PATIENCE_S = 120


def check_limits(path, text):
    """A test that fails on a busy machine is a fault. A limit of 2 s or less is meant to be
    reached."""
    if path.startswith(("test/e2e/", "test/chaos/")):
        for number, line in enumerate(text.splitlines(), 1):
            for match in LIMIT_OF_ITS_OWN.finditer(line):
                if not 2 < int(match.group(1)) < PATIENCE_S:
                    continue
                yield f"{path}:{number}: '{match.group()}': use test/e2e/waiting.py"


SHELL_FUNCTION = re.compile(r"^(\w+)\(\)", re.MULTILINE)


def check_shell_functions(files):
    """`files`: path -> text. What a script defines, it calls. A library of functions, such as
    test/lib.sh, is for the others; a trap that is gone would leave its function behind."""
    scripts = {path: text for path, text in files.items() if path.endswith(".sh")}
    for path, text in scripts.items():
        is_library = path.endswith("lib.sh")
        callers = "\n".join(scripts.values()) if is_library else text
        for match in SHELL_FUNCTION.finditer(text):
            name = match.group(1)
            if not re.search(rf"\b{name}\b(?!\(\))", re.sub(r"^ *#.*", "", callers, flags=re.M)):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path}:{line}: nothing calls {name}: delete it, or call it"


def check_top_level(paths):
    """The top of the tree is a table of contents: nothing is added to it lightly."""
    for name in sorted({path.split("/")[0] for path in paths}):
        if not name.startswith(".") and name not in TOP_LEVEL:
            yield f"{name}: not a name for the top of the tree: {', '.join(sorted(TOP_LEVEL))}"


def check_file(path, text):
    for check in (check_layering, check_text, check_words, check_pragma_once, check_limits):
        yield from check(path, text)
