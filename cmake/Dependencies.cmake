# apus_openmp: how to compile and link OpenMP. apus_flags: what every C file of this project is compiled with.
# Sets APUS_PC_OPENMP and APUS_PC_OPENBLAS: the libraries as a program that links the static library must name them.

if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  # find_package(OpenMP) looks for a runtime beside the compiler; Swift's clang has none, so the system's is linked.
  # Debian and Ubuntu call it libomp5.so.
  find_library(APUS_OPENMP_LIBRARY NAMES omp omp5 HINTS $ENV{HOMEBREW_PREFIX}/opt/libomp/lib /opt/homebrew/opt/libomp/lib
               REQUIRED)
  add_library(apus_openmp INTERFACE)
  target_compile_options(apus_openmp INTERFACE "$<IF:$<C_COMPILER_ID:AppleClang>,-Xclang;-fopenmp,-fopenmp>")
  target_link_libraries(apus_openmp INTERFACE ${APUS_OPENMP_LIBRARY})
  get_filename_component(openmp_name ${APUS_OPENMP_LIBRARY} NAME_WE)
  string(REGEX REPLACE "^lib" "-l" APUS_PC_OPENMP ${openmp_name})
  if(APPLE)
    get_filename_component(openmp_folder ${APUS_OPENMP_LIBRARY} DIRECTORY)
    set(APUS_PC_OPENMP "-L${openmp_folder} ${APUS_PC_OPENMP}")
  endif()
else()
  find_package(OpenMP REQUIRED COMPONENTS C)
  add_library(apus_openmp ALIAS OpenMP::OpenMP_C)
  set(APUS_PC_OPENMP "-lgomp")
endif()

option(APUS_OPENBLAS "with OpenBLAS, which two implementations that no plan chooses by itself and the eigenvalues stand on" OFF)
find_package(PkgConfig REQUIRED)
add_library(apus_openblas INTERFACE)
if(APUS_OPENBLAS)
  if(APPLE)
    set(ENV{PKG_CONFIG_PATH} "$ENV{HOMEBREW_PREFIX}/opt/openblas/lib/pkgconfig:/opt/homebrew/opt/openblas/lib/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  endif()
  pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
  target_link_libraries(apus_openblas INTERFACE PkgConfig::OPENBLAS)
  # Not Requires.private: with --static that would pull in what a static OpenBLAS needs (Debian's names gfortran), where the
  # shared one is linked.
  list(JOIN OPENBLAS_LDFLAGS " " APUS_PC_OPENBLAS)
  target_compile_definitions(apus_openblas INTERFACE APUS_OPENBLAS)
endif()

add_library(apus_flags INTERFACE)
# No contraction: a fused multiply-add is used where the code says so, or bits would depend on the compiler.
target_compile_options(apus_flags INTERFACE -Wall -Wextra -ffp-contract=off)
