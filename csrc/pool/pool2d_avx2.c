#if defined(__x86_64__)
#include "runtime/simd/simd_avx2.h"

#include "pool/average_pool2d.c.inc"
#include "pool/max_pool2d.c.inc"
#include "pool/max_pool2d_backward.c.inc"

const apus_pool2d_kernels apus_pool2d_avx2 = {
    .max_forward = max_forward,
    .max_backward = max_backward,
    .average_forward = average_forward,
    .average_backward = average_backward,
};
#endif
