#ifndef APUS_CONV_DIRECT_H
#define APUS_CONV_DIRECT_H

/* Direct convolution: the pieces of conv/direct/direct.c that are files of their own. */

#include "conv/conv_list.h"
#include "conv/direct/grid.h"
#include "gemm/bf16.h"

/* Forward and backward data (direct_grid.c). */
void apus_conv_direct_plan_grid(apus_conv2d_plan *plan, int bf16, const char **reason);
void apus_conv_direct_forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                              float *y, void *scratch);
void apus_conv_direct_backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch);

void apus_conv_direct_pack_weights(const apus_conv2d_plan *plan, const float *w, void *packed);

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

/* What forward and backward data look like from the grid (direct_panels.c): the input is x or dy, the output y or dx; channels
 * are those of a group. The weights are panels[groups · panels][panel_floats]; a panel holds its phases one after the other. */
typedef struct apus_conv_view {
  int forward;
  const apus_tile_kernels *kernels;
  const apus_bf16_kernels *bf16; /* NULL, or operands are rounded: in_channels are pairs then */
  int64_t groups, phases_h, phases_w;
  int64_t in_h, in_w, in_channels, out_h, out_w, out_channels; /* outputs: positions of one phase, the largest */
  int64_t width, panels;                                       /* of a panel; of a group */
  int64_t panel_floats;
} apus_conv_view;

/* Of a plan's detail: whether operands are rounded to bfloat16. */
enum { APUS_DIRECT_DETAIL_BF16 = 7 };

apus_conv_view apus_conv_view_of(const apus_conv2d_plan *plan);
/* Phases of backward data along one axis. */
apus_conv_phase apus_conv_view_phase_h(const apus_conv2d_plan *plan, int64_t phase);
apus_conv_phase apus_conv_view_phase_w(const apus_conv2d_plan *plan, int64_t phase);
/* Panel `index` of groups · panels. */
void apus_conv_pack_panel(const apus_conv2d_plan *plan, const apus_conv_view *view, int64_t index, const float *w, float *panel);

#endif
