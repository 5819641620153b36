# The library that is installed: libcssl.so, which exports cssl_* alone, and libcssl.a, one object
# whose internal symbols were made local, so that neither can clash with a program's own names.

if(NOT CSSL_OBJECTS)
    return()
endif()

add_library(cssl_shared SHARED ${CSSL_OBJECTS})
add_library(cssl::cssl ALIAS cssl_shared)
set_target_properties(cssl_shared PROPERTIES
    OUTPUT_NAME cssl
    VERSION ${PROJECT_VERSION}
    SOVERSION 0
    LINKER_LANGUAGE C
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/cssl.map)
target_include_directories(cssl_shared INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_link_libraries(cssl_shared PRIVATE ${CSSL_FOREIGN})
target_link_options(cssl_shared PRIVATE
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/cssl.map)
if(NOT CSSL_SANITIZE AND NOT CSSL_FUZZ)
    target_link_options(cssl_shared PRIVATE -Wl,--no-undefined)
endif()

add_custom_command(
    OUTPUT ${PROJECT_BINARY_DIR}/libcssl.a
    COMMAND ${CMAKE_LINKER} -r -o cssl_all.o ${CSSL_OBJECTS}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden cssl_all.o
    COMMAND ${CMAKE_COMMAND} -E rm -f libcssl.a
    COMMAND ${CMAKE_AR} qcs libcssl.a cssl_all.o
    DEPENDS ${CSSL_OBJECTS}
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
    COMMENT "Archiving libcssl.a"
    COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(cssl_archive ALL DEPENDS ${PROJECT_BINARY_DIR}/libcssl.a)
