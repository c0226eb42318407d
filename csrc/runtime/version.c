#include "apus/version.h"
#include "apus/runtime.h"

const char *apus_version(void) { return APUS_VERSION; }

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown compiler"
#endif

#ifdef _OPENMP
#define OPENMP "OpenMP"
#else
#define OPENMP "no OpenMP"
#endif

const char *apus_build_description(void) { return "apus " APUS_VERSION ", " COMPILER ", " OPENMP; }
