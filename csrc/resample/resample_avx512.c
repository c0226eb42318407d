#if defined(__x86_64__)
#include "runtime/simd/simd_avx512.h"

#include "resample/resample.c.inc"

const apus_resample_kernels apus_resample_avx512 = {.sum = resample_sum};
#endif
