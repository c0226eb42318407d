#include "runtime/simd_generic.h"

#include "optimizer/sgd.c.inc"

const apus_sgd_kernels apus_sgd_generic = {.step = sgd_step};
