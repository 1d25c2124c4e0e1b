# Debian packages by CPack, one a component: `sonde` (command, plugins, pipelines, documentation) and `sonde-sdk` (headers,
# CMake and pkg-config files, templates, examples). `cpack -G DEB` in a Release build folder makes both.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR sonde)
set(CPACK_PACKAGE_CONTACT "sonde founders <founders@sonde.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL sonde sdk)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION net)

# What the command and the plugins link; the vendor files of arp-oui are looked up at run time. nmap is for one mode of one
# plugin, which says what to install where it is missing: with Recommends every installation would bring it.
set(CPACK_DEBIAN_SONDE_PACKAGE_NAME sonde)
set(CPACK_DEBIAN_SONDE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SONDE_PACKAGE_RECOMMENDS ieee-data)
set(CPACK_DEBIAN_SONDE_PACKAGE_SUGGESTS nmap)
set(CPACK_DEBIAN_SONDE_DESCRIPTION "network inventory scanner made of plugins
 A pipeline file says which networks are asked, by which probes, and where the
 results go. Every address ends with what was asked of it and what came of it.")

# An SDK fits one ABI, and until that is frozen one sonde. It holds no code of a machine, but the directory into which
# plugins of this machine are installed, and CMake files in its libdir: so it is of this architecture too, which is what
# CPack takes where none is set.
set(CPACK_DEBIAN_SDK_PACKAGE_NAME sonde-sdk)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS "sonde (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_SDK_PACKAGE_RECOMMENDS "cmake (>= 3.20), g++ | c++-compiler, pkg-config, python3")
set(CPACK_DEBIAN_SDK_DESCRIPTION "files to build plugins of the sonde network scanner
 Headers, CMake and pkg-config files, templates of probes, exporters and sources in C
 and C++, and whole projects as examples.")
foreach(component sonde sdk)
  string(TOUPPER ${component} upper)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${CPACK_DEBIAN_${upper}_DESCRIPTION}")
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/copyright COMPONENT ${component}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
endforeach()
include(CPack)
