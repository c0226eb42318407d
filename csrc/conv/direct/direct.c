/* Direct convolution: a matrix product with overlapping rows over packed weights. */

#include "conv/direct/direct.h"

#include "apus/runtime.h"
#include "gemm/bf16.h"

static int take(apus_conv2d_plan *plan, const char **reason) {
  if (plan->isa == APUS_ISA_REFERENCE) {
    *reason = "the reference tier has no kernels";
    return 0;
  }
  if (plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS)
    apus_conv_direct_plan_weights(plan, reason);
  else
    apus_conv_direct_plan_grid(plan, 0, reason);
  return 1;
}

const apus_conv2d_entry apus_conv2d_direct = {"direct",
                                              take,
                                              apus_conv_direct_forward,
                                              apus_conv_direct_backward_data,
                                              apus_conv_direct_backward_weights,
                                              apus_conv_direct_pack_weights};

/* Rounding costs a pass over the operands, which few channels or outputs do not repay. */
#define LEAST_CHANNELS_BF16 16

static int take_bf16(apus_conv2d_plan *plan, const char **reason) {
  const apus_conv2d *s = &plan->shape;
  if (plan->options.precision != APUS_PRECISION_BF16)
    *reason = "the precision asked for is float32";
  else if (plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS)
    *reason = "weight gradients stay float32";
  else if (!plan->forced &&
           (s->in_channels / s->groups < LEAST_CHANNELS_BF16 || s->out_channels / s->groups < LEAST_CHANNELS_BF16))
    *reason = "few channels a group: float32 is as fast";
  else if (apus_bf16_for((apus_isa)plan->isa, reason)) {
    apus_conv_direct_plan_grid(plan, 1, reason);
    return 1;
  }
  return 0;
}

const apus_conv2d_entry apus_conv2d_bf16 = {"bf16",
                                            take_bf16,
                                            apus_conv_direct_forward,
                                            apus_conv_direct_backward_data,
                                            apus_conv_direct_backward_weights,
                                            apus_conv_direct_pack_weights};
