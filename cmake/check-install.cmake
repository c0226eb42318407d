# Installs, with the licenses, then compiles and runs the C example as its users do and with nothing else in the environment: by
# pkg-config and by CMake, with the shared library and with the static one while both are there, and from a moved prefix.
#   cmake -DBUILD=… -DWORK=… -DCOMPILER=… -DSOURCE=… -DPKG_CONFIG=… -DVERSION=… -P check-install.cmake

cmake_minimum_required(VERSION 3.20)

function(run)
  execute_process(COMMAND ${ARGN} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# The README's line: cc convolution.c $(pkg-config --cflags --libs apus) -o convolution
function(compile_by_pkg_config prefix program)
  file(GLOB_RECURSE pc ${prefix}/*/apus.pc)
  get_filename_component(folder ${pc} DIRECTORY)
  set(ENV{PKG_CONFIG_PATH} ${folder})
  execute_process(COMMAND ${PKG_CONFIG} ${ARGN} --cflags --libs apus OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(${COMPILER} -std=c11 -Wall -Wextra -Werror ${SOURCE} ${flags} -o ${program})
endfunction()

function(compile_by_cmake prefix folder library)
  get_filename_component(source ${SOURCE} DIRECTORY)
  run(${CMAKE_COMMAND} -S ${source} -B ${folder} -DCMAKE_C_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${prefix} -DAPUS_LIBRARY=${library})
  run(${CMAKE_COMMAND} --build ${folder})
endfunction()

file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/installed)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
foreach(text LICENSE NOTICE)
  run(${CMAKE_COMMAND} -E compare_files ${CMAKE_CURRENT_LIST_DIR}/../${text} ${prefix}/share/doc/apus/${text})
endforeach()

compile_by_pkg_config(${prefix} ${WORK}/by-pkg-config)
run(${WORK}/by-pkg-config)
compile_by_cmake(${prefix} ${WORK}/cmake Apus::apus)
run(${WORK}/cmake/convolution)

# Both libraries lie in the prefix while these are linked; they must run when it is gone.
compile_by_pkg_config(${prefix} ${WORK}/by-pkg-config-static --static)
compile_by_cmake(${prefix} ${WORK}/cmake-static Apus::apus_static)
file(RENAME ${prefix} ${WORK}/moved)
run(${WORK}/by-pkg-config-static)
run(${WORK}/cmake-static/convolution)

compile_by_pkg_config(${WORK}/moved ${WORK}/by-pkg-config)
run(${WORK}/by-pkg-config)

# The version is the same wherever it is asked for.
file(GLOB_RECURSE pc ${WORK}/moved/*/apus.pc)
get_filename_component(folder ${pc} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${folder})
execute_process(COMMAND ${PKG_CONFIG} --modversion apus OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT version STREQUAL VERSION)
  message(FATAL_ERROR "pkg-config says version '${version}', the project ${VERSION}")
endif()
file(REMOVE_RECURSE ${WORK})
