#include "runtime/simd_generic.h"

#include "activation/activation.c.inc"

const apus_activation_kernels apus_activation_generic = {
    .relu_forward = relu_forward,
    .relu_backward = relu_backward,
    .bias_activation_forward = bias_activation_forward,
    .bias_activation_backward = bias_activation_backward,
};
