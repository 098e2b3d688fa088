#!/usr/bin/env bash
# clang-tidy over the controller, with the files of a theme as one: file by file it would go through
# the same headers of the libraries again and again.
#   tidy.sh FOLDER    where CMake may configure a build for it; nothing is built
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:?usage: tidy.sh FOLDER}
cmake -S "$root" -B "$folder" -G Ninja -DROUNDHOUSE_TESTS=OFF -DCMAKE_UNITY_BUILD=ON >/dev/null

# Paths through functions are only followed in what is no included file.
for unit in "$folder"/CMakeFiles/*.dir/Unity/*.cxx; do
    awk -F '"' '!/^#include ".*[.]cpp"$/ { print; next } {
            print "#line 1 \"" $2 "\""
            while ((getline line < $2) > 0) print line
        }' "$unit" >"$unit.all"
    mv "$unit.all" "$unit"
done

# "UNIT:1078:62: error" as the place in the file that stands there, without colours.
tell_true_places() {
    sed 's/\x1b\[[0-9;]*m//g' | awk 'match($0, /^[^:]*Unity\/[^:]*[.]cxx:[0-9]+:/) {
            split($0, place, ":"); rest = substr($0, RLENGTH)
            for (at = 1; at <= place[2] && (getline line < place[1]) > 0; at++)
                if (line ~ /^#line 1 /) { split(line, part, "\""); file = part[2]; first = at }
            close(place[1]); print file ":" (place[2] - first) rest; next
        } { print }'
}

# Asio 1.74 does not notice that clang 14 knows coroutines.
run-clang-tidy-14 -quiet -j 2 -p "$folder" -config "$(cat "$root/.clang-tidy")" \
    -extra-arg=-D__cpp_impl_coroutine=201902L -extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT \
    '/controller/|[.]dir/Unity/' | tell_true_places
