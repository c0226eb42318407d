#if defined(__aarch64__)
#include "runtime/simd_neon.h"

#include "activation/activation.c.inc"

const apus_activation_kernels apus_activation_neon = {
    .relu_forward = relu_forward,
    .relu_backward = relu_backward,
    .bias_activation_forward = bias_activation_forward,
    .bias_activation_backward = bias_activation_backward,
};
#endif
