#include "runtime/simd/simd_generic.h"

#include "loss/class_loss.c.inc"
#include "loss/loss.c.inc"
#include "loss/pointwise_loss.c.inc"

const apus_loss_kernels apus_loss_generic = {
    .softmax_forward = softmax_forward,
    .softmax_backward = softmax_backward,
    .log_softmax_forward = log_softmax_forward,
    .log_softmax_backward = log_softmax_backward,
    .label_cross_entropy_forward = label_cross_entropy_forward,
    .label_cross_entropy_backward = label_cross_entropy_backward,
    .target_cross_entropy_forward = target_cross_entropy_forward,
    .target_cross_entropy_backward = target_cross_entropy_backward,
    .focal_forward = focal_forward,
    .focal_backward = focal_backward,
    .hinge_forward = hinge_forward,
    .hinge_backward = hinge_backward,
    .pointwise_loss_forward = pointwise_loss_forward,
    .pointwise_loss_backward = pointwise_loss_backward,
};
