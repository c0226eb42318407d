#if defined(__x86_64__)
#include "runtime/simd/simd_avx512.h"

#include "conv/winograd/winograd_transform.c.inc"

const apus_winograd_kernels apus_winograd_avx512[APUS_WINOGRAD_FORMS] = WINOGRAD_TABLES;
#endif
