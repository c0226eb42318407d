#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "optimizer/tier.c.inc"

const apus_optimizer_kernels apus_optimizer_neon = {.rules = rules};
#endif
