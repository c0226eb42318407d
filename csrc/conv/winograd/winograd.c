/* Winograd convolution for 3×3 and 5×5 kernels with stride 1: which shapes it takes, and by which schedule. */

#include "conv/winograd/winograd.h"

#include "apus/runtime.h"
#include "runtime/integers.h"

/* Below these direct convolution was as fast or faster. The transforms cost as much as (in + out) channels, what they save is as
 * much as in · out. The gain is the ratio of multiplications; LEAST_SAVED counts those saved for one pair of channels, each of
 * which has a filter to transform: so 7x7 images in batches of 1 and 2 are too few. */
#define LEAST_CHANNELS 7 /* in · out / (in + out) */
#define LEAST_GAIN 1.5
#define LEAST_SAVED 500
/* Forward and backward data in blocks of tiles, as long as a block's V and M fit the second-level cache and U the last one. One
 * thread, backward data, ms by panels and in blocks: 4x56x56, 64 from 192 channels 8.9 and 4.1; 8x28x28, 128 from 256
 * channels 8.7 and 5.2; 8x14x14, 256 from 256 channels 3.3 and 4.0. */
#define MOST_FUSED_CHANNELS 256
#define MOST_FILTERS (5 << 18) /* floats */
/* Backward weights: sums of 2.4 MB would be read and written for each block of tiles. */
#define MOST_SUMS 8192     /* pairs of channels */
#define MOST_CHANNELS 8192 /* a register tile's rows of V are 16 MB */

/* Multiplications for an output and a pair of channels, where one tile's are outputs + taps − 1 squared. */
static int64_t products(const apus_conv2d_plan *plan, int64_t outputs) {
  const int backward = plan->pass == APUS_CONV2D_BACKWARD_DATA;
  const int64_t height = backward ? plan->shape.height : plan->out_h, width = backward ? plan->shape.width : plan->out_w;
  const int64_t size = outputs + plan->shape.kernel_h - 1;
  return apus_ceil_div(height, outputs) * apus_ceil_div(width, outputs) * size * size;
}

/* Pairs of an output and a tap inside the image, along one axis. */
static int64_t seen_taps(int64_t outputs, int64_t size, int64_t kernel, int64_t pad) {
  int64_t taps = 0;
  for (int64_t t = 0; t < kernel; t++) /* seen by the outputs o with 0 <= o + t − pad < size */
    taps += apus_max(0, apus_min(outputs, size + pad - t) - apus_max(0, pad - t));
  return taps;
}

/* Whether U and the blocks of tiles fit the caches: forward and backward data. */
static int filters_fit(const apus_winograd_view *v) {
  return v->input.channels <= MOST_FUSED_CHANNELS && v->planes * v->input.channels * v->output.channels <= MOST_FILTERS;
}

/* Why direct convolution is likely to be faster, or NULL. */
static const char *why_slow(const apus_conv2d_plan *plan, int64_t outputs) {
  const apus_conv2d *s = &plan->shape;
  if (s->in_channels * s->out_channels < LEAST_CHANNELS * (s->in_channels + s->out_channels))
    return "few channels: the transforms cost more than they save";
  const int64_t without =
      seen_taps(plan->out_h, s->height, s->kernel_h, s->pad_top) * seen_taps(plan->out_w, s->width, s->kernel_w, s->pad_left);
  if (without < LEAST_GAIN * products(plan, outputs))
    return "small images do not fill their tiles";
  if (s->batch * (without - products(plan, outputs)) < LEAST_SAVED)
    return "few tiles: the weights' transform costs more than it saves";
  return NULL;
}

static int take(apus_conv2d_plan *plan, const char **reason) {
  const apus_conv2d *s = &plan->shape;
  if (plan->isa == APUS_ISA_REFERENCE) {
    *reason = "the reference tier has no kernels";
    return 0;
  }
  if ((s->kernel_h != 3 && s->kernel_h != 5) || s->kernel_w != s->kernel_h || s->stride_h != 1 || s->stride_w != 1 ||
      s->dilation_h != 1 || s->dilation_w != 1) {
    *reason = "not a 3x3 or 5x5 kernel with stride 1 and dilation 1";
    return 0;
  }
  if (s->groups != 1) {
    *reason = "more than one group";
    return 0;
  }
  if (s->in_channels > MOST_CHANNELS || s->out_channels > MOST_CHANNELS) {
    *reason = "more channels than the bound of scratch allows";
    return 0;
  }
  /* F(2×2, 3×3) rounds less, and images of 6×6 and less take no fewer products in larger tiles. */
  const int strict = plan->options.precision == APUS_PRECISION_STRICT, is_large = s->kernel_h == 5;
  if (strict && is_large) {
    *reason = "5x5 kernels round more than a plain sum does, and the precision asked for is strict";
    return 0;
  }
  const int64_t outputs = is_large || strict || products(plan, 2) <= products(plan, 4) ? 2 : 4;
  *reason = plan->forced ? NULL : why_slow(plan, outputs);
  if (*reason)
    return 0;
  plan->detail[APUS_WINOGRAD_OUTPUTS] = outputs;
  const apus_winograd_view v = apus_winograd_view_of(plan);
  const int weights = plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS;
  const int fused = weights ? s->in_channels * s->out_channels <= MOST_SUMS : filters_fit(&v);
  plan->detail[APUS_WINOGRAD_SCHEDULE] = fused ? APUS_WINOGRAD_FUSED : APUS_WINOGRAD_BY_PANEL;
  if (weights && fused)
    apus_winograd_plan_weights_fused(plan);
  else if (weights)
    apus_winograd_plan_weights_panels(plan);
  else if (fused)
    apus_winograd_plan_fused(plan);
  else
    apus_winograd_plan_panels(plan);
  if (is_large)
    *reason = fused ? "F(2x2, 5x5), blocks of tiles" : "F(2x2, 5x5), panels of weights";
  else if (fused)
    *reason = outputs == 4 ? "F(4x4, 3x3), blocks of tiles" : "F(2x2, 3x3), blocks of tiles";
  else
    *reason = outputs == 4 ? "F(4x4, 3x3), panels of weights" : "F(2x2, 3x3), panels of weights";
  return 1;
}

static void run(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue, float *y,
                float *scratch) {
  if (plan->detail[APUS_WINOGRAD_SCHEDULE] == APUS_WINOGRAD_FUSED)
    apus_winograd_run_fused(plan, x, w, epilogue, y, scratch);
  else
    apus_winograd_run_panels(plan, x, w, epilogue, y, scratch);
}

static void forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue, float *y,
                    void *scratch) {
  run(plan, x, w, epilogue, y, scratch);
}

static void backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  const apus_conv2d_epilogue add = {.residual = dx};
  run(plan, dy, w, plan->options.accumulate ? &add : NULL, dx, scratch);
}

static void backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  if (plan->detail[APUS_WINOGRAD_SCHEDULE] == APUS_WINOGRAD_FUSED)
    apus_winograd_run_weights_fused(plan, x, dy, dw, scratch);
  else
    apus_winograd_run_weights_panels(plan, x, dy, dw, scratch);
}

const apus_conv2d_entry apus_conv2d_winograd = {"winograd", take, forward, backward_data, backward_weights, NULL};
