# The shared library exports every function that the headers declare and nothing that does not begin with apus_; the static
# one defines no other global symbol either; the shared one is smaller than 10 MB.
#   cmake -DNM=… -DSHARED=… -DSTATIC=… -DINCLUDE=… -P check-exports.cmake

cmake_minimum_required(VERSION 3.20)

function(defined_symbols variable)
  execute_process(COMMAND ${NM} ${ARGN} OUTPUT_VARIABLE lines ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+ [A-Z] [^\n]+" lines "${lines}")
  list(TRANSFORM lines REPLACE ".* [A-Z] _?([^ ]+)$" "\\1")
  set(${variable} ${lines} PARENT_SCOPE)
endfunction()

defined_symbols(exported ${DYNAMIC_FLAGS} ${SHARED})
defined_symbols(global -g --defined-only ${STATIC})
foreach(symbol ${exported} ${global})
  if(NOT symbol MATCHES "^apus_")
    message(SEND_ERROR "the symbol ${symbol} does not begin with apus_")
  endif()
endforeach()

file(GLOB_RECURSE headers ${INCLUDE}/apus/*.h)
foreach(header ${headers})
  file(READ ${header} text)
  string(REGEX REPLACE "/\\*([^*]|\\*[^/])*\\*/" "" text "${text}")
  string(REGEX MATCHALL "apus_[a-z0-9_]+\\(" functions "${text}")
  foreach(function ${functions})
    string(REPLACE "(" "" function ${function})
    if(NOT function IN_LIST exported)
      message(SEND_ERROR "${header} declares ${function}, which the library does not export")
    endif()
    set(seen TRUE)
  endforeach()
endforeach()
if(NOT seen)
  message(FATAL_ERROR "no declarations were found in ${INCLUDE}/apus")
endif()

file(SIZE ${SHARED} bytes)
if(bytes GREATER_EQUAL 10000000)
  message(SEND_ERROR "${SHARED} has ${bytes} bytes, 10 MB are allowed")
endif()
message(STATUS "${bytes} bytes")
