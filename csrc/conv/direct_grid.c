/* Forward and backward data of direct convolution. Backward data is the forward pass over dy with the kernel turned round,
 * once for each phase of the stride. Both are a grid of outputs times packed panels of weights. */

#include <string.h>

#include "apus/runtime.h"
#include "conv/direct.h"
#include "gemm/bf16.h"
#include "gemm/pack.h"
#include "runtime/parallel.h"

/* Weights that stay in the second-level cache beside a block of input are used whole for each block; larger ones a panel at a
 * time for all blocks. */
#define WEIGHTS_IN_CACHE 131072 /* floats */
#define INPUT_BLOCK 65536
#define INPUT_BLOCK_BY_PANEL 262144
#define OUTPUT_IN_CACHE 262144
#define MIN_ROWS 4
#define MACS_A_THREAD 524288 /* some 4 us on AVX-512: below that a second thread costs more than it does */
#define PACKED_A_THREAD 16384

/* Images and rows of a block; whether the panel is the outer loop; whether the output is asked for before it is written; whether
 * operands are rounded to bfloat16. */
enum { DETAIL_IMAGES, DETAIL_ROWS, DETAIL_BY_PANEL, DETAIL_C_FAR, DETAIL_BF16 };

static const apus_bf16_kernels *bf16_of(const apus_conv2d_plan *plan) {
  const char *reason;
  return plan->detail[DETAIL_BF16] ? apus_bf16_for((apus_isa)plan->isa, &reason) : NULL;
}

/* Of pairs of channels where they are bfloat16. */
static const apus_tile_kernels *kernels_of(const apus_conv2d_plan *plan) {
  const apus_bf16_kernels *bf16 = bf16_of(plan);
  return bf16 ? &bf16->tile : apus_tile_for((apus_isa)plan->isa);
}

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

/* What the two passes look like from the grid: `input` is x or dy, `output` y or dx; channels are those of a group. */
typedef struct view {
  int forward;
  int64_t groups, phases_h, phases_w;
  int64_t in_h, in_w, in_channels, out_h, out_w, out_channels; /* outputs: positions of one phase, the largest */
  int64_t width, panels;                                       /* of a panel; of a group */
  int64_t panel_floats;                                        /* of all phases together */
} view;

static view view_of(const apus_conv2d_plan *plan) {
  const apus_conv2d *s = &plan->shape;
  const int64_t ci = s->in_channels / s->groups, co = s->out_channels / s->groups;
  view v = {.forward = plan->pass == APUS_CONV2D_FORWARD, .groups = s->groups, .phases_h = 1, .phases_w = 1};
  if (v.forward) {
    v.in_h = s->height, v.in_w = s->width, v.in_channels = ci;
    v.out_h = plan->out_h, v.out_w = plan->out_w, v.out_channels = co;
  } else {
    v.phases_h = min64(s->stride_h, s->height), v.phases_w = min64(s->stride_w, s->width);
    v.in_h = plan->out_h, v.in_w = plan->out_w, v.in_channels = co;
    v.out_h = ceil_div(s->height, s->stride_h), v.out_w = ceil_div(s->width, s->stride_w), v.out_channels = ci;
  }
  if (plan->detail[DETAIL_BF16])
    v.in_channels = apus_bf16_pairs(v.in_channels);
  v.width = apus_tile_panel_width(kernels_of(plan), v.out_channels);
  v.panels = ceil_div(v.out_channels, v.width);
  v.panel_floats = s->kernel_h * s->kernel_w * v.in_channels * v.width;
  return v;
}

static int64_t units(const view *v) { return v->phases_h * v->phases_w * v->groups * v->panels; }

static int64_t blocks(const apus_conv2d_plan *plan, const view *v) {
  return ceil_div(plan->shape.batch, plan->detail[DETAIL_IMAGES]) * ceil_div(v->out_h, plan->detail[DETAIL_ROWS]);
}

/* Pairs of the input where it is rounded: in scratch, after the panels. */
static int64_t rounded_pairs(const apus_conv2d_plan *plan, const view *v) {
  return plan->detail[DETAIL_BF16] ? plan->shape.batch * v->in_h * v->in_w * v->groups * v->in_channels : 0;
}

void apus_conv_direct_plan_grid(apus_conv2d_plan *plan, int bf16, const char **reason) {
  plan->detail[DETAIL_BF16] = bf16;
  const apus_conv2d *s = &plan->shape;
  const view v = view_of(plan);
  const int64_t row = v.in_w * v.in_channels * v.groups, step = v.forward ? s->stride_h : 1;
  const int64_t weights = v.groups * v.panels * v.panel_floats;
  plan->detail[DETAIL_BY_PANEL] = weights > WEIGHTS_IN_CACHE && v.phases_h * v.phases_w == 1;
  const int64_t target = plan->detail[DETAIL_BY_PANEL] ? INPUT_BLOCK_BY_PANEL : INPUT_BLOCK;

  int64_t images = min64(s->batch, target / max64(1, row * v.in_h)), rows = v.out_h;
  if (images < 1) {
    images = 1;
    rows = min64(rows, max64(MIN_ROWS, target / max64(1, row * step)));
  }
  /* Enough pieces to even out between the threads; images kept together fill the tiles of corners better. */
  plan->detail[DETAIL_IMAGES] = images, plan->detail[DETAIL_ROWS] = max64(1, rows);
  while (plan->detail[DETAIL_IMAGES] > 1 && blocks(plan, &v) * units(&v) < 4 * plan->threads)
    plan->detail[DETAIL_IMAGES] = ceil_div(plan->detail[DETAIL_IMAGES], 2);
  while (plan->detail[DETAIL_ROWS] > MIN_ROWS && blocks(plan, &v) * units(&v) < 4 * plan->threads)
    plan->detail[DETAIL_ROWS] = ceil_div(plan->detail[DETAIL_ROWS], 2);

  plan->detail[DETAIL_C_FAR] =
      v.groups * v.panels > 1 && s->batch * v.out_h * v.out_w * v.out_channels * v.groups > OUTPUT_IN_CACHE;
  plan->scratch_bytes = (size_t)(weights + rounded_pairs(plan, &v)) * sizeof(float);
  *reason = bf16                            ? "operands rounded to bfloat16 in scratch"
            : plan->detail[DETAIL_BY_PANEL] ? "windows read in place, a panel of weights at a time"
                                            : "windows read in place";
}

typedef struct job {
  const apus_conv2d_plan *plan;
  const apus_tile_kernels *kernels;
  view v;
  const float *given, *input, *weights; /* input: as given, or rounded */
  const apus_conv2d_epilogue *epilogue;
  float *output, *packed, *rounded;
} job;

/* One piece of the weights: a phase, a group and a panel of its output channels. */
typedef struct unit {
  apus_conv_phase h, w; /* backward data only */
  int64_t group, column, columns;
  float *packed;
} unit;

static unit unit_at(const job *j, int64_t index) {
  const apus_conv2d *s = &j->plan->shape;
  const view *v = &j->v;
  const int64_t width = v->width, panel = index % v->panels;
  unit u = {.column = panel * width, .group = index / v->panels % v->groups};
  u.columns = min64(width, v->out_channels - u.column);
  u.packed = j->packed + (u.group * v->panels + panel) * v->panel_floats;
  if (v->forward)
    return u;
  /* Phases of one panel lie one after the other: all of the rows before, then those of this row. */
  const int64_t phase = index / v->panels / v->groups, end_h = phase / v->phases_w, end_w = phase % v->phases_w;
  int64_t taps_before = 0, taps_w = 0;
  for (int64_t w = 0; w < v->phases_w; w++) {
    u.w = apus_conv_phase_of(w, s->width, j->plan->out_w, s->kernel_w, s->stride_w, s->dilation_w, s->pad_left);
    taps_w += u.w.axis.taps;
  }
  for (int64_t h = 0; h <= end_h; h++) {
    u.h = apus_conv_phase_of(h, s->height, j->plan->out_h, s->kernel_h, s->stride_h, s->dilation_h, s->pad_top);
    if (h < end_h)
      taps_before += u.h.axis.taps * taps_w;
  }
  for (int64_t w = 0; w <= end_w; w++) {
    u.w = apus_conv_phase_of(w, s->width, j->plan->out_w, s->kernel_w, s->stride_w, s->dilation_w, s->pad_left);
    if (w < end_w)
      taps_before += u.h.axis.taps * u.w.axis.taps;
  }
  u.packed += taps_before * v->in_channels * width;
  return u;
}

static void pack_units(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const view *v = &j->v;
  const int64_t width = v->width;
  const apus_bf16_kernels *bf16 = bf16_of(j->plan);
  for (int64_t index = begin; index < end; index++) {
    const unit u = unit_at(j, index);
    if (v->forward && bf16) {
      const int64_t channels = s->in_channels / s->groups;
      for (int64_t tap = 0; tap < s->kernel_h * s->kernel_w; tap++)
        bf16->round_panel(j->weights + tap * channels * s->out_channels + u.group * v->out_channels + u.column, s->out_channels,
                          channels, u.columns, width, u.packed + tap * v->in_channels * width);
      continue;
    }
    if (v->forward) {
      apus_pack_panel(j->weights + u.group * v->out_channels + u.column, s->out_channels,
                      s->kernel_h * s->kernel_w * v->in_channels, u.columns, width, u.packed);
      continue;
    }
    const int64_t channels = s->out_channels / s->groups;
    float *to = u.packed;
    for (int64_t h = u.h.axis.taps - 1; h >= 0; h--)
      for (int64_t w = u.w.axis.taps - 1; w >= 0; w--, to += v->in_channels * width) {
        int64_t tap = (u.h.tap_first + h * u.h.tap_step) * s->kernel_w + u.w.tap_first + w * u.w.tap_step;
        const float *from = j->weights + (tap * v->out_channels + u.column) * s->out_channels;
        if (bf16)
          apus_bf16_panel_transposed(bf16, from + u.group * channels, s->out_channels, channels, u.columns, width, to);
        else
          apus_pack_panel_transposed(from + u.group * channels, s->out_channels, channels, u.columns, width, to);
      }
  }
}

/* Pixels of the input, each group's channels filled up to whole pairs. */
static void round_pixels(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const int64_t channels = (j->v.forward ? s->in_channels : s->out_channels) / s->groups;
  bf16_of(j->plan)->round_rows(j->given + begin * s->groups * channels, channels, (end - begin) * s->groups, channels,
                               j->rounded + begin * s->groups * j->v.in_channels, j->v.in_channels);
}

static void run_block(const job *j, const unit *u, int64_t block) {
  const apus_conv2d *s = &j->plan->shape;
  const view *v = &j->v;
  const int64_t images = j->plan->detail[DETAIL_IMAGES], rows = j->plan->detail[DETAIL_ROWS];
  const int64_t row_blocks = ceil_div(v->out_h, rows), n = block / row_blocks * images, h = block % row_blocks * rows;
  apus_conv_grid grid = {.channels = v->in_channels, .panel_width = v->width};
  grid.a_w = v->groups * v->in_channels;
  grid.a_h = v->in_w * grid.a_w;
  grid.a_n = v->in_h * grid.a_h;
  /* Rows that overlap come mostly from the first-level cache. The first panel brings a block of the others to the caches. */
  grid.a_far = s->kernel_h * s->kernel_w == 1 && (u->column == 0 || j->plan->detail[DETAIL_BY_PANEL]);
  grid.c_far = j->plan->detail[DETAIL_C_FAR] != 0;
  int64_t place = u->group * v->out_channels + u->column;
  if (v->forward) {
    grid.h = (apus_conv_axis){j->plan->out_h, s->kernel_h, s->height, -s->pad_top, s->stride_h, s->dilation_h};
    grid.w = (apus_conv_axis){j->plan->out_w, s->kernel_w, s->width, -s->pad_left, s->stride_w, s->dilation_w};
    grid.c_w = s->out_channels;
    grid.c_h = j->plan->out_w * grid.c_w;
    grid.c_n = j->plan->out_h * grid.c_h;
  } else {
    grid.h = u->h.axis;
    grid.w = u->w.axis;
    grid.c_w = s->stride_w * s->in_channels;
    grid.c_h = s->stride_h * s->width * s->in_channels;
    grid.c_n = s->height * s->width * s->in_channels;
    place += (u->h.first * s->width + u->w.first) * s->in_channels;
  }

  apus_conv2d_epilogue e;
  if (j->epilogue) {
    const int64_t channel = u->group * v->out_channels + u->column;
    e = *j->epilogue;
    e.bias = e.bias ? e.bias + channel : NULL;
    e.scale = e.scale ? e.scale + channel : NULL;
    e.shift = e.shift ? e.shift + channel : NULL;
    e.residual = e.residual ? e.residual + place : NULL;
  }
  apus_conv_grid_run(&grid, j->kernels, j->input + u->group * v->in_channels, u->packed, j->output + place, (int)u->columns,
                     j->epilogue ? &e : NULL, n, min64(n + images, s->batch), h, min64(h + rows, grid.h.outputs));
}

static void run_items(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const int64_t all_units = units(&j->v), all_blocks = blocks(j->plan, &j->v);
  const int by_panel = j->plan->detail[DETAIL_BY_PANEL] != 0;
  for (int64_t item = begin; item < end; item++) {
    const unit u = unit_at(j, by_panel ? item / all_blocks : item % all_units);
    run_block(j, &u, by_panel ? item % all_blocks : item / all_units);
  }
}

static void run(job *j) {
  const apus_conv2d *s = &j->plan->shape;
  j->kernels = kernels_of(j->plan);
  j->v = view_of(j->plan);
  const int64_t count = units(&j->v), items = count * blocks(j->plan, &j->v);
  if (items == 0)
    return;
  j->input = j->given;
  if (j->plan->detail[DETAIL_BF16]) {
    j->input = j->rounded = j->packed + j->v.groups * j->v.panels * j->v.panel_floats;
    const int64_t pixels = s->batch * j->v.in_h * j->v.in_w, pairs = j->v.groups * j->v.in_channels;
    apus_parallel_for_limited(pixels, ceil_div(PACKED_A_THREAD, pairs), j->plan->threads, round_pixels, j);
  }
  apus_parallel_for_limited(count, ceil_div(PACKED_A_THREAD * j->v.phases_h * j->v.phases_w, max64(1, j->v.panel_floats)),
                            j->plan->threads, pack_units, j);
  const double macs = (double)s->batch * (double)(j->plan->out_h * j->plan->out_w) * (double)(s->kernel_h * s->kernel_w) *
                      (double)(j->v.in_channels * s->out_channels);
  apus_parallel_for_limited(items, (int64_t)(MACS_A_THREAD * (double)items / (macs + 1)) + 1, j->plan->threads, run_items, j);
}

void apus_conv_direct_forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                              float *y, void *scratch) {
  job j = {.plan = plan, .given = x, .weights = w, .epilogue = epilogue, .output = y, .packed = scratch};
  run(&j);
}

void apus_conv_direct_backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  const apus_conv2d_epilogue add = {.residual = dx};
  job j = {.plan = plan, .given = dy, .weights = w, .output = dx, .packed = scratch};
  j.epilogue = plan->options.accumulate ? &add : NULL;
  run(&j);
}
