#include "runtime/simd/simd_generic.h"

#include "pool/average_pool2d.c.inc"
#include "pool/max_pool2d.c.inc"
#include "pool/max_pool2d_backward.c.inc"

const apus_pool2d_kernels apus_pool2d_generic = {
    .max_forward = max_forward,
    .max_backward = max_backward,
    .average_forward = average_forward,
    .average_backward = average_backward,
};
