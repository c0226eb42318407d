# Everything that ctest runs.

# Sleeping threads: the checks run five threads on whatever CPUs there are.
set(APUS_TEST_ENVIRONMENT OMP_WAIT_POLICY=passive)
if(APUS_SANITIZE MATCHES "thread")
  # libomp's own synchronisation is unknown to the sanitizer without its helper, which lies beside the runtime.
  if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    get_filename_component(openmp_folder ${APUS_OPENMP_LIBRARY} REALPATH)
    get_filename_component(openmp_folder ${openmp_folder} DIRECTORY)
    list(APPEND APUS_TEST_ENVIRONMENT OMP_TOOL_LIBRARIES=${openmp_folder}/libarcher.so)
  endif()
  list(APPEND APUS_TEST_ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1 report_thread_leaks=0")
endif()

add_test(NAME kernels COMMAND apus-check)
set_tests_properties(kernels PROPERTIES ENVIRONMENT "${APUS_TEST_ENVIRONMENT}" TIMEOUT 900)
