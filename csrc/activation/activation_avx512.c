#if defined(__x86_64__)
#include "runtime/simd_avx512.h"

#include "activation/activation.c.inc"

const apus_activation_kernels apus_activation_avx512 = {
    .relu_forward = relu_forward,
    .relu_backward = relu_backward,
    .bias_activation_forward = bias_activation_forward,
    .bias_activation_backward = bias_activation_backward,
};
#endif
