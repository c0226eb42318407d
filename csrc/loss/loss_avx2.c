#if defined(__x86_64__)
#include "runtime/simd_avx2.h"

#include "loss/loss.c.inc"

const apus_loss_kernels apus_loss_avx2 = {
    .softmax_cross_entropy_forward = softmax_cross_entropy_forward,
    .softmax_cross_entropy_backward = softmax_cross_entropy_backward,
    .softmax_forward = softmax_forward,
    .softmax_backward = softmax_backward,
};
#endif
