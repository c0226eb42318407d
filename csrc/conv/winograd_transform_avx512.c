#if defined(__x86_64__)
#include "runtime/simd_avx512.h"

#include "conv/winograd_transform.c.inc"

const apus_winograd_kernels apus_winograd_avx512[2] = WINOGRAD_TABLES;
#endif
