#!/bin/bash
# outside.sh - installs into a prefix, moves it, and builds a foreign program against it: by
# pkg-config (shared and static) and by CMake's find_package; as C11 without extensions and as C++.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$CSSL_BUILD_DIR" --prefix "$work/first" > /dev/null
mv "$work/first" "$work/prefix" # an installed tree may be moved
cd "$work"

cat > program.c << 'END'
#include <stdio.h>
#include <string.h>
#include <cssl.h>

int main(void)
{
    cssl_error err;
    const cssl_options wrong = { .cacertfile = "/nonexistent/ca.pem" };
    cssl_config *none = cssl_client_config(&wrong, &err);
    if (none != NULL || err.status >= 0 || strstr(err.text, "/nonexistent/ca.pem") == NULL) {
        fprintf(stderr, "a missing file was not refused by name\n");
        return 1;
    }
    puts(err.text);
    return 0;
}
END
printf '#include <cssl.h>\nint main() { return sizeof(cssl_options) == 0; }\n' > program.cc
cat > CMakeLists.txt << 'END'
cmake_minimum_required(VERSION 3.16)
project(outside C)
find_package(cssl REQUIRED)
add_executable(by_cmake program.c)
target_link_libraries(by_cmake PRIVATE cssl::cssl)
add_executable(by_cmake_static program.c)
target_link_libraries(by_cmake_static PRIVATE cssl::static)
END

export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig LD_LIBRARY_PATH=$work/prefix/lib
flags='-std=c11 -Wall -Wextra -Wpedantic -Werror'
# shellcheck disable=SC2086,SC2046 # words are wanted
{
    cc $flags program.c -o by_pkg_config $(pkg-config --cflags --libs cssl)
    cc $flags program.c -o by_pkg_config_static $(pkg-config --cflags cssl) \
        prefix/lib/libcssl.a $(pkg-config --libs --static cssl | sed 's/-lcssl//')
}
if command -v c++ > /dev/null; then
    c++ -std=c++17 -Wall -Wextra -Werror -c program.cc -I"$work/prefix/include"
fi
cmake -S . -B build -DCMAKE_PREFIX_PATH="$work/prefix" > cmake.log || { cat cmake.log; exit 1; }
cmake --build build > cmake.log || { cat cmake.log; exit 1; }

for program in ./by_pkg_config build/by_cmake; do
    $program
    grep -q "$work/.*libcssl.so.0" <<< "$(ldd $program)" || { echo "$program: wrong lib"; exit 1; }
done
unset LD_LIBRARY_PATH
for program in ./by_pkg_config_static build/by_cmake_static; do
    $program
    if ldd $program | grep libcssl; then
        echo "$program is not static"
        exit 1
    fi
done
"$work/prefix/bin/cssl" --version
