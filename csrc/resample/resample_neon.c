#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "resample/resample.c.inc"

const apus_resample_kernels apus_resample_neon = {.sum = resample_sum};
#endif
