#include "runtime/simd_generic.h"

#include "conv/depthwise.c.inc"

const apus_depthwise_kernels apus_depthwise_generic = {.strip = strip, .weights = weights};
