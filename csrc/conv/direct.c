/* Direct convolution: a matrix product with overlapping rows over packed weights. */

#include "conv/direct.h"

#include "apus/runtime.h"

static int take(apus_conv2d_plan *plan, const char **reason) {
  if (plan->isa == APUS_ISA_REFERENCE) {
    *reason = "the reference tier has no kernels";
    return 0;
  }
  if (plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS)
    apus_conv_direct_plan_weights(plan, reason);
  else
    apus_conv_direct_plan_grid(plan, reason);
  return 1;
}

const apus_conv2d_entry apus_conv2d_direct = {"direct", take, apus_conv_direct_forward, apus_conv_direct_backward_data,
                                              apus_conv_direct_backward_weights};
