/* The weights of direct convolution as panels, for forward and for the phases of backward data. */

#include "conv/direct/direct.h"
#include "gemm/pack.h"
#include "runtime/integers.h"

apus_conv_view apus_conv_view_of(const apus_conv2d_plan *plan) {
  const apus_conv2d *s = &plan->shape;
  const int64_t ci = s->in_channels / s->groups, co = s->out_channels / s->groups;
  apus_conv_view v = {.forward = plan->pass == APUS_CONV2D_FORWARD, .groups = s->groups, .phases_h = 1, .phases_w = 1};
  if (v.forward) {
    v.in_h = s->height, v.in_w = s->width, v.in_channels = ci;
    v.out_h = plan->out_h, v.out_w = plan->out_w, v.out_channels = co;
  } else {
    v.phases_h = apus_min(s->stride_h, s->height), v.phases_w = apus_min(s->stride_w, s->width);
    v.in_h = plan->out_h, v.in_w = plan->out_w, v.in_channels = co;
    v.out_h = apus_ceil_div(s->height, s->stride_h), v.out_w = apus_ceil_div(s->width, s->stride_w), v.out_channels = ci;
  }
  v.kernels = apus_tile_for((apus_isa)plan->isa);
  const char *reason;
  if (plan->detail[APUS_DIRECT_DETAIL_BF16] && (v.bf16 = apus_bf16_for((apus_isa)plan->isa, &reason))) {
    v.kernels = &v.bf16->tile;
    v.in_channels = apus_bf16_pairs(v.in_channels);
  }
  v.width = apus_tile_panel_width(v.kernels, v.out_channels);
  v.panels = apus_ceil_div(v.out_channels, v.width);
  v.panel_floats = s->kernel_h * s->kernel_w * v.in_channels * v.width;
  return v;
}

apus_conv_phase apus_conv_view_phase_h(const apus_conv2d_plan *plan, int64_t phase) {
  const apus_conv2d *s = &plan->shape;
  return apus_conv_phase_of(phase, s->height, plan->out_h, s->kernel_h, s->stride_h, s->dilation_h, s->pad_top);
}

apus_conv_phase apus_conv_view_phase_w(const apus_conv2d_plan *plan, int64_t phase) {
  const apus_conv2d *s = &plan->shape;
  return apus_conv_phase_of(phase, s->width, plan->out_w, s->kernel_w, s->stride_w, s->dilation_w, s->pad_left);
}

/* The kernel turned round: w's rows are channels of the output here, so they become columns. */
static float *pack_phase(const apus_conv2d_plan *plan, const apus_conv_view *v, const apus_conv_phase *h,
                         const apus_conv_phase *w, int64_t group, int64_t column, const float *weights, float *to) {
  const apus_conv2d *s = &plan->shape;
  const int64_t columns = apus_min(v->width, v->out_channels - column), channels = s->out_channels / s->groups;
  for (int64_t i = h->axis.taps - 1; i >= 0; i--)
    for (int64_t j = w->axis.taps - 1; j >= 0; j--, to += v->in_channels * v->width) {
      const int64_t tap = (h->tap_first + i * h->tap_step) * s->kernel_w + w->tap_first + j * w->tap_step;
      const float *from = weights + (tap * v->out_channels + column) * s->out_channels + group * channels;
      if (v->bf16)
        apus_bf16_panel_transposed(v->bf16, from, s->out_channels, channels, columns, v->width, to);
      else
        apus_pack_panel_transposed(from, s->out_channels, channels, columns, v->width, to);
    }
  return to;
}

static void pack_forward(const apus_conv2d *s, const apus_conv_view *v, int64_t columns, const float *w, float *panel) {
  const int64_t taps = s->kernel_h * s->kernel_w, channels = s->in_channels / s->groups;
  if (!v->bf16) {
    apus_pack_panel(w, s->out_channels, taps * channels, columns, v->width, panel);
    return;
  }
  for (int64_t tap = 0; tap < taps; tap++)
    v->bf16->round_panel(w + tap * channels * s->out_channels, s->out_channels, channels, columns, v->width,
                         panel + tap * v->in_channels * v->width);
}

void apus_conv_pack_panel(const apus_conv2d_plan *plan, const apus_conv_view *v, int64_t index, const float *w, float *panel) {
  const apus_conv2d *s = &plan->shape;
  const int64_t group = index / v->panels, column = index % v->panels * v->width;
  if (v->forward) {
    pack_forward(s, v, apus_min(v->width, v->out_channels - column), w + group * v->out_channels + column, panel);
    return;
  }
  for (int64_t i = 0; i < v->phases_h; i++) {
    const apus_conv_phase h = apus_conv_view_phase_h(plan, i);
    for (int64_t j = 0; j < v->phases_w; j++) {
      const apus_conv_phase phase = apus_conv_view_phase_w(plan, j);
      panel = pack_phase(plan, v, &h, &phase, group, column, w, panel);
    }
  }
}
