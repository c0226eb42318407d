# Everything that ctest runs.

# Sleeping threads: the checks run up to seven threads on whatever CPUs there are.
set(APUS_TEST_ENVIRONMENT OMP_WAIT_POLICY=passive)
if(APUS_SANITIZE MATCHES "address")
  list(APPEND APUS_TEST_ENVIRONMENT LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/.ci/lsan-suppressions:print_suppressions=0)
endif()
if(APUS_SANITIZE MATCHES "thread")
  # libomp's own synchronisation is unknown to the sanitizer without its helper, which lies beside the runtime.
  if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    get_filename_component(openmp_folder ${APUS_OPENMP_LIBRARY} REALPATH)
    get_filename_component(openmp_folder ${openmp_folder} DIRECTORY)
    list(APPEND APUS_TEST_ENVIRONMENT OMP_TOOL_LIBRARIES=${openmp_folder}/libarcher.so)
  endif()
  list(APPEND APUS_TEST_ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1 report_thread_leaks=0")
endif()

function(apus_add_test name)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${APUS_TEST_ENVIRONMENT}" TIMEOUT 2400)
endfunction()

# Instrumented kernels are slow: one and three threads there, every number of them elsewhere. The thread sanitizer looks at who
# touches what, not at values, and sees no access of more than 16 bytes: kernels without wide vectors, and of the random cases one.
# That a run repeated has the same bits and allocates nothing, the builds that are not instrumented tell.
if(APUS_SANITIZE MATCHES "thread")
  apus_add_test(kernels apus-check --threads 3 --once --isa generic --cases 1)
elseif(APUS_SANITIZE)
  apus_add_test(kernels apus-check --threads 3 --once)
else()
  apus_add_test(kernels apus-check)
endif()
# That every shape runs; its times mean nothing here.
apus_add_test(benchmark apus-check --bench --shape lenet --seconds 0)

# libomp 14 ends the process where it cannot register itself in shared memory; gcc's runtime needs none.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_C_COMPILER_ID MATCHES "Clang" AND NOT CMAKE_CROSSCOMPILING AND NOT APUS_SANITIZE)
  apus_add_test(without_shared_memory ${PROJECT_SOURCE_DIR}/cmake/check-shared-memory $<TARGET_FILE:apus-check>)
  set_tests_properties(without_shared_memory PROPERTIES SKIP_RETURN_CODE 77)
endif()

# APUS_FORCE is read once a process.
foreach(forced conv2d:reference,gemm:openblas conv2d:im2col conv:im2col conv2d:winograd conv2d:direct,gemm:packed gemm:reference,conv2d:depthwise conv2d:nonsense)
  string(MAKE_C_IDENTIFIER ${forced} name)
  apus_add_test(force_${name} apus-check --family plans)
  set_tests_properties(force_${name} PROPERTIES ENVIRONMENT "APUS_FORCE=${forced};${APUS_TEST_ENVIRONMENT}")
endforeach()

# So is APUS_TUNE. The check writes the file itself.
foreach(tune chosen nonsense twice declined absent)
  apus_add_test(tune_${tune} apus-check --family plans)
  set_tests_properties(tune_${tune} PROPERTIES ENVIRONMENT "APUS_TUNE=tune-${tune}.txt;${APUS_TEST_ENVIRONMENT}"
                                               WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
endforeach()

# That the micro-kernels keep their sums in registers; seen in the instructions, so no time is measured.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT APUS_SANITIZE AND NOT APPLE)
  add_test(NAME tiles COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/Scripts/check-tiles ${CMAKE_OBJDUMP}
                              $<TARGET_OBJECTS:apus_objects> COMMAND_EXPAND_LISTS)
endif()

# The tables of the comparisons, by made-up measurements.
if(Python3_FOUND)
  add_test(NAME tables COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/bench/test_tables.py)
endif()

set(include ${PROJECT_SOURCE_DIR}/csrc/include)
add_test(NAME headers_c COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_C_COMPILER} -DLANGUAGE=c -DSTANDARD=c11 -DINCLUDE=${include}
                                -P ${PROJECT_SOURCE_DIR}/cmake/check-headers.cmake)
include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
  add_test(NAME headers_cxx COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} -DLANGUAGE=c++ -DSTANDARD=c++11
                                    -DINCLUDE=${include} -P ${PROJECT_SOURCE_DIR}/cmake/check-headers.cmake)
endif()

# Instrumented libraries have symbols of the sanitizer's, and need its run-time library to link.
if(NOT APUS_SANITIZE)
  add_test(NAME exports COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} "-DDYNAMIC_FLAGS=$<IF:$<PLATFORM_ID:Darwin>,-gU,-D;--defined-only>"
                                -DSHARED=$<TARGET_FILE:apus> -DSTATIC=$<TARGET_FILE:apus_static> -DINCLUDE=${include}
                                -P ${PROJECT_SOURCE_DIR}/cmake/check-exports.cmake)
endif()
if(NOT APUS_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  add_test(NAME c_example COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DWORK=${PROJECT_BINARY_DIR}/installation
                                  -DCOMPILER=${CMAKE_C_COMPILER} -DPKG_CONFIG=${PKG_CONFIG_EXECUTABLE}
                                  -DSOURCE=${PROJECT_SOURCE_DIR}/Examples/c-convolution/convolution.c -DVERSION=${PROJECT_VERSION}
                                  -P ${PROJECT_SOURCE_DIR}/cmake/check-install.cmake)
endif()
