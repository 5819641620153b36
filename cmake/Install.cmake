# What `make install` puts where: headers, libraries, the command, pkg-config and CMake files,
# manual pages, bash completion and documents.

if(TARGET cssl_shared)
    install(TARGETS cssl_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(FILES ${PROJECT_BINARY_DIR}/libcssl.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET cssl)
    install(TARGETS cssl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

file(GLOB headers CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/include/*.h ${PROJECT_SOURCE_DIR}/include/*.def)
install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# The paths in both files are relative to themselves, so an installed tree may be moved.
include(CMakePackageConfigHelpers)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}
    OUTPUT_VARIABLE CSSL_LIBDIR)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}
    OUTPUT_VARIABLE CSSL_INCLUDEDIR)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
    BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE CSSL_PC_PREFIX)
configure_file(cmake/cssl.pc.in cssl.pc @ONLY)
configure_package_config_file(cmake/cssl-config.cmake.in cssl-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cssl
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(cssl-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cssl.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_BINARY_DIR}/cssl-config.cmake
    ${PROJECT_BINARY_DIR}/cssl-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/cssl)

foreach(section 1 3 5 7)
    file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.${section})
    if(pages)
        install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
    endif()
endforeach()
file(GLOB documents CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/*.md)
install(FILES README.md LICENSE ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(EXISTS ${PROJECT_SOURCE_DIR}/docs/completion/cssl.bash)
    install(FILES docs/completion/cssl.bash RENAME cssl
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
file(GLOB example_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*.c)
if(example_sources)
    install(FILES ${example_sources} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
endif()
