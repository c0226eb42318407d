# The library for others: headers, libapus (shared and static), apus.pc, and the CMake package Apus with the targets Apus::apus and
# Apus::apus_static. Every path in them is found from where the file lies, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)

file(RELATIVE_PATH APUS_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(pc apus apus-path)
  configure_file(cmake/${pc}.pc.in ${pc}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${pc}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

install(TARGETS apus apus_static EXPORT ApusTargets)
install(DIRECTORY csrc/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/apus)

# A folder with the archive alone, for pkg-config --static.
install(CODE "set(apus_static \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/apus/static\")
  file(MAKE_DIRECTORY \"\${apus_static}\")
  file(CREATE_LINK ../../$<TARGET_FILE_NAME:apus_static> \"\${apus_static}/$<TARGET_FILE_NAME:apus_static>\" SYMBOLIC)")

install(EXPORT ApusTargets NAMESPACE Apus:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Apus FILE ApusConfig.cmake)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ApusConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ApusConfigVersion.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Apus)
