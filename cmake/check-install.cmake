# Installs, with the licenses, then compiles and runs the C example with what pkg-config says and nothing else: with the shared library, and with
# the static one from a moved prefix.
#   cmake -DBUILD=… -DWORK=… -DCOMPILER=… -DSOURCE=… -DPKG_CONFIG=… -P check-install.cmake

cmake_minimum_required(VERSION 3.20)

function(compile_and_run prefix)
  file(GLOB_RECURSE pc ${prefix}/*/apus.pc)
  get_filename_component(folder ${pc} DIRECTORY)
  set(ENV{PKG_CONFIG_PATH} ${folder}:$ENV{PKG_CONFIG_PATH})
  execute_process(COMMAND ${PKG_CONFIG} --cflags --libs ${ARGN} apus OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  execute_process(COMMAND ${COMPILER} -std=c11 -Wall -Wextra -Werror ${SOURCE} ${flags} -o ${prefix}/example
                  COMMAND_ERROR_IS_FATAL ANY)
  get_filename_component(libraries ${folder} DIRECTORY)
  set(ENV{LD_LIBRARY_PATH} ${libraries})
  set(ENV{DYLD_LIBRARY_PATH} ${libraries})
  execute_process(COMMAND ${prefix}/example COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/installed OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
compile_and_run(${WORK}/installed)
foreach(text LICENSE NOTICE)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${CMAKE_CURRENT_LIST_DIR}/../${text} ${WORK}/installed/share/doc/apus/${text}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()

file(RENAME ${WORK}/installed ${WORK}/moved)
file(GLOB_RECURSE shared ${WORK}/moved/*/libapus.so* ${WORK}/moved/*/libapus*.dylib)
file(REMOVE ${shared})
compile_and_run(${WORK}/moved --static)
file(REMOVE_RECURSE ${WORK})
