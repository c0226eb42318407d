/* Forward and backward data of direct convolution. Backward data is the forward pass over dy with the kernel turned round,
 * once for each phase of the stride. Both are a grid of outputs times packed panels of weights.
 *
 * Small weights are packed at first and used whole for each block of the input. Of large ones each thread packs a panel, uses it
 * for all of its blocks, and goes on to the next; of a panel that is large itself it adds a band of kernel rows at a time, the
 * sums going on from memory, so that the band stays in the second-level cache. */

#include <string.h>

#include "activation/kernels.h"
#include "apus/runtime.h"
#include "conv/direct/direct.h"
#include "runtime/cache.h"
#include "runtime/integers.h"
#include "runtime/parallel.h"

/* In floats; found by search over the 29 layers of bench/shapes.txt on a second-level cache of 1 MB. */
#define WEIGHTS_IN_CACHE 131072 /* beside a block of the input */
#define PANEL_IN_CACHE 98304
#define BAND 65536
#define INPUT_BLOCK 65536
#define INPUT_BLOCK_BY_PANEL 262144
#define OUTPUT_BLOCK 131072
#define OUTPUT_IN_CACHE 262144
#define MIN_ROWS 4
#define CORNER_IMAGES 8
#define PACKED_A_THREAD 16384

/* Images and rows of a block; whether the panel is the outer loop; whether the output is asked for before it is written. */
enum { DETAIL_IMAGES, DETAIL_ROWS, DETAIL_BY_PANEL, DETAIL_C_FAR };

static int64_t all_panels(const apus_conv_view *v) { return v->groups * v->panels; }

static int64_t blocks(const apus_conv2d_plan *plan, const apus_conv_view *v) {
  return apus_ceil_div(plan->shape.batch, plan->detail[DETAIL_IMAGES]) * apus_ceil_div(v->out_h, plan->detail[DETAIL_ROWS]);
}

/* Pairs of the input where it is rounded; scratch begins with them. */
static int64_t rounded_pairs(const apus_conv2d_plan *plan, const apus_conv_view *v) {
  return v->bf16 ? plan->shape.batch * v->in_h * v->in_w * v->groups * v->in_channels : 0;
}

void apus_conv_direct_plan_grid(apus_conv2d_plan *plan, int bf16, const char **reason) {
  plan->detail[APUS_DIRECT_DETAIL_BF16] = bf16;
  const apus_conv2d *s = &plan->shape;
  const apus_conv_view v = apus_conv_view_of(plan);
  const int64_t row = v.in_w * v.in_channels * v.groups, step = v.forward ? s->stride_h : 1;
  const int64_t weights = all_panels(&v) * v.panel_floats;
  const int by_panel = weights > WEIGHTS_IN_CACHE;
  const int64_t target = by_panel ? INPUT_BLOCK_BY_PANEL : INPUT_BLOCK;

  int64_t images = apus_min(s->batch, target / apus_max(1, row * v.in_h)), rows = v.out_h;
  if (images < 1) {
    images = 1;
    rows = apus_min(rows, apus_max(MIN_ROWS, target / apus_max(1, row * step)));
  }
  if (!by_panel)
    rows = apus_min(rows, apus_max(MIN_ROWS, OUTPUT_BLOCK / apus_max(1, v.out_w * v.out_channels * v.groups)));
  rows = apus_even_share(v.out_h, rows);
  /* Corners are strips along the batch: of a panel that is used for all blocks, rather some rows of several images. */
  if (by_panel && images < CORNER_IMAGES && step == 1 && s->kernel_h * s->kernel_w > 1) {
    rows = apus_max(MIN_ROWS, images * rows / CORNER_IMAGES);
    images = apus_min(s->batch, CORNER_IMAGES);
  }
  plan->packed_bytes = (size_t)weights * sizeof(float);
  plan->detail[DETAIL_BY_PANEL] = by_panel;
  /* Enough pieces to even out between the threads; images kept together fill the tiles of corners better. */
  plan->detail[DETAIL_IMAGES] = images, plan->detail[DETAIL_ROWS] = rows;
  while (plan->detail[DETAIL_IMAGES] > 1 && blocks(plan, &v) * all_panels(&v) < 4 * plan->threads)
    plan->detail[DETAIL_IMAGES] = apus_ceil_div(plan->detail[DETAIL_IMAGES], 2);
  while (plan->detail[DETAIL_ROWS] > MIN_ROWS && blocks(plan, &v) * all_panels(&v) < 4 * plan->threads)
    plan->detail[DETAIL_ROWS] = apus_ceil_div(plan->detail[DETAIL_ROWS], 2);

  plan->detail[DETAIL_C_FAR] = all_panels(&v) > 1 && s->batch * v.out_h * v.out_w * v.out_channels * v.groups > OUTPUT_IN_CACHE;
  const int64_t panels = plan->options.packed_weights ? 0 : by_panel ? plan->threads * v.panel_floats : weights;
  plan->scratch_bytes = (size_t)(rounded_pairs(plan, &v) + panels) * sizeof(float);
  *reason = bf16       ? "operands rounded to bfloat16 in scratch"
            : by_panel ? "windows read in place, a panel of weights at a time"
                       : "windows read in place";
}

typedef struct job {
  const apus_conv2d_plan *plan;
  apus_conv_view v;
  const float *given, *input, *weights; /* input: as given, or rounded */
  const apus_conv2d_epilogue *epilogue;
  float *output;
  float *rounded;    /* scratch */
  float *packed;     /* after it: all panels, or one a thread */
  const float *kept; /* all panels, or NULL where each thread packs its own */
  int in_place;      /* the output holds what is still to be added */
  int stream;        /* the output is written past the caches, where it is written once */
} job;

static void pack_panels(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  for (int64_t index = begin; index < end; index++)
    apus_conv_pack_panel(j->plan, &j->v, index, j->weights, j->packed + index * j->v.panel_floats);
}

/* Pixels of the input, each group's channels filled up to whole pairs. */
static void round_pixels(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const int64_t channels = (j->v.forward ? s->in_channels : s->out_channels) / s->groups;
  j->v.bf16->round_rows(j->given + begin * s->groups * channels, channels, (end - begin) * s->groups, channels,
                        j->rounded + begin * s->groups * j->v.in_channels, j->v.in_channels);
}

/* A piece of the work: a panel and a block of the output. */
typedef struct piece {
  const float *packed;
  int64_t panel, group, column, columns;
  int64_t n_first, n_end, h_first, h_end; /* rows of each phase */
} piece;

static piece piece_at(const job *j, int64_t panel, int64_t block, const float *packed) {
  const apus_conv_view *v = &j->v;
  const int64_t images = j->plan->detail[DETAIL_IMAGES], rows = j->plan->detail[DETAIL_ROWS];
  const int64_t row_blocks = apus_ceil_div(v->out_h, rows);
  piece p = {.packed = packed, .panel = panel, .group = panel / v->panels, .column = panel % v->panels * v->width};
  p.columns = apus_min(v->width, v->out_channels - p.column);
  p.n_first = block / row_blocks * images, p.n_end = apus_min(p.n_first + images, j->plan->shape.batch);
  p.h_first = block % row_blocks * rows, p.h_end = apus_min(p.h_first + rows, v->out_h);
  return p;
}

/* The grid's outputs with the taps of its axes, `place` floats into the output. */
static void run_grid(const job *j, const piece *p, apus_conv_grid *grid, const float *packed, int64_t place) {
  const apus_conv_view *v = &j->v;
  place += p->group * v->out_channels + p->column;
  apus_conv2d_epilogue e;
  if (j->epilogue) {
    const int64_t channel = p->group * v->out_channels + p->column;
    e = *j->epilogue;
    e.bias = e.bias ? e.bias + channel : NULL;
    e.mean = e.mean ? e.mean + channel : NULL;
    e.scale = e.scale ? e.scale + channel : NULL;
    e.shift = e.shift ? e.shift + channel : NULL;
    e.residual = e.residual ? e.residual + place : NULL;
  }
  /* Bands would overwrite what an epilogue still reads from the output; sums of pairs do not go on from memory. */
  const int64_t row = grid->w.taps * v->in_channels * p->columns, taps = grid->h.taps; /* what is read of the panel */
  const int is_large = taps * row > PANEL_IN_CACHE;
  const int in_bands = is_large && !j->in_place && v->width == v->kernels->columns;
  const int64_t band = in_bands ? apus_max(1, BAND / apus_max(1, row)) : apus_max(1, taps);
  grid->two_chains = !is_large && !grid->a_far;
  grid->stream = j->stream && !in_bands;
  grid->c_far = j->plan->detail[DETAIL_C_FAR] != 0 && !grid->stream;
  grid->band_first = 0;
  do {
    grid->band_end = apus_min(grid->band_first + band, taps);
    const int is_last = grid->band_end == taps;
    apus_conv_grid_run(grid, v->kernels, j->input + p->group * v->in_channels, packed, j->output + place, (int)p->columns,
                       j->epilogue && is_last ? &e : NULL, p->n_first, p->n_end, p->h_first, apus_min(p->h_end, grid->h.outputs));
    grid->band_first = grid->band_end;
  } while (grid->band_first < taps);
}

/* Pixels that no tap reaches: each panel clears its share of all channels, so that the stores spread over the products. */
static void clear_phase(const job *j, const piece *p, const apus_conv_grid *grid, int64_t place) {
  const apus_conv_view *v = &j->v;
  const int64_t panels = all_panels(v), channels = v->groups * v->out_channels, columns = v->kernels->columns;
  for (int64_t n = p->n_first; n < p->n_end; n++)
    for (int64_t h = p->h_first; h < apus_min(p->h_end, grid->h.outputs); h++)
      for (int64_t w = grid->w.outputs * p->panel / panels; w < grid->w.outputs * (p->panel + 1) / panels; w++) {
        float *pixel = j->output + place + n * grid->c_n + h * grid->c_h + w * grid->c_w;
        if (!j->stream) {
          memset(pixel, 0, (size_t)channels * sizeof *pixel);
          continue;
        }
        /* A product of no steps. */
        const apus_tile_product zeros = {.a = pixel,
                                         .b = pixel,
                                         .c = pixel,
                                         .rows = channels / columns,
                                         .columns = (int)columns,
                                         .b_padded = 1,
                                         .a_k = 1,
                                         .b_k = columns,
                                         .c_row = columns,
                                         .stream = 1};
        v->kernels->product(&zeros);
      }
}

/* Over what a piece has written, which is still in the caches. */
static void apply_function(const job *j, const piece *p) {
  const apus_conv2d_plan *plan = j->plan;
  if (!j->epilogue || !j->epilogue->function || p->h_first >= p->h_end)
    return;
  const int64_t channels = plan->shape.out_channels, column = p->group * j->v.out_channels + p->column;
  for (int64_t n = p->n_first; n < p->n_end; n++)
    apus_activation_rows(j->epilogue->function, (apus_isa)plan->isa, (p->h_end - p->h_first) * plan->out_w, p->columns, channels,
                         j->output + (n * plan->out_h + p->h_first) * plan->out_w * channels + column);
}

static void run_piece(const job *j, const piece *p) {
  const apus_conv2d_plan *plan = j->plan;
  const apus_conv2d *s = &plan->shape;
  const apus_conv_view *v = &j->v;
  apus_conv_grid grid = {.channels = v->in_channels, .panel_width = v->width};
  grid.a_w = v->groups * v->in_channels;
  grid.a_h = v->in_w * grid.a_w;
  grid.a_n = v->in_h * grid.a_h;
  /* Rows that overlap come mostly from the first-level cache, and those a multiple of 2 KB apart would drive each other out of
   * it. The first panel brings a block of the others to the caches. */
  grid.a_far = s->kernel_h * s->kernel_w == 1 && (v->forward ? s->stride_w : 1) * grid.a_w % 512 != 0 &&
               (p->column == 0 || plan->detail[DETAIL_BY_PANEL]);
  if (v->forward) {
    grid.h = (apus_conv_axis){plan->out_h, s->kernel_h, s->height, -s->pad_top, s->stride_h, s->dilation_h};
    grid.w = (apus_conv_axis){plan->out_w, s->kernel_w, s->width, -s->pad_left, s->stride_w, s->dilation_w};
    grid.c_w = s->out_channels;
    grid.c_h = plan->out_w * grid.c_w;
    grid.c_n = plan->out_h * grid.c_h;
    run_grid(j, p, &grid, p->packed, 0);
    apply_function(j, p);
    return;
  }
  grid.c_w = s->stride_w * s->in_channels;
  grid.c_h = s->stride_h * s->width * s->in_channels;
  grid.c_n = s->height * s->width * s->in_channels;
  const float *packed = p->packed;
  for (int64_t i = 0; i < v->phases_h; i++) {
    const apus_conv_phase h = apus_conv_view_phase_h(plan, i);
    for (int64_t k = 0; k < v->phases_w; k++) {
      const apus_conv_phase w = apus_conv_view_phase_w(plan, k);
      grid.h = h.axis;
      grid.w = w.axis;
      const int64_t place = (h.first * s->width + w.first) * s->in_channels;
      if (h.axis.taps > 0 && w.axis.taps > 0)
        run_grid(j, p, &grid, packed, place);
      else if (!j->epilogue) /* else nothing is added */
        clear_phase(j, p, &grid, place);
      packed += h.axis.taps * w.axis.taps * v->in_channels * v->width;
    }
  }
}

/* Another thread may read the output next: streamed stores are ordered by nothing else. */
static void fence(const job *j) {
  if (j->stream)
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Blocks one after the other, all panels for each. */
static void run_blocks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const int64_t panels = all_panels(&j->v);
  for (int64_t item = begin; item < end; item++) {
    const piece p = piece_at(j, item % panels, item / panels, j->kept + item % panels * j->v.panel_floats);
    run_piece(j, &p);
  }
  fence(j);
}

/* Panels one after the other, all blocks for each. */
static void run_panels(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const int64_t all = blocks(j->plan, &j->v);
  float *own = j->kept ? NULL : j->packed + slot * j->v.panel_floats;
  for (int64_t item = begin, last = -1; item < end; item++) {
    const int64_t panel = item / all;
    if (!j->kept && panel != last)
      apus_conv_pack_panel(j->plan, &j->v, panel, j->weights, own);
    last = panel;
    const piece p = piece_at(j, panel, item % all, j->kept ? j->kept + panel * j->v.panel_floats : own);
    run_piece(j, &p);
  }
  fence(j);
}

/* Whole aligned vectors of whole panels. */
static int can_stream(const job *j) {
  const apus_conv2d *s = &j->plan->shape;
  const apus_conv_view *v = &j->v;
  const int64_t x = s->height * s->width * s->in_channels, y = j->plan->out_h * j->plan->out_w * s->out_channels;
  return !j->epilogue && v->out_channels % v->kernels->columns == 0 && (uintptr_t)j->output % 64 == 0 &&
         apus_past_caches(s->batch * (x + y) * (int64_t)sizeof(float));
}

static void run(job *j) {
  const apus_conv2d_plan *plan = j->plan;
  const apus_conv2d *s = &plan->shape;
  j->v = apus_conv_view_of(plan);
  j->in_place = j->epilogue && j->epilogue->residual == j->output;
  const int64_t panels = all_panels(&j->v), items = panels * blocks(plan, &j->v);
  if (items == 0)
    return;
  j->stream = can_stream(j);
  j->packed = j->rounded + rounded_pairs(plan, &j->v);
  j->input = j->v.bf16 ? j->rounded : j->given;
  const int64_t pixels = s->batch * j->v.in_h * j->v.in_w, pairs = j->v.groups * j->v.in_channels;
  if (j->v.bf16)
    apus_parallel_for_limited(pixels, apus_ceil_div(PACKED_A_THREAD, pairs), plan->threads, round_pixels, j);
  const int by_panel = plan->detail[DETAIL_BY_PANEL] != 0;
  if (plan->options.packed_weights)
    j->kept = j->weights;
  else if (!by_panel) {
    j->kept = j->packed;
    apus_parallel_for_limited(panels, apus_ceil_div(PACKED_A_THREAD, apus_max(1, j->v.panel_floats)), plan->threads, pack_panels,
                              j);
  }
  const double macs = (double)s->batch * (double)(plan->out_h * plan->out_w) * (double)(s->kernel_h * s->kernel_w) *
                      (double)(j->v.in_channels * s->out_channels);
  apus_parallel_for_limited(items, (int64_t)(APUS_MACS_A_THREAD * (double)items / (macs + 1)) + 1, plan->threads,
                            by_panel ? run_panels : run_blocks, j);
}

void apus_conv_direct_forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                              float *y, void *scratch) {
  job j = {.plan = plan, .given = x, .weights = w, .epilogue = epilogue, .output = y, .rounded = scratch};
  run(&j);
}

void apus_conv_direct_backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  const apus_conv2d_epilogue add = {.residual = dx};
  job j = {.plan = plan, .given = dy, .weights = w, .output = dx, .rounded = scratch};
  j.epilogue = plan->options.accumulate ? &add : NULL;
  run(&j);
}

void apus_conv_direct_pack_weights(const apus_conv2d_plan *plan, const float *w, void *packed) {
  job j = {.plan = plan, .weights = w, .packed = packed, .v = apus_conv_view_of(plan)};
  apus_parallel_for_limited(all_panels(&j.v), apus_ceil_div(PACKED_A_THREAD, apus_max(1, j.v.panel_floats)), plan->threads,
                            pack_panels, &j);
}
