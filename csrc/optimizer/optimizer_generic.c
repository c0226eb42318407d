#include "runtime/simd/simd_generic.h"

#include "optimizer/tier.c.inc"

const apus_optimizer_kernels apus_optimizer_generic = {.rules = rules};
