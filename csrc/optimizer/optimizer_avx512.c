#if defined(__x86_64__)
#include "runtime/simd/simd_avx512.h"

#include "optimizer/tier.c.inc"

const apus_optimizer_kernels apus_optimizer_avx512 = {.rules = rules};
#endif
