# Facts that the command carries: data/openssl-advisories.tsv becomes a C table. Run with -P and
# IN, OUT it writes that table; included, it makes the build do so.

if(CMAKE_SCRIPT_MODE_FILE)
    file(STRINGS ${IN} lines ENCODING UTF-8)
    set(rows "")
    foreach(line IN LISTS lines)
        string(REPLACE "\\" "\\\\" line "${line}")
        string(REPLACE "\"" "\\\"" line "${line}")
        string(REPLACE "\t" "\\t" line "${line}")
        string(APPEND rows "    \"${line}\",\n")
    endforeach()
    file(WRITE ${OUT} "/* Made from data/openssl-advisories.tsv. */\n\
extern const char *const advisories_table[];\n\
const char *const advisories_table[] = {\n${rows}    0\n};\n")
    return()
endif()

set(advisories_tsv ${PROJECT_SOURCE_DIR}/data/openssl-advisories.tsv)
set(advisories_c ${PROJECT_BINARY_DIR}/data/advisories_table.c)
add_custom_command(
    OUTPUT ${advisories_c}
    COMMAND ${CMAKE_COMMAND} -DIN=${advisories_tsv} -DOUT=${advisories_c}
        -P ${PROJECT_SOURCE_DIR}/cmake/Data.cmake
    DEPENDS ${advisories_tsv} ${PROJECT_SOURCE_DIR}/cmake/Data.cmake
    VERBATIM)
target_sources(cssl_cli PRIVATE ${advisories_c})
