#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "conv/winograd/winograd_transform.c.inc"

const apus_winograd_kernels apus_winograd_neon[APUS_WINOGRAD_FORMS] = WINOGRAD_TABLES;
#endif
