#if defined(__x86_64__)
#include "runtime/simd/simd_avx2.h"

#include "norm/response/local_response_norm.c.inc"

const apus_local_response_norm_kernels apus_local_response_norm_avx2 = {
    .forward = forward,
    .backward = backward,
};
#endif
