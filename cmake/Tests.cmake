# Tests, found by where they lie (docs/internals/build.md has the table). Labels choose what runs;
# the label `check` marks what this kind of build adds to `make check`.

pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
find_program(CSSL_PYTHON NAMES python3 REQUIRED)

set(CSSL_TEST_ENVIRONMENT
    "CSSL_BUILD_DIR=${PROJECT_BINARY_DIR}"
    "CSSL_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "TSAN_OPTIONS=halt_on_error=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")

# cssl_check_labels(<out> <label>...) tells whether a test with these labels is part of `make
# check` in this build: the release build runs all, ASan all but most peers, TSan threads.
function(cssl_check_labels out)
    set(labels ${ARGN})
    if(CSSL_FUZZ)
        set(wanted fuzz)
    elseif(CSSL_SANITIZE STREQUAL "address")
        set(wanted unit pair socket alloc interop_openssl)
    elseif(CSSL_SANITIZE STREQUAL "thread")
        set(wanted threads)
    else()
        set(wanted unit pair socket cli alloc interop install timing erl)
    endif()
    foreach(label IN LISTS labels)
        if(label IN_LIST wanted)
            list(APPEND labels check)
            break()
        endif()
    endforeach()
    set(${out} ${labels} PARENT_SCOPE)
endfunction()

# cssl_check_program(<target> <label>...) has the target check_programs build what `make check`
# runs in this build, and nothing else.
add_custom_target(check_programs)
function(cssl_check_program target)
    cssl_check_labels(labels ${ARGN})
    if(check IN_LIST labels)
        add_dependencies(check_programs ${target})
    endif()
endfunction()

# cssl_add_test(<name> [MAY_SKIP] TIMEOUT <s> LABELS <label>... COMMAND <command>...)
# Only scripts may be skipped by ending with 77: libFuzzer ends with just that after a crash.
function(cssl_add_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "MAY_SKIP" "TIMEOUT" "LABELS;COMMAND")
    set(full ${CSSL_TEST_PREFIX}${name})
    add_test(NAME ${full} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
    cssl_check_labels(labels ${arg_LABELS})
    math(EXPR timeout "${arg_TIMEOUT} * ${CSSL_TIMEOUT_FACTOR}")
    set_tests_properties(${full} PROPERTIES
        TIMEOUT ${timeout} LABELS "${labels}"
        ENVIRONMENT "${CSSL_TEST_ENVIRONMENT}")
    if(arg_MAY_SKIP)
        set_tests_properties(${full} PROPERTIES SKIP_RETURN_CODE 77)
    endif()
endfunction()

# cssl_add_c_tests(<folder> <kind> <library> TIMEOUT <s> LABELS <label>...) builds each test_<x>.c
# in tests/<folder> as <kind>_<x>.
function(cssl_add_c_tests folder kind library)
    cmake_parse_arguments(PARSE_ARGV 3 arg "" "TIMEOUT" "LABELS;LINK_OPTIONS")
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/test_*.c)
    # The other files of a folder are helpers of all its tests.
    file(GLOB helpers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.c)
    list(REMOVE_ITEM helpers ${sources} "")
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM stem)
        string(REGEX REPLACE "^test_" "${kind}_" name ${stem})
        if(TARGET ${name}) # the same file name in two layers: the later one says its layer
            cmake_path(GET folder FILENAME layer)
            string(REGEX REPLACE "^test_" "${kind}_${layer}_" name ${stem})
        endif()
        add_executable(${name} ${source} ${helpers})
        target_link_libraries(${name} PRIVATE cssl_test_support ${library})
        target_link_options(${name} PRIVATE ${arg_LINK_OPTIONS})
        set_target_properties(${name} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
        cssl_add_test(${name} TIMEOUT ${arg_TIMEOUT} LABELS ${arg_LABELS} COMMAND ${name})
        cssl_check_program(${name} ${arg_LABELS})
    endforeach()
endfunction()

# cssl_add_script_tests(<folder> <kind> <timeout>) adds each .sh and .py in tests/<folder>. Files
# whose name starts with lib or _ are helpers.
function(cssl_add_script_tests folder kind timeout)
    file(GLOB scripts CONFIGURE_DEPENDS
        ${PROJECT_SOURCE_DIR}/tests/${folder}/*.sh ${PROJECT_SOURCE_DIR}/tests/${folder}/*.py)
    foreach(script IN LISTS scripts)
        cmake_path(GET script STEM stem)
        cmake_path(GET script EXTENSION LAST_ONLY extension)
        if(stem MATCHES "^(lib|_)")
            continue()
        endif()
        string(REGEX REPLACE "^test_" "" stem ${stem})
        set(name ${kind}_${stem})
        set(runner bash)
        if(extension STREQUAL ".py")
            set(runner ${CSSL_PYTHON})
        endif()
        set(labels ${kind})
        if(kind STREQUAL "interop") # so that a single peer can be chosen
            list(APPEND labels ${name})
        endif()
        cssl_add_test(${name} MAY_SKIP TIMEOUT ${timeout} LABELS ${labels}
            COMMAND ${runner} ${script})
    endforeach()
endfunction()

file(GLOB support_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/*.c)
if(support_sources)
    add_library(cssl_test_support STATIC ${support_sources})
    set_target_properties(cssl_test_support PROPERTIES
        ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/layers)
    set(access PUBLIC)
else()
    add_library(cssl_test_support INTERFACE)
    set(access INTERFACE)
endif()
target_include_directories(cssl_test_support ${access}
    ${PROJECT_SOURCE_DIR}/tests/unit ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src
    ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/fuzz)
target_compile_definitions(cssl_test_support ${access}
    CSSL_TEST_VECTORS="${PROJECT_SOURCE_DIR}/tests/vectors")
target_link_libraries(cssl_test_support ${access} PkgConfig::CMOCKA)

foreach(layer IN LISTS CSSL_LAYERS ITEMS cli)
    cssl_add_c_tests(unit/${layer} unit cssl_${layer} TIMEOUT 120 LABELS unit)
endforeach()
cssl_add_c_tests(pair pair cssl_engine TIMEOUT 600 LABELS pair
    LINK_OPTIONS -Wl,--wrap=hs_send)
cssl_add_c_tests(socket socket cssl_socket TIMEOUT 300 LABELS socket threads)
cssl_add_c_tests(alloc alloc cssl_socket TIMEOUT 600 LABELS alloc
    LINK_OPTIONS -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
cssl_add_script_tests(interop interop 600)
add_executable(interop_peer tests/interop/interop_peer.c)
target_include_directories(interop_peer PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(interop_peer PRIVATE cssl_socket)
set_target_properties(interop_peer PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
cssl_check_program(interop_peer interop_openssl)
cssl_add_script_tests(cli cli 300)
if(TARGET cssl)
    cssl_check_program(cssl cli interop_openssl)
endif()

# x509-limbo's format, in cases of our own.
if(TARGET limbo_check)
    cssl_add_test(limbo TIMEOUT 60 LABELS unit COMMAND ${CSSL_PYTHON}
        ${PROJECT_SOURCE_DIR}/tests/limbo/test_limbo.py $<TARGET_FILE:limbo_check>)
    cssl_check_program(limbo_check unit)
endif()

if(NOT CSSL_SANITIZE AND NOT CSSL_FUZZ)
    cssl_add_script_tests(install install 300)
    cssl_add_test(lint TIMEOUT 60 LABELS unit
        COMMAND ${CSSL_PYTHON} ${PROJECT_SOURCE_DIR}/tools/lint.py ${PROJECT_SOURCE_DIR})
    cssl_add_test(lint_self_test TIMEOUT 60 LABELS unit
        COMMAND ${CSSL_PYTHON} ${PROJECT_SOURCE_DIR}/tools/lint.py --self-test)
endif()

# Erlang's: a suite each.
if(TARGET cssl_nif)
    file(GLOB suites CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/erl/test/*_SUITE.erl)
    foreach(suite IN LISTS suites)
        cmake_path(GET suite STEM stem)
        string(REGEX REPLACE "^cssl_(.*)_SUITE$" "\\1" name ${stem})
        cssl_add_test(erl_${name} TIMEOUT 180 LABELS erl
            COMMAND bash ${PROJECT_SOURCE_DIR}/erl/test/run.sh ${stem})
    endforeach()
endif()

# What valgrind looks at: that no time depends on a secret. The scripts run the programs.
find_path(CSSL_VALGRIND_HEADERS valgrind/memcheck.h)
if(NOT CSSL_SANITIZE AND NOT CSSL_FUZZ)
    if(CSSL_VALGRIND_HEADERS)
        set(timing_memcheck_extra tests/pair/pair.c tests/pair/scene.c
            tests/pair/certs.c)
        set(timing_rsa_extra tests/pair/certs.c)
        set(timing_rsa_wraps -Wl,--wrap=EVP_PKEY_CTX_set_rsa_padding)
        foreach(wrapped hkdf_extract hkdf_expand_label hkdf_expand prf12 pk_step_run ct_equal
                aead_seal aead_open cbc_seal cbc_open cssl_engine_export_key_material
                cssl_engine_channel_binding conn_keylog transcript_add EVP_PKEY_decrypt)
            list(APPEND timing_memcheck_wraps -Wl,--wrap=${wrapped})
        endforeach()
        foreach(what memcheck counts rsa)
            add_executable(timing_${what} tests/timing/${what}.c ${timing_${what}_extra})
            target_link_libraries(timing_${what} PRIVATE cssl_test_support cssl_engine)
            target_link_options(timing_${what} PRIVATE ${timing_${what}_wraps})
            set_target_properties(timing_${what} PROPERTIES
                RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
            cssl_check_program(timing_${what} timing)
        endforeach()
    endif()
    cssl_add_script_tests(timing timing 600)
endif()

# The shim that BoringSSL's test runner drives (docs/internals/bogo.md); the runner is not ours.
file(GLOB bogo_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/bogo/*.c)
if(bogo_sources)
    add_executable(bogo_shim ${bogo_sources})
    target_link_libraries(bogo_shim PRIVATE cssl_engine)
    target_link_options(bogo_shim PRIVATE -Wl,--wrap=stapler_get,--wrap=auth_take_key
        -Wl,--wrap=staple_der,--wrap=staple_free,--wrap=stapler_new,--wrap=stapler_free
        -Wl,--wrap=compression_of_name,--wrap=compress_has,--wrap=compress_write
        -Wl,--wrap=compress_read)
endif()
