#if defined(__x86_64__)
#include "runtime/simd_avx512.h"

#include "optimizer/adam.c.inc"

const apus_adam_kernels apus_adam_avx512 = {.step = adam_step};
#endif
