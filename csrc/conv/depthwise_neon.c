#if defined(__aarch64__)
#include "runtime/simd_neon.h"

#include "conv/depthwise.c.inc"

const apus_depthwise_kernels apus_depthwise_neon = {.strip = strip, .weights = weights};
#endif
