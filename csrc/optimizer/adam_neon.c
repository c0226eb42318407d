#if defined(__aarch64__)
#include "runtime/simd_neon.h"

#include "optimizer/adam.c.inc"

const apus_adam_kernels apus_adam_neon = {.step = adam_step};
#endif
