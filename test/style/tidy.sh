#!/usr/bin/env bash
# clang-tidy over the controller, with the files of a room as one unit: file by file it would go
# through the same headers of the libraries again and again. A unit that passed is not looked at
# again until its preprocessed text, .clang-tidy or the tool changes.
#   tidy.sh FOLDER KEPT    FOLDER: where CMake may configure a build; nothing is built
#                          KEPT: remembers what passed, see ../kept.sh
#   tidy.sh unit FOLDER KEPT FILE    one unit of that build
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
kept=$root/test/kept.sh
usage="usage: tidy.sh FOLDER KEPT | tidy.sh unit FOLDER KEPT FILE"
# Asio 1.74 does not notice that clang 14 knows coroutines.
coroutines=(-D__cpp_impl_coroutine=201902L -DBOOST_ASIO_HAS_CO_AWAIT)

# "UNIT:1078:62: error" as the place in the file that stands there, without colours.
tell_true_places() {
    sed 's/\x1b\[[0-9;]*m//g' | awk 'match($0, /^[^:]*Unity\/[^:]*[.]cxx:[0-9]+:/) {
            split($0, place, ":"); rest = substr($0, RLENGTH)
            for (at = 1; at <= place[2] && (getline line < place[1]) > 0; at++)
                if (line ~ /^#line 1 /) { split(line, part, "\""); file = part[2]; first = at }
            close(place[1]); print file ":" (place[2] - first) rest; next
        } { print }'
}

# The units of FOLDER, or the compiler's options for one of them, a line each.
read_commands() {
    python3 -B - "$@" <<'END'
import json, re, shlex, sys
for entry in json.load(open(sys.argv[1] + "/compile_commands.json")):
    if len(sys.argv) == 2 and re.search("/controller/|[.]dir/Unity/", entry["file"]):
        print(entry["file"])
    elif entry["file"] in sys.argv[2:]:
        words = shlex.split(entry["command"])
        print("\n".join(words[1:words.index("-o")]))
END
}

# Everything that clang-tidy's judgement of a unit depends on: code, comments (NOLINT), macros, and
# the lines they stand on; the rules; the tool. Not where the tree lies.
input_of() {
    local options
    mapfile -t options < <(read_commands "$1" "$2")
    [ ${#options[@]} -gt 0 ] || { echo "no unit of $1: $2" >&2; return 1; }
    clang-tidy-14 --version
    cat "$root/.clang-tidy" "$0"
    clang++-14 -E -C -dD -w "${options[@]}" "${coroutines[@]}" "$2" | sed "s|$root/||g"
}

case ${1:-} in
    unit)
        folder=${2:?$usage} passes=${3:?$usage} unit=${4:?$usage}
        # In one piece, as several units are looked at at a time.
        said=$(input_of "$folder" "$unit" | "$kept" "$passes" clang-tidy-14 -quiet -p "$folder" \
            -config="$(cat "$root/.clang-tidy")" "${coroutines[@]/#/-extra-arg=}" "$unit" 2>&1 |
            tell_true_places) && result=0 || result=1
        printf '%s\n%s\n' "${unit#"$root"/}:" "$said"
        exit $result
        ;;
    *)
        folder=${1:?$usage} passes=${2:?$usage}
        cmake -S "$root" -B "$folder" -G Ninja -DROUNDHOUSE_TESTS=OFF -DCMAKE_UNITY_BUILD=ON \
            >/dev/null
        # Paths through functions are only followed in what is no included file.
        for unit in "$folder"/CMakeFiles/*.dir/Unity/*.cxx; do
            awk -F '"' '!/^#include ".*[.]cpp"$/ { print; next } {
                    print "#line 1 \"" $2 "\""
                    while ((getline line < $2) > 0) print line
                }' "$unit" >"$unit.all"
            mv "$unit.all" "$unit"
        done
        units=$(read_commands "$folder")
        [ -n "$units" ] || { echo "no units in $folder" >&2; exit 1; }
        xargs --max-args 1 --max-procs 2 "$0" unit "$folder" "$passes" <<<"$units"
        ;;
esac
