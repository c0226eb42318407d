#if defined(__x86_64__)
#include "runtime/simd_avx2.h"

#include "optimizer/adam.c.inc"

const apus_adam_kernels apus_adam_avx2 = {.step = adam_step};
#endif
