# Compiler and linker flags: language, warnings, hardening, sanitizers. Said once for all targets.

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

# -std=c11 hides POSIX and Linux calls; this brings them back for every file alike.
add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wformat=2
    -Wwrite-strings -Wpointer-arith -Wundef
    -Wno-missing-field-initializers) # what a table's row leaves out is zero, and means to be
if(CSSL_WERROR)
    add_compile_options(-Werror)
endif()

# Test names carry the kind of build, so that one ctest run over several builds stays readable.
set(CSSL_TEST_PREFIX "")
if(CSSL_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
        message(FATAL_ERROR "CSSL_FUZZ needs clang: configure with -DCMAKE_C_COMPILER=clang")
    endif()
    set(CSSL_TEST_PREFIX "fuzz:")
    set(sanitizers -fsanitize=fuzzer-no-link,address,undefined)
elseif(CSSL_SANITIZE STREQUAL "address")
    set(CSSL_TEST_PREFIX "asan:")
    set(sanitizers -fsanitize=address,undefined)
elseif(CSSL_SANITIZE STREQUAL "thread")
    set(CSSL_TEST_PREFIX "tsan:")
    set(sanitizers -fsanitize=thread)
elseif(CSSL_SANITIZE)
    message(FATAL_ERROR "CSSL_SANITIZE is '${CSSL_SANITIZE}': use address, thread or nothing")
endif()

if(sanitizers)
    # gcc's instrumentation hides value ranges from these two warnings; the release build has them.
    add_compile_options(${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer
        -Wno-conversion $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    add_link_options(${sanitizers})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    # Some compilers define _FORTIFY_SOURCE themselves: undefine it first.
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
        -fstack-clash-protection)
    add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
