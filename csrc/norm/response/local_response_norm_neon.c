#if defined(__aarch64__)
#include "runtime/simd/simd_neon.h"

#include "norm/response/local_response_norm.c.inc"

const apus_local_response_norm_kernels apus_local_response_norm_neon = {
    .forward = forward,
    .backward = backward,
};
#endif
