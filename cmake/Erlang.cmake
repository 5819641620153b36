# The Erlang application: the NIF, the modules, the drop-in. Built where erlc and erl_nif.h are.

find_program(CSSL_ERLC erlc)
find_program(CSSL_ERL erl)
set(CSSL_ERL_ROOT "")
if(CSSL_ERLC AND CSSL_ERL)
    execute_process(COMMAND ${CSSL_ERL} -noshell -eval "io:put_chars(code:root_dir()), halt()."
        OUTPUT_VARIABLE CSSL_ERL_ROOT)
endif()
find_path(CSSL_ERL_INCLUDE erl_nif.h PATHS ${CSSL_ERL_ROOT}/usr/include NO_DEFAULT_PATH)
# With CSSL_SANITIZE=address the NIF needs libasan in front of the VM: erl/test/run.sh sees to it.
option(CSSL_ERL_SANITIZE "Build the NIF with CSSL_SANITIZE's sanitizer, too" OFF)
if(NOT CSSL_ERL_INCLUDE OR CSSL_FUZZ OR (CSSL_SANITIZE AND NOT CSSL_ERL_SANITIZE))
    message(STATUS "Erlang: not built")
    return()
endif()
message(STATUS "Erlang: ${CSSL_ERL_ROOT}")

set(erl_out ${PROJECT_BINARY_DIR}/erl)
file(GLOB nif_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/erl/c_src/*.c)
# The NIF stands beside the socket layer, so it has all layers but that one.
set(nif_objects ${CSSL_OBJECTS})
list(FILTER nif_objects EXCLUDE REGEX cssl_socket_objects)
set(nif_libraries ${CSSL_FOREIGN})
list(REMOVE_ITEM nif_libraries PkgConfig::LIBCARES)
# The file is named after the version, so that two versions can be loaded at a time.
add_library(cssl_nif MODULE ${nif_sources} ${nif_objects})
set_target_properties(cssl_nif PROPERTIES
    PREFIX "" OUTPUT_NAME cssl_nif-${PROJECT_VERSION}
    LIBRARY_OUTPUT_DIRECTORY ${erl_out}/cssl/priv LINKER_LANGUAGE C)
target_include_directories(cssl_nif PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_include_directories(cssl_nif SYSTEM PRIVATE ${CSSL_ERL_INCLUDE})
target_link_libraries(cssl_nif PRIVATE ${nif_libraries})
target_link_options(cssl_nif PRIVATE -Wl,-z,nodelete
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/erl/c_src/nif.map)

# erl_beams(<folder> <out> <name>) compiles a folder's modules.
function(erl_beams folder out name)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/erl/${folder}/*.erl)
    file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/erl/src/*.hrl)
    set(stamp ${PROJECT_BINARY_DIR}/erl/${name}.stamp)
    add_custom_command(
        OUTPUT ${stamp}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
        COMMAND ${CSSL_ERLC} -Werror +debug_info +deterministic
                -DCSSL_VSN=\"${PROJECT_VERSION}\" -I ${PROJECT_SOURCE_DIR}/erl/src
                -pa ${erl_out}/cssl/ebin -o ${out} ${sources}
        COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
        DEPENDS ${sources} ${headers} ${ARGN}
        COMMENT "Compiling erl/${folder}"
        VERBATIM)
    add_custom_target(erl_${name} ALL DEPENDS ${stamp})
endfunction()
erl_beams(src ${erl_out}/cssl/ebin cssl)
erl_beams(dropin ${erl_out}/dropin/ebin dropin)
configure_file(${PROJECT_SOURCE_DIR}/erl/src/cssl.app.src ${erl_out}/cssl/ebin/cssl.app @ONLY)

# An application for each of the two ways: cssl is named, or dropin is put in front of the path.
set(erl_lib ${CMAKE_INSTALL_LIBDIR}/cssl/erl)
install(TARGETS cssl_nif LIBRARY DESTINATION ${erl_lib}/cssl/priv)
foreach(folder cssl dropin)
    install(DIRECTORY ${erl_out}/${folder}/ebin DESTINATION ${erl_lib}/${folder})
endforeach()
