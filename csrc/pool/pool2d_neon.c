#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "pool/average_pool2d.c.inc"
#include "pool/max_pool2d.c.inc"
#include "pool/max_pool2d_backward.c.inc"

const apus_pool2d_kernels apus_pool2d_neon = {
    .max_forward = max_forward,
    .max_backward = max_backward,
    .average_forward = average_forward,
    .average_backward = average_backward,
};
#endif
