#include "runtime/simd/simd_generic.h"

#include "norm/response/local_response_norm.c.inc"

const apus_local_response_norm_kernels apus_local_response_norm_generic = {
    .forward = forward,
    .backward = backward,
};
