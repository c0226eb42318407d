/* The readable code as the list's last implementation. */

#include "apus/reference/conv2d.h"
#include "apus/runtime.h"
#include "conv/conv_list.h"

static int take(apus_conv2d_plan *plan, const char **reason) {
  plan->threads = 1;
  *reason = plan->isa == APUS_ISA_REFERENCE ? "APUS_ISA=reference" : "takes everything";
  return 1;
}

static void forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue, float *y,
                    void *scratch) {
  (void)scratch;
  apus_conv2d_forward_reference_f32(&plan->shape, x, w, epilogue, y);
}

static void backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  (void)scratch;
  apus_conv2d_backward_data_reference_f32(&plan->shape, dy, w, plan->options.accumulate, dx);
}

static void backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  (void)scratch;
  apus_conv2d_backward_weights_reference_f32(&plan->shape, x, dy, plan->options.accumulate, dw);
}

const apus_conv2d_entry apus_conv2d_reference = {"reference", take, forward, backward_data, backward_weights, NULL};
