"""The rules of the source tree that a machine can check. Each takes texts, not files, so that a
test can show that it is able to fail. A complaint is "path:line: what is wrong and what to do"."""
import re

ROOMS = {"core": {"core"}, "loop": {"core", "loop"}, "edge": {"core", "loop", "edge"},
         "main": {"core", "loop", "edge"}}

# Heavy headers by the one thing that they are for. Two libraries have two parts, which stay apart:
# what is read (cpprestsdk's JSON, Beast's HTTP messages: pure), and how it comes and goes.
HEAVY = {"curl": r"curl/", "yaml-cpp": r"yaml-cpp/", "nlohmann/json": r"nlohmann/",
         "spdlog": r"(spdlog|fmt)/", "CLI11": r"CLI/", "cpprestsdk's JSON": r"cpprest/json",
         "cpprestsdk": r"(cpprest/(?!json)|pplx/)",
         "prometheus-cpp": r"prometheus/", "Boost.Beast": r"boost/beast",
         "Boost.Asio": r"boost/(?!beast)"}

# Reading what Docker says, and judging a text that is thrown away, have nothing in common.
INCLUDED_BY_TWO = {"nlohmann/json"}

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
    """"core" for controller/core/plan.h; "main" for controller/main.cpp; else None."""
    parts = path.split("/")
    if parts[0] != "controller" or len(parts) < 2:
        return None
    return "main" if parts[1] == "main.cpp" else parts[1]


def is_standard(header):
    return "/" not in header and not header.endswith(".h")


def check_layering(path, text):
    """core <- loop <- edge <- main; core and loop know the standard library and nothing else."""
    room = room_of(path)
    if room not in ROOMS:
        return
    for number, header in includes_of(text):
        target = header.split("/")[0] if "/" in header else None
        if target in ("core", "loop", "edge"):
            if target not in ROOMS[room]:
                yield f"{path}:{number}: {room} must not include {header}: core <- loop <- edge"
        elif room in ("core", "loop") and not is_standard(header):
            yield f"{path}:{number}: {room} includes only the standard library and ours: {header}"


def check_heavy_headers(files):
    """`files`: path -> text. Each heavy library is included by one .cpp, and by no header."""
    users = {name: set() for name in HEAVY}
    for path, text in files.items():
        if not path.startswith("controller/"):
            continue
        for number, header in includes_of(text):
            for name, pattern in HEAVY.items():
                if not re.match(pattern, header):
                    continue
                users[name].add(path)
                if not path.endswith(".cpp"):
                    yield f"{path}:{number}: a header must not include {header}"
    for name, paths in users.items():
        sources = sorted(path for path in paths if path.endswith(".cpp"))
        most = 2 if name in INCLUDED_BY_TWO else 1
        for source in sources[most:]:
            yield f"{source}: {name} is already included by {', '.join(sources[:most])}"


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


def is_cpp(path):
    return path.endswith((".cpp", ".h"))


def check_words(path, text):
    patterns = list(FORBIDDEN_EVERYWHERE)
    if is_cpp(path):
        patterns += FORBIDDEN_IN_CPP
        if room_of(path) in ("core", "loop"):
            patterns += FORBIDDEN_INSIDE
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, advice in patterns:
            match = pattern.search(line)
            if match:
                yield f"{path}:{number}: '{match.group().strip()}': {advice}"


def check_pragma_once(path, text):
    if path.endswith(".h") and "#pragma once" not in text:
        yield f"{path}:1: a header starts with #pragma once"


def check_top_level(paths):
    """The top of the tree is a table of contents: nothing is added to it lightly."""
    for name in sorted({path.split("/")[0] for path in paths}):
        if not name.startswith(".") and name not in TOP_LEVEL:
            yield f"{name}: not a name for the top of the tree: {', '.join(sorted(TOP_LEVEL))}"


def check_file(path, text):
    for check in (check_layering, check_text, check_words, check_pragma_once):
        yield from check(path, text)
