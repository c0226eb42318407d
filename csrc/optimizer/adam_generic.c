#include "runtime/simd_generic.h"

#include "optimizer/adam.c.inc"

const apus_adam_kernels apus_adam_generic = {.step = adam_step};
