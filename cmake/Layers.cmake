# One internal static library a layer, cssl_<layer>, from src/<layer>/*.c. Each sees the layers to
# its left and no other. A layer without sources yet is an empty link in the chain.

set(CSSL_LAYERS base crypto record msg pki session config hs engine socket)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
find_library(CSSL_IPSEC_MB_LIBRARY IPSec_MB)
find_path(CSSL_IPSEC_MB_INCLUDE intel-ipsec-mb.h)
if(CSSL_IPSEC_MB AND CSSL_IPSEC_MB_LIBRARY AND CSSL_IPSEC_MB_INCLUDE)
    set(CSSL_HAVE_IPSEC_MB ON)
else()
    set(CSSL_HAVE_IPSEC_MB OFF)
endif()
message(STATUS "libcrypto ${LIBCRYPTO_VERSION}; libIPSec_MB: ${CSSL_HAVE_IPSEC_MB}")

set(CSSL_OBJECTS) # every object of the library, for libcssl.so and libcssl.a
set(to_the_left)
foreach(layer IN LISTS CSSL_LAYERS)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/*.c)
    if(sources)
        add_library(cssl_${layer}_objects OBJECT ${sources})
        target_include_directories(cssl_${layer}_objects PRIVATE
            ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
        add_library(cssl_${layer} STATIC $<TARGET_OBJECTS:cssl_${layer}_objects>)
        set_target_properties(cssl_${layer} PROPERTIES
            LINKER_LANGUAGE C ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/layers)
        list(APPEND CSSL_OBJECTS $<TARGET_OBJECTS:cssl_${layer}_objects>)
        set(access PUBLIC)
    else()
        add_library(cssl_${layer} INTERFACE)
        set(access INTERFACE)
    endif()
    target_include_directories(cssl_${layer} ${access}
        ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(cssl_${layer} ${access} ${to_the_left})
    set(to_the_left cssl_${layer})
endforeach()

# cssl_uses(<layer> <library>...) links a foreign library into one layer, which sees its headers.
function(cssl_uses layer)
    if(TARGET cssl_${layer}_objects)
        target_link_libraries(cssl_${layer}_objects PRIVATE ${ARGN})
        target_link_libraries(cssl_${layer} PRIVATE ${ARGN})
    else()
        target_link_libraries(cssl_${layer} INTERFACE ${ARGN})
    endif()
endfunction()

set(CSSL_FOREIGN PkgConfig::LIBCRYPTO Threads::Threads) # all that libcssl.so links
# The same for users of libcssl.a. Not as pkg-config's Requires.private: libcrypto's own private
# libraries would come with it, whose development packages nobody needs who links libcrypto.so.
set(CSSL_PC_LIBS "-lcrypto -pthread")
cssl_uses(base Threads::Threads)
cssl_uses(crypto PkgConfig::LIBCRYPTO)
if(CSSL_HAVE_IPSEC_MB)
    cssl_uses(crypto ${CSSL_IPSEC_MB_LIBRARY})
    if(TARGET cssl_crypto_objects)
        target_compile_definitions(cssl_crypto_objects PRIVATE CSSL_HAVE_IPSEC_MB=1)
        target_include_directories(cssl_crypto_objects SYSTEM PRIVATE ${CSSL_IPSEC_MB_INCLUDE})
    endif()
    list(APPEND CSSL_FOREIGN ${CSSL_IPSEC_MB_LIBRARY})
    string(APPEND CSSL_PC_LIBS " -lIPSec_MB")
endif()
# Compression of certificates (RFC 8879): each of these where it is found. A build without says so
# when the option asks for it.
foreach(library zlib brotli zstd)
    set(modules_zlib zlib)
    set(modules_brotli libbrotlienc libbrotlidec)
    set(modules_zstd libzstd)
    string(TOUPPER ${library} upper)
    pkg_check_modules(${upper} QUIET IMPORTED_TARGET ${modules_${library}})
    if(${upper}_FOUND)
        cssl_uses(msg PkgConfig::${upper})
        if(TARGET cssl_msg_objects)
            target_compile_definitions(cssl_msg_objects PRIVATE CSSL_HAVE_${upper}=1)
        endif()
        list(APPEND CSSL_FOREIGN PkgConfig::${upper})
        list(TRANSFORM ${upper}_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE flags)
        list(JOIN flags " " flags)
        string(APPEND CSSL_PC_LIBS " ${flags}")
    endif()
    message(STATUS "${library}: ${${upper}_FOUND}")
endforeach()
if(TARGET cssl_socket_objects)
    pkg_check_modules(LIBCARES REQUIRED IMPORTED_TARGET libcares)
    cssl_uses(socket PkgConfig::LIBCARES)
    list(APPEND CSSL_FOREIGN PkgConfig::LIBCARES)
    string(APPEND CSSL_PC_LIBS " -lcares")
endif()

# cssl_layer_of(<out> <file>) is the rightmost layer whose headers the file includes: what a program
# made of it has to be linked with. For a file that includes none it is socket, which is all.
function(cssl_layer_of out file)
    set(${out} socket PARENT_SCOPE)
    file(STRINGS ${file} includes REGEX "^#include \"[a-z]+/")
    foreach(layer IN LISTS CSSL_LAYERS ITEMS cli)
        if(includes MATCHES "\"${layer}/")
            set(${out} ${layer} PARENT_SCOPE)
        endif()
    endforeach()
endfunction()
