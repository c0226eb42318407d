#if defined(__x86_64__)
#include "runtime/simd_avx512.h"

#include "optimizer/sgd.c.inc"

const apus_sgd_kernels apus_sgd_avx512 = {.step = sgd_step};
#endif
