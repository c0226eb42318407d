/* Depthwise convolution, where every channel has its own filter, and groups of few channels. Windows are read in place; padding
 * is skipped by doing the outputs that see the same taps together. */

#include "conv/depthwise/depthwise.h"

#include <string.h>

#include "activation/kernels.h"
#include "conv/depthwise/grouped.h"
#include "conv/direct/direct.h"
#include "runtime/cache.h"
#include "runtime/integers.h"
#include "runtime/merge.h"
#include "runtime/parallel.h"

#define BLOCK_PIXELS 512
#define MACS_A_THREAD 131072 /* some 6 us on AVX-512: below that a second thread costs more than it does */

enum { DETAIL_ROWS, DETAIL_CHUNKS }; /* output rows of a block; chunks of blocks in backward weights */

static const apus_depthwise_kernels *kernels_for(int isa) {
  switch (isa) {
#if defined(__x86_64__)
  case APUS_ISA_AVX512:
    return &apus_depthwise_avx512;
  case APUS_ISA_AVX2:
    return &apus_depthwise_avx2;
#elif defined(__aarch64__)
  case APUS_ISA_NEON:
    return &apus_depthwise_neon;
#endif
  default:
    return &apus_depthwise_generic;
  }
}

/* A block is some rows of one image: of y, or in backward data of dx. */
static int64_t rows_of(const apus_conv2d_plan *plan) {
  return plan->pass == APUS_CONV2D_BACKWARD_DATA ? plan->shape.height : plan->out_h;
}
static int64_t blocks(const apus_conv2d_plan *plan) {
  return plan->shape.batch * apus_ceil_div(rows_of(plan), plan->detail[DETAIL_ROWS]);
}
static int64_t tap_weights(const apus_conv2d *s) { return s->in_channels / s->groups * s->out_channels; }
static int64_t weights(const apus_conv2d *s) { return s->kernel_h * s->kernel_w * tap_weights(s); }
static int is_depthwise(const apus_conv2d *s) { return s->groups == s->in_channels && s->groups == s->out_channels; }

static int take(apus_conv2d_plan *plan, const char **reason) {
  const apus_conv2d *s = &plan->shape;
  if (plan->isa == APUS_ISA_REFERENCE) {
    *reason = "the reference tier has no kernels";
    return 0;
  }
  const int backward_data = plan->pass == APUS_CONV2D_BACKWARD_DATA, lanes = kernels_for(plan->isa)->lanes;
  if (!is_depthwise(s) && !apus_groups_fit(s, lanes)) {
    *reason = s->groups == 1 ? "one group" : "less than two groups a vector";
    return 0;
  }
  const int64_t width = backward_data ? s->width : plan->out_w;
  plan->detail[DETAIL_ROWS] = apus_max(1, BLOCK_PIXELS / apus_max(1, width));
  if (plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS) {
    plan->detail[DETAIL_CHUNKS] = apus_merge_chunks(blocks(plan), weights(s));
    plan->scratch_bytes = (size_t)(plan->detail[DETAIL_CHUNKS] * weights(s)) * sizeof(float);
  } else if (!is_depthwise(s)) {
    plan->scratch_bytes = (size_t)apus_group_packed_size(s, backward_data, lanes) * sizeof(float);
  }
  *reason = is_depthwise(s) ? "one channel a group: vectors of channels" : "few channels a group: vectors of groups";
  return 1;
}

typedef struct job {
  const apus_conv2d_plan *plan;
  const apus_depthwise_kernels *kernels;
  const float *input, *weights, *dy;
  const apus_conv2d_epilogue *epilogue;
  float *output, *partials;
  const apus_group_vectors *groups; /* NULL: depthwise */
  int64_t w_tap;                    /* floats between the weights of taps */
} job;

/* With groups, the weights packed into scratch and their vectors, which must live as long as the job. */
static void prepare(job *j, apus_group_vectors *groups, float *scratch) {
  const apus_conv2d *s = &j->plan->shape;
  const int backward_data = j->plan->pass == APUS_CONV2D_BACKWARD_DATA;
  j->kernels = kernels_for(j->plan->isa);
  j->w_tap = s->out_channels;
  if (is_depthwise(s))
    return;
  *groups = apus_group_vectors_of(s, backward_data, j->kernels->lanes);
  j->groups = groups;
  j->w_tap = groups->channels * j->kernels->lanes;
  if (j->weights) {
    apus_group_pack(s, backward_data, j->kernels->lanes, j->weights, scratch);
    j->weights = scratch;
  }
}

static int64_t x_count(const apus_conv2d *s) { return s->batch * s->height * s->width * s->in_channels; }
static int64_t y_count(const apus_conv2d_plan *p) { return p->shape.batch * p->out_h * p->out_w * p->shape.out_channels; }
static int64_t input_count(const apus_conv2d_plan *p) {
  return p->pass == APUS_CONV2D_BACKWARD_DATA ? y_count(p) : x_count(&p->shape);
}

/* Over whole rows, once they are written; or NULL. */
static const apus_activation_function *function(const job *j) { return j->epilogue ? j->epilogue->function : NULL; }

static int in_place(const job *j) { return j->epilogue && j->epilogue->residual == j->output; }

/* What every strip of a job has in common. */
static apus_depthwise_strip strip_of(const job *j) {
  const apus_conv2d *s = &j->plan->shape;
  const int lanes = j->kernels->lanes, aligned = (uintptr_t)j->output % ((size_t)lanes * sizeof(float)) == 0;
  const int64_t bytes = (x_count(s) + y_count(j->plan)) * (int64_t)sizeof(float);
  return (apus_depthwise_strip){.stream = !j->groups && aligned && s->in_channels % lanes == 0 && !in_place(j) && !function(j) &&
                                          apus_fills_caches(bytes),
                                .fetch = apus_past_caches(8 * bytes),
                                .channels = s->out_channels,
                                .groups = j->groups,
                                .a_end = j->input + input_count(j->plan),
                                .w_vector = s->kernel_h * s->kernel_w * j->w_tap};
}

static int64_t grain(const job *j, int64_t items) {
  const double macs = (double)j->plan->shape.batch * (double)(j->plan->out_h * j->plan->out_w) * (double)weights(&j->plan->shape);
  return (int64_t)(MACS_A_THREAD * (double)items / (macs + 1)) + 1;
}

/* The job's epilogue for outputs at c. */
static const apus_conv2d_epilogue *epilogue_at(const job *j, const float *c, apus_conv2d_epilogue *here) {
  if (!j->epilogue)
    return NULL;
  *here = *j->epilogue;
  here->residual = here->residual ? here->residual + (c - j->output) : NULL;
  return here;
}

/* Whether the outputs of the row are for row3, and if so with which ends: each may lack one tap. */
static int is_row3(const job *j, const apus_conv_axis *w, apus_depthwise_strip *strip) {
  const int lanes = j->kernels->lanes;
  if (j->groups || w->taps != 3 || strip->taps_h < 1 || strip->channels < lanes || (strip->channels % lanes && in_place(j)) ||
      (strip->a_step != strip->a_tap_w && strip->a_step != 2 * strip->a_tap_w))
    return 0;
  const int64_t last = w->origin + (w->outputs - 1) * w->step + 2 * w->dilation;
  strip->cut_first = w->origin < 0;
  strip->cut_last = last >= w->extent;
  return w->origin + w->dilation >= 0 && last - w->dilation < w->extent &&
         (w->outputs == 1 || (w->origin + w->step >= 0 && last - w->step < w->extent));
}

/* The outputs of one row that `strip` leads to: cut where the taps along the width change. strip has everything but what depends
 * on the run; its a and w are those of position 0 and tap 0 along the width. */
static void run_row(const job *j, const apus_conv_axis *w_axis, int64_t input_step, apus_depthwise_strip strip) {
  const float *a = strip.a, *w = strip.w;
  float *c = strip.c;
  apus_conv2d_epilogue here;
  if (is_row3(j, w_axis, &strip)) {
    strip.taps_w = 3;
    strip.count = w_axis->outputs;
    strip.a = a + w_axis->origin * input_step;
    strip.epilogue = epilogue_at(j, c, &here);
    j->kernels->row3(&strip);
    return;
  }
  for (apus_conv_run run = {.end = 0}; run.end < w_axis->outputs;) {
    run = apus_conv_axis_run(w_axis, run.end, w_axis->outputs);
    strip.taps_w = run.tap_end - run.tap_first;
    strip.count = run.end - run.first;
    strip.w = w + run.tap_first * strip.w_tap_w;
    strip.c = c + run.first * strip.c_step;
    if (strip.taps_w > 0 && strip.taps_h > 0)
      strip.a = a + (w_axis->origin + run.first * w_axis->step + run.tap_first * w_axis->dilation) * input_step;
    strip.epilogue = epilogue_at(j, strip.c, &here);
    if (j->groups)
      j->kernels->group_strip(&strip);
    else
      j->kernels->strip(&strip);
  }
}

static void forward_blocks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_conv2d_plan *plan = j->plan;
  const apus_conv2d *s = &plan->shape;
  const apus_conv_axis h_axis = {plan->out_h, s->kernel_h, s->height, -s->pad_top, s->stride_h, s->dilation_h};
  const apus_conv_axis w_axis = {plan->out_w, s->kernel_w, s->width, -s->pad_left, s->stride_w, s->dilation_w};
  const int64_t row_blocks = apus_ceil_div(plan->out_h, plan->detail[DETAIL_ROWS]), channels = s->in_channels;
  apus_depthwise_strip strip = strip_of(j);
  strip.a_step = s->stride_w * channels;
  strip.a_tap_h = s->dilation_h * s->width * channels;
  strip.a_tap_w = s->dilation_w * channels;
  strip.w_tap_h = s->kernel_w * j->w_tap;
  strip.w_tap_w = j->w_tap;
  strip.c_step = s->out_channels;
  for (int64_t item = begin; item < end; item++) {
    const int64_t n = item / row_blocks, first = item % row_blocks * plan->detail[DETAIL_ROWS];
    for (int64_t oh = first; oh < apus_min(first + plan->detail[DETAIL_ROWS], plan->out_h); oh++) {
      const apus_conv_run h = apus_conv_axis_run(&h_axis, oh, oh + 1);
      strip.taps_h = h.tap_end - h.tap_first;
      const int64_t row = strip.taps_h > 0 ? h_axis.origin + oh * h_axis.step + h.tap_first * h_axis.dilation : 0;
      strip.a = j->input + (n * s->height + row) * s->width * channels;
      strip.w = j->weights + h.tap_first * strip.w_tap_h;
      strip.c = j->output + (n * plan->out_h + oh) * plan->out_w * s->out_channels;
      run_row(j, &w_axis, channels, strip);
      if (function(j))
        apus_activation_rows(function(j), (apus_isa)plan->isa, 1, plan->out_w * s->out_channels, 0, strip.c);
    }
  }
}

static void forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue, float *y,
                    void *scratch) {
  apus_group_vectors groups;
  job j = {.plan = plan, .input = x, .weights = w, .epilogue = epilogue, .output = y};
  prepare(&j, &groups, scratch);
  const int64_t items = blocks(plan);
  apus_parallel_for_limited(items, grain(&j, items), plan->threads, forward_blocks, &j);
}

static void backward_data_row(const job *j, int64_t n, int64_t row) {
  const apus_conv2d_plan *plan = j->plan;
  const apus_conv2d *s = &plan->shape;
  const int64_t channels = s->out_channels;
  const apus_conv_phase h =
      apus_conv_phase_of(row % s->stride_h, s->height, plan->out_h, s->kernel_h, s->stride_h, s->dilation_h, s->pad_top);
  const int64_t index = row / s->stride_h;
  const apus_conv_run seen = apus_conv_axis_run(&h.axis, index, index + 1);
  for (int64_t phase = 0; phase < apus_min(s->stride_w, s->width); phase++) {
    const apus_conv_phase w =
        apus_conv_phase_of(phase, s->width, plan->out_w, s->kernel_w, s->stride_w, s->dilation_w, s->pad_left);
    apus_depthwise_strip strip = strip_of(j);
    strip.taps_h = seen.tap_end - seen.tap_first;
    /* Tap t of a phase is the kernel's tap tap_first + (taps - 1 - t)·tap_step: the weights are walked backwards. */
    const int64_t kh = h.tap_first + (h.axis.taps - 1 - seen.tap_first) * h.tap_step;
    const int64_t kw = w.tap_first + (w.axis.taps - 1) * w.tap_step;
    const int64_t dy_row = strip.taps_h > 0 ? h.axis.origin + index + seen.tap_first * h.axis.dilation : 0;
    strip.a = j->input + (n * plan->out_h + dy_row) * plan->out_w * channels;
    strip.w = strip.taps_h > 0 && w.axis.taps > 0 ? j->weights + (kh * s->kernel_w + kw) * j->w_tap : j->weights;
    strip.c = j->output + ((n * s->height + row) * s->width + w.first) * s->in_channels;
    strip.a_step = channels;
    strip.a_tap_h = h.axis.dilation * plan->out_w * channels;
    strip.a_tap_w = w.axis.dilation * channels;
    strip.w_tap_h = -h.tap_step * s->kernel_w * j->w_tap;
    strip.w_tap_w = -w.tap_step * j->w_tap;
    strip.c_step = s->stride_w * s->in_channels;
    run_row(j, &w.axis, channels, strip);
  }
}

static void backward_data_blocks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const int64_t height = j->plan->shape.height, rows = j->plan->detail[DETAIL_ROWS], row_blocks = apus_ceil_div(height, rows);
  for (int64_t item = begin; item < end; item++) {
    const int64_t first = item % row_blocks * rows;
    for (int64_t row = first; row < apus_min(first + rows, height); row++)
      backward_data_row(j, item / row_blocks, row);
  }
}

static void backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  const apus_conv2d_epilogue add = {.residual = dx};
  apus_group_vectors groups;
  job j = {.plan = plan, .input = dy, .weights = w, .output = dx};
  prepare(&j, &groups, scratch);
  j.epilogue = plan->options.accumulate ? &add : NULL;
  apus_parallel_for_limited(blocks(plan), grain(&j, blocks(plan)), plan->threads, backward_data_blocks, &j);
}

/* Rows first ..< end of image n, added to sums. */
static void add_rows(const job *j, int64_t n, int64_t first, int64_t end, float *sums) {
  const apus_conv2d_plan *plan = j->plan;
  const apus_conv2d *s = &plan->shape;
  const apus_conv_axis h_axis = {plan->out_h, s->kernel_h, s->height, -s->pad_top, s->stride_h, s->dilation_h};
  const apus_conv_axis w_axis = {plan->out_w, s->kernel_w, s->width, -s->pad_left, s->stride_w, s->dilation_w};
  const int64_t channels = s->in_channels;
  for (int64_t oh = first; oh < end; oh++) {
    const apus_conv_run h = apus_conv_axis_run(&h_axis, oh, oh + 1);
    for (int64_t kh = h.tap_first; kh < h.tap_end; kh++) {
      const int64_t row = h_axis.origin + oh * h_axis.step + kh * h_axis.dilation;
      for (apus_conv_run w = {.end = 0}; w.end < plan->out_w;) {
        w = apus_conv_axis_run(&w_axis, w.end, plan->out_w);
        if (w.tap_first == w.tap_end)
          continue;
        const int64_t column = w_axis.origin + w.first * w_axis.step + w.tap_first * w_axis.dilation;
        const apus_depthwise_weights piece = {
            .x = j->input + ((n * s->height + row) * s->width + column) * channels,
            .dy = j->dy + ((n * plan->out_h + oh) * plan->out_w + w.first) * s->out_channels,
            .dw = sums + (kh * s->kernel_w + w.tap_first) * tap_weights(s),
            .count = w.end - w.first,
            .channels = s->out_channels,
            .taps = w.tap_end - w.tap_first,
            .x_step = s->stride_w * channels,
            .x_tap = s->dilation_w * channels,
            .groups = j->groups,
            .x_end = j->input + x_count(s),
            .dy_end = j->dy + y_count(plan),
        };
        if (j->groups)
          j->kernels->group_weights(&piece);
        else
          j->kernels->weights(&piece);
      }
    }
  }
}

static void backward_weights_chunks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_conv2d_plan *plan = j->plan;
  const int64_t rows = plan->detail[DETAIL_ROWS], row_blocks = apus_ceil_div(plan->out_h, rows);
  const int64_t all = blocks(plan), chunks = plan->detail[DETAIL_CHUNKS], size = weights(&plan->shape);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    float *sums = j->partials + chunk * size;
    memset(sums, 0, (size_t)size * sizeof *sums);
    for (int64_t b = all * chunk / chunks; b < all * (chunk + 1) / chunks; b++) {
      const int64_t first = b % row_blocks * rows;
      add_rows(j, b / row_blocks, first, apus_min(first + rows, plan->out_h), sums);
    }
  }
}

static void backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  const int64_t chunks = plan->detail[DETAIL_CHUNKS];
  apus_group_vectors groups;
  job j = {.plan = plan, .input = x, .dy = dy, .partials = scratch};
  prepare(&j, &groups, NULL);
  apus_parallel_for_limited(chunks, grain(&j, chunks), plan->threads, backward_weights_chunks, &j);
  apus_merge_partials(scratch, chunks, weights(&plan->shape), plan->options.accumulate, dw);
}

const apus_conv2d_entry apus_conv2d_depthwise = {"depthwise", take, forward, backward_data, backward_weights, NULL};
