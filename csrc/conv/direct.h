#ifndef APUS_CONV_DIRECT_H
#define APUS_CONV_DIRECT_H

/* Direct convolution: the pieces of conv/direct.c that are files of their own. */

#include "conv/conv_list.h"
#include "conv/grid.h"

/* Forward and backward data (direct_grid.c). */
void apus_conv_direct_plan_grid(apus_conv2d_plan *plan, int bf16, const char **reason);
void apus_conv_direct_forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                              float *y, void *scratch);
void apus_conv_direct_backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch);

/* Backward weights (direct_weights.c). */
void apus_conv_direct_plan_weights(apus_conv2d_plan *plan, const char **reason);
void apus_conv_direct_backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch);

/* Backward data as convolutions of dy with step 1: one for each of the first `stride` input positions. The axis' outputs are
 * the positions first, first + stride, …; its tap t is the kernel's tap tap_first + (taps - 1 - t)·tap_step. */
typedef struct apus_conv_phase {
  apus_conv_axis axis;
  int64_t first, tap_first, tap_step;
} apus_conv_phase;

apus_conv_phase apus_conv_phase_of(int64_t first, int64_t size, int64_t out_size, int64_t kernel, int64_t stride,
                                   int64_t dilation, int64_t pad);

#endif
