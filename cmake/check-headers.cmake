# Every public header compiles alone, without a warning, in one language.
#   cmake -DCOMPILER=… -DLANGUAGE=c|c++ -DSTANDARD=… -DINCLUDE=… -P check-headers.cmake

cmake_minimum_required(VERSION 3.20)

file(GLOB_RECURSE headers RELATIVE ${INCLUDE} ${INCLUDE}/apus/*.h)
if(NOT headers)
  message(FATAL_ERROR "no headers in ${INCLUDE}/apus")
endif()
foreach(header ${headers})
  execute_process(
    COMMAND ${COMPILER} -std=${STANDARD} -x ${LANGUAGE} -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I${INCLUDE} -include ${header}
            /dev/null
    RESULT_VARIABLE status)
  if(status)
    message(SEND_ERROR "${header} does not compile alone as ${STANDARD}")
  endif()
endforeach()
