#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "conv/depthwise/depthwise.c.inc"
#include "conv/depthwise/grouped.c.inc"

const apus_depthwise_kernels apus_depthwise_neon = {
    .strip = strip,
    .row3 = row3,
    .weights = weights,
    .group_strip = group_strip,
    .group_weights = group_weights,
    .lanes = SIMD_LANES,
};
#endif
