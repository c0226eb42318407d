#if defined(__x86_64__)
#include "runtime/simd/simd_avx2.h"

#include "activation/activation.c.inc"
#include "activation/maxout.c.inc"
#include "activation/nonlinearity.c.inc"
#include "activation/prelu.c.inc"

const apus_activation_kernels apus_activation_avx2 = {
    .relu_forward = relu_forward,
    .relu_backward = relu_backward,
    .bias_activation_forward = bias_activation_forward,
    .bias_activation_backward = bias_activation_backward,
    .nonlinearity_forward = nonlinearity_forward,
    .nonlinearity_backward = nonlinearity_backward,
    .prelu_forward = prelu_forward,
    .prelu_backward = prelu_backward,
    .maxout_forward = maxout_forward,
    .maxout_backward = maxout_backward,
};
#endif
