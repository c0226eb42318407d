#if defined(__x86_64__)
#include "runtime/simd_avx2.h"

#include "conv/depthwise.c.inc"

const apus_depthwise_kernels apus_depthwise_avx2 = {.strip = strip, .weights = weights};
#endif
