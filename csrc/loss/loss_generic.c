#include "runtime/simd_generic.h"

#include "loss/loss.c.inc"

const apus_loss_kernels apus_loss_generic = {
    .softmax_cross_entropy_forward = softmax_cross_entropy_forward,
    .softmax_cross_entropy_backward = softmax_cross_entropy_backward,
    .softmax_forward = softmax_forward,
    .softmax_backward = softmax_backward,
};
