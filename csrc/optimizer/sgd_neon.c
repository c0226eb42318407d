#if defined(__aarch64__)
#include "runtime/simd_neon.h"

#include "optimizer/sgd.c.inc"

const apus_sgd_kernels apus_sgd_neon = {.step = sgd_step};
#endif
