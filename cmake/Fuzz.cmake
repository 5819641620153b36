# Fuzz targets: fuzz/fuzz_<x>.c with seeds in fuzz/seeds/<x>/. Under CSSL_FUZZ each is a libFuzzer
# program fuzz_<x>; in every other build seeds_<x> runs the same target over its seeds.

file(GLOB fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/fuzz_*.c)
file(GLOB fuzz_helpers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*.c)
list(REMOVE_ITEM fuzz_helpers ${fuzzers} ${PROJECT_SOURCE_DIR}/fuzz/standalone.c)
foreach(source IN LISTS fuzzers)
    cmake_path(GET source STEM stem)
    string(REGEX REPLACE "^fuzz_" "" what ${stem})
    set(seeds ${PROJECT_SOURCE_DIR}/fuzz/seeds/${what})
    if(CSSL_FUZZ)
        set(name fuzz_${what})
        add_executable(${name} ${source} ${fuzz_helpers})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        cssl_add_test(${name} TIMEOUT 120 LABELS fuzz
            COMMAND bash ${PROJECT_SOURCE_DIR}/tools/run-fuzzer.sh $<TARGET_FILE:${name}> ${seeds})
        cssl_check_program(${name} fuzz)
    else()
        set(name seeds_${what})
        add_executable(${name} ${source} ${fuzz_helpers} fuzz/standalone.c)
        cssl_add_test(${name} TIMEOUT 300 LABELS unit COMMAND ${name} ${seeds})
        cssl_check_program(${name} unit)
    endif()
    cssl_layer_of(layer ${source})
    target_link_libraries(${name} PRIVATE cssl_${layer})
    target_include_directories(${name} PRIVATE
        ${PROJECT_SOURCE_DIR}/fuzz ${PROJECT_SOURCE_DIR}/tests)
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
endforeach()
