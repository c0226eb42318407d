# APUS_SANITIZE instruments the library, the checks and the benchmark, through apus_flags.

if(APUS_SANITIZE)
  # -O1 comes after the build type's own level; more costs minutes of compiling and finds less. Assertions are on.
  target_compile_options(apus_flags INTERFACE -O1 -g -UNDEBUG -fno-omit-frame-pointer -fsanitize=${APUS_SANITIZE}
                                              -fno-sanitize-recover=all)
  target_link_options(apus_flags INTERFACE -fsanitize=${APUS_SANITIZE})
  if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND NOT APPLE)
    # gold and bfd refuse the sections that clang 21 emits for its run-time libraries.
    target_link_options(apus_flags INTERFACE -fuse-ld=lld)
  endif()
  if(APUS_SANITIZE STREQUAL "thread" AND CMAKE_C_COMPILER_ID STREQUAL "Clang")
    # The thread sanitizer of a Swift toolchain refers to libdispatch, which lies beside Swift's own libraries.
    get_filename_component(toolchain ${CMAKE_C_COMPILER} REALPATH)
    get_filename_component(toolchain ${toolchain} DIRECTORY)
    set(swift_libraries ${toolchain}/../lib/swift/linux)
    if(EXISTS ${swift_libraries}/libdispatch.so)
      target_link_options(apus_flags INTERFACE -L${swift_libraries} -Wl,-rpath,${swift_libraries})
      target_link_libraries(apus_flags INTERFACE dispatch BlocksRuntime)
    endif()
  endif()
endif()
