/* Windows gathered into the rows of a matrix, a block of outputs at a time, and OpenBLAS on one thread a block. It takes nearly
 * everything and is the cross-check of the faster ones. Outputs whose windows are cut alike by the edges are gathered together,
 * without the taps that they do not see. */

#include <limits.h>
#include <string.h>

#include "activation/kernels.h"
#include "apus/runtime.h"
#include "conv/conv_list.h"
#include "conv/direct/grid.h"
#include "gemm/tile.h"
#include "openblas/openblas.h"
#include "runtime/integers.h"
#include "runtime/merge.h"
#include "runtime/parallel.h"

/* A block's matrix of windows is about so large: it stays in the second-level cache. */
#define BLOCK_FLOATS 131072
#define MIN_BLOCK 16
#define MAX_BLOCK 1024

/* Outputs gathered at a time; output rows of a block, which is a piece of one image; chunks of blocks in backward weights. */
enum { DETAIL_OUTPUTS, DETAIL_ROWS, DETAIL_CHUNKS };

static int64_t window(const apus_conv2d *s) { return s->kernel_h * s->kernel_w * (s->in_channels / s->groups); }
static int64_t row_blocks(const apus_conv2d_plan *plan) {
  return (plan->out_h + plan->detail[DETAIL_ROWS] - 1) / plan->detail[DETAIL_ROWS];
}
static int64_t blocks(const apus_conv2d_plan *plan) { return plan->shape.batch * row_blocks(plan); }

/* Floats of scratch a thread: windows, and sums or gradients. */
static int64_t thread_floats(const apus_conv2d_plan *plan) {
  return plan->detail[DETAIL_OUTPUTS] * (window(&plan->shape) + plan->shape.out_channels / plan->shape.groups);
}

static int take(apus_conv2d_plan *plan, const char **reason) {
  if (!apus_has_openblas()) {
    *reason = "this build has no OpenBLAS";
    return 0;
  }
  const apus_conv2d *s = &plan->shape;
  const int64_t k = window(s);
  if (k > INT_MAX || s->in_channels > INT_MAX || s->out_channels > INT_MAX) {
    *reason = "a window or the channels are beyond OpenBLAS's 32-bit sizes";
    return 0;
  }
  int64_t outputs = BLOCK_FLOATS / k;
  outputs = outputs < MIN_BLOCK ? MIN_BLOCK : outputs > MAX_BLOCK ? MAX_BLOCK : outputs;
  plan->detail[DETAIL_OUTPUTS] = outputs;
  plan->detail[DETAIL_ROWS] = plan->out_w < outputs ? outputs / plan->out_w : 1;
  int64_t floats = plan->threads * thread_floats(plan);
  if (plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS) {
    plan->detail[DETAIL_CHUNKS] = apus_merge_chunks(blocks(plan), k * s->out_channels);
    if (plan->detail[DETAIL_CHUNKS] > 1) /* a single one is summed where the gradient lies */
      floats += plan->detail[DETAIL_CHUNKS] * k * s->out_channels;
  }
  plan->scratch_bytes = (size_t)floats * sizeof(float);
  *reason = "gathers windows for OpenBLAS";
  return 1;
}

/* Outputs of image n that see the same taps: rows h.first ..< h.end, columns w.first ..< w.end. */
typedef struct box {
  int64_t n;
  apus_conv_run h, w;
} box;

typedef struct job {
  const apus_conv2d_plan *plan;
  apus_conv_axis h, w;
  const float *x, *weights, *dy;
  const apus_conv2d_epilogue *epilogue;
  float *y, *dx, *scratch, *partials;
} job;

static job make_job(const apus_conv2d_plan *plan) {
  const apus_conv2d *s = &plan->shape;
  return (job){.plan = plan,
               .h = {plan->out_h, s->kernel_h, s->height, -s->pad_top, s->stride_h, s->dilation_h},
               .w = {plan->out_w, s->kernel_w, s->width, -s->pad_left, s->stride_w, s->dilation_w}};
}

/* The first box of a block, and the box after one; 0 at the end. */
static int next_box(const job *j, int64_t block, box *b, int is_first) {
  const int64_t rows = j->plan->detail[DETAIL_ROWS], top = block % row_blocks(j->plan) * rows;
  const int64_t bottom = apus_min(top + rows, j->plan->out_h), width = j->plan->out_w;
  if (width == 0)
    return 0;
  if (is_first || b->w.end == width) {
    const int64_t first = is_first ? top : b->h.end;
    if (first >= bottom)
      return 0;
    b->n = block / row_blocks(j->plan);
    b->h = apus_conv_axis_run(&j->h, first, bottom);
    b->w.end = 0;
  }
  b->w = apus_conv_axis_run(&j->w, b->w.end, apus_min(b->w.end + j->plan->detail[DETAIL_OUTPUTS], width));
  return 1;
}

static int64_t box_width(const box *b) { return b->w.end - b->w.first; }
static int64_t box_outputs(const box *b) { return (b->h.end - b->h.first) * box_width(b); }
static int64_t box_taps_h(const box *b) { return b->w.tap_end > b->w.tap_first ? b->h.tap_end - b->h.tap_first : 0; }
static int64_t box_taps_w(const box *b) { return b->w.tap_end - b->w.tap_first; }

/* Where in a [batch, out_h, out_w, out_channels] tensor row h of a box begins, for a group. */
static int64_t out_place(const job *j, const box *b, int64_t h, int64_t group) {
  const apus_conv2d *s = &j->plan->shape;
  return ((b->n * j->plan->out_h + h) * j->plan->out_w + b->w.first) * s->out_channels + group * (s->out_channels / s->groups);
}

/* rows [outputs of the box][taps that it sees][channels of the group]. */
static void gather(const job *j, const box *b, int64_t group, float *rows) {
  const apus_conv2d *s = &j->plan->shape;
  const int64_t channels = s->in_channels / s->groups;
  for (int64_t oh = b->h.first; oh < b->h.end; oh++)
    for (int64_t ow = b->w.first; ow < b->w.end; ow++)
      for (int64_t kh = b->h.tap_first; kh < b->h.tap_end; kh++)
        for (int64_t kw = b->w.tap_first; kw < b->w.tap_end; kw++, rows += channels) {
          const int64_t h = j->h.origin + oh * j->h.step + kh * j->h.dilation;
          const int64_t w = j->w.origin + ow * j->w.step + kw * j->w.dilation;
          memcpy(rows, j->x + ((b->n * s->height + h) * s->width + w) * s->in_channels + group * channels,
                 (size_t)channels * sizeof *rows);
        }
}

/* Weights (or their gradient) of kernel row kh from the box's first tap on. */
static int64_t weights_place(const job *j, const box *b, int64_t kh, int64_t group) {
  const apus_conv2d *s = &j->plan->shape;
  return (kh * s->kernel_w + b->w.tap_first) * (s->in_channels / s->groups) * s->out_channels +
         group * (s->out_channels / s->groups);
}

static void forward_box(const job *j, const box *b, int64_t group, float *rows, float *sums) {
  const apus_conv2d *s = &j->plan->shape;
  const int64_t co = s->out_channels / s->groups, run = box_taps_w(b) * (s->in_channels / s->groups);
  const int64_t k = box_taps_h(b) * run;
  gather(j, b, group, rows);
  if (k == 0)
    memset(sums, 0, (size_t)(box_outputs(b) * co) * sizeof *sums);
  /* All kernel rows at once where each is whole, for then their weights are one matrix. */
  const int64_t rows_at_once = box_taps_w(b) == s->kernel_w ? box_taps_h(b) : 1;
  for (int64_t t = 0; t < box_taps_h(b); t += rows_at_once)
    apus_sgemm(0, 0, (int)box_outputs(b), (int)co, (int)(rows_at_once * run), rows + t * run, (int)k,
               j->weights + weights_place(j, b, b->h.tap_first + t, group), (int)s->out_channels, (float)(t > 0), sums, (int)co);

  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)j->plan->isa);
  for (int64_t oh = b->h.first; oh < b->h.end; oh++, sums += box_width(b) * co) {
    const int64_t place = out_place(j, b, oh, group);
    apus_conv2d_epilogue e = {0};
    if (j->epilogue) {
      e = *j->epilogue;
      e.bias = e.bias ? e.bias + group * co : NULL;
      e.mean = e.mean ? e.mean + group * co : NULL;
      e.scale = e.scale ? e.scale + group * co : NULL;
      e.shift = e.shift ? e.shift + group * co : NULL;
      e.residual = e.residual ? e.residual + place : NULL;
    }
    kernels->finish(sums, co, j->y + place, s->out_channels, box_width(b), co, &e);
    if (e.function)
      apus_activation_rows(e.function, (apus_isa)j->plan->isa, box_width(b), co, s->out_channels, j->y + place);
  }
}

static void forward_blocks(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const int64_t groups = j->plan->shape.groups;
  float *rows = j->scratch + slot * thread_floats(j->plan),
        *sums = rows + j->plan->detail[DETAIL_OUTPUTS] * window(&j->plan->shape);
  for (int64_t item = begin; item < end; item++) {
    box b;
    for (int more = next_box(j, item / groups, &b, 1); more; more = next_box(j, item / groups, &b, 0))
      forward_box(j, &b, item % groups, rows, sums);
  }
}

static void forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue, float *y,
                    void *scratch) {
  job j = make_job(plan);
  j.x = x, j.weights = w, j.epilogue = epilogue, j.y = y, j.scratch = scratch;
  apus_parallel_for_limited(blocks(plan) * plan->shape.groups, 1, plan->threads, forward_blocks, &j);
}

/* The reverse of gathering whole windows, for outputs p ..< p + count of image n: adds rows to the pixels that they came from. */
static void scatter(const job *j, const float *rows, int64_t group, int64_t n, int64_t p, int64_t count) {
  const apus_conv2d *s = &j->plan->shape;
  const int64_t channels = s->in_channels / s->groups;
  for (int64_t end = p + count; p < end; p++)
    for (int64_t kh = 0; kh < s->kernel_h; kh++)
      for (int64_t kw = 0; kw < s->kernel_w; kw++, rows += channels) {
        const int64_t h = j->h.origin + p / j->plan->out_w * j->h.step + kh * j->h.dilation;
        const int64_t w = j->w.origin + p % j->plan->out_w * j->w.step + kw * j->w.dilation;
        if (h < 0 || h >= s->height || w < 0 || w >= s->width)
          continue;
        float *pixel = j->dx + ((n * s->height + h) * s->width + w) * s->in_channels + group * channels;
        for (int64_t c = 0; c < channels; c++)
          pixel[c] += rows[c];
      }
}

static void backward_data_images(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const int64_t block = j->plan->detail[DETAIL_OUTPUTS], k = window(s), co = s->out_channels / s->groups;
  const int64_t image = s->height * s->width * s->in_channels, outputs = j->plan->out_h * j->plan->out_w;
  float *rows = j->scratch + slot * thread_floats(j->plan);
  for (int64_t n = begin; n < end; n++) {
    if (!j->plan->options.accumulate)
      memset(j->dx + n * image, 0, (size_t)image * sizeof *j->dx);
    for (int64_t group = 0; group < s->groups; group++)
      for (int64_t p = 0; p < outputs; p += block) {
        const int64_t count = apus_min(block, outputs - p);
        apus_sgemm(0, 1, (int)count, (int)k, (int)co, j->dy + (n * outputs + p) * s->out_channels + group * co,
                   (int)s->out_channels, j->weights + group * co, (int)s->out_channels, 0, rows, (int)k);
        scatter(j, rows, group, n, p, count);
      }
  }
}

static void backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  job j = make_job(plan);
  j.dy = dy, j.weights = w, j.dx = dx, j.scratch = scratch;
  apus_parallel_for_limited(plan->shape.batch, 1, plan->threads, backward_data_images, &j);
}

static void add_box(const job *j, const box *b, int64_t group, float *rows, float *gradients, float *partial) {
  const apus_conv2d *s = &j->plan->shape;
  const int64_t co = s->out_channels / s->groups, run = box_taps_w(b) * (s->in_channels / s->groups);
  const int64_t k = box_taps_h(b) * run;
  gather(j, b, group, rows);
  float *to = gradients;
  for (int64_t oh = b->h.first; oh < b->h.end; oh++)
    for (int64_t i = 0; i < box_width(b); i++, to += co)
      memcpy(to, j->dy + out_place(j, b, oh, group) + i * s->out_channels, (size_t)co * sizeof *to);
  const int64_t rows_at_once = box_taps_w(b) == s->kernel_w ? box_taps_h(b) : 1;
  for (int64_t t = 0; t < box_taps_h(b); t += rows_at_once)
    apus_sgemm(1, 0, (int)(rows_at_once * run), (int)co, (int)box_outputs(b), rows + t * run, (int)k, gradients, (int)co, 1,
               partial + weights_place(j, b, b->h.tap_first + t, group), (int)s->out_channels);
}

static void backward_weights_chunks(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const int64_t size = window(s) * s->out_channels, all = blocks(j->plan), chunks = j->plan->detail[DETAIL_CHUNKS];
  float *rows = j->scratch + slot * thread_floats(j->plan), *gradients = rows + j->plan->detail[DETAIL_OUTPUTS] * window(s);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    float *partial = j->partials + chunk * size;
    if (chunks > 1 || !j->plan->options.accumulate)
      memset(partial, 0, (size_t)size * sizeof *partial);
    for (int64_t block = all * chunk / chunks; block < all * (chunk + 1) / chunks; block++)
      for (int64_t group = 0; group < s->groups; group++) {
        box b;
        for (int more = next_box(j, block, &b, 1); more; more = next_box(j, block, &b, 0))
          add_box(j, &b, group, rows, gradients, partial);
      }
  }
}

static void backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  const int64_t chunks = plan->detail[DETAIL_CHUNKS], size = window(&plan->shape) * plan->shape.out_channels;
  job j = make_job(plan);
  j.x = x, j.dy = dy;
  j.partials = chunks > 1 ? scratch : dw;
  j.scratch = (float *)scratch + (chunks > 1 ? chunks * size : 0);
  apus_parallel_for_limited(chunks, 1, plan->threads, backward_weights_chunks, &j);
  if (chunks > 1)
    apus_merge_partials(scratch, chunks, size, plan->options.accumulate, dw);
}

const apus_conv2d_entry apus_conv2d_im2col = {"im2col", take, forward, backward_data, backward_weights, NULL};
