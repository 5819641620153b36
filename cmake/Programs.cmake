# The command cssl, limbo_check, the examples and the benchmarks.

pkg_check_modules(CLI_LIBS IMPORTED_TARGET ${CSSL_CLI_LIBS})

# Everything of the command but main.c is a library, so that its parts have unit tests too.
file(GLOB cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.c)
list(REMOVE_ITEM cli_sources ${PROJECT_SOURCE_DIR}/src/cli/main.c)
if(cli_sources)
    add_library(cssl_cli STATIC ${cli_sources})
    set_target_properties(cssl_cli PROPERTIES
        ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/layers)
    set(access PUBLIC)
else()
    add_library(cssl_cli INTERFACE)
    set(access INTERFACE)
endif()
target_link_libraries(cssl_cli ${access} cssl_socket)
if(CLI_LIBS_FOUND)
    target_link_libraries(cssl_cli ${access} PkgConfig::CLI_LIBS)
endif()
find_library(CSSL_HTTP_PARSER_LIBRARY http_parser) # it brings no file for pkg-config
if(CSSL_HTTP_PARSER_LIBRARY)
    target_link_libraries(cssl_cli ${access} ${CSSL_HTTP_PARSER_LIBRARY})
elseif(cli_sources)
    message(FATAL_ERROR "The command needs libhttp-parser: run tools/install-deps.sh")
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/src/cli/main.c)
    if(NOT CLI_LIBS_FOUND)
        message(FATAL_ERROR "The command needs ${CSSL_CLI_LIBS}: run tools/install-deps.sh")
    endif()
    add_executable(cssl src/cli/main.c)
    target_link_libraries(cssl PRIVATE cssl_cli)
endif()

file(GLOB limbo_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/limbo/*.c)
if(limbo_sources AND CLI_LIBS_FOUND AND CSSL_BUILD_TESTS)
    add_executable(limbo_check ${limbo_sources})
    target_link_libraries(limbo_check PRIVATE cssl_socket PkgConfig::CLI_LIBS)
endif()

# An example is what a user would write: it sees the public header and the shared library only.
file(GLOB examples CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.c)
if(TARGET cssl_shared)
    foreach(source IN LISTS examples)
        cmake_path(GET source STEM name)
        add_executable(example_${name} ${source})
        target_link_libraries(example_${name} PRIVATE cssl_shared Threads::Threads)
        set_target_properties(example_${name} PROPERTIES
            OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/examples)
    endforeach()
endif()

# bench/bench_<x>.c are programs; the other files are what they share. Peers are linked here and
# nowhere else: libssl is measured, never used.
pkg_check_modules(LIBSSL IMPORTED_TARGET libssl)
pkg_check_modules(JANSSON_BENCH IMPORTED_TARGET jansson)
if(LIBSSL_FOUND AND JANSSON_BENCH_FOUND AND NOT CSSL_SANITIZE AND NOT CSSL_FUZZ)
    file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/bench_*.c)
    file(GLOB bench_parts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.c)
    list(REMOVE_ITEM bench_parts ${benches})
    foreach(source IN LISTS benches)
        cmake_path(GET source STEM name)
        add_executable(${name} ${source} ${bench_parts})
        target_link_libraries(${name} PRIVATE
            cssl_engine PkgConfig::LIBSSL PkgConfig::JANSSON_BENCH)
        set_target_properties(${name} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
    endforeach()
endif()
