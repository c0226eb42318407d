/* Windows gathered into the rows of a matrix, a block of output pixels at a time, and OpenBLAS on one thread a block. It takes
 * nearly everything and is the cross-check of the faster ones. Padding is written as zeros, so an infinite weight over
 * padding gives NaN here and not in the others. */

#include <limits.h>
#include <string.h>

#include "apus/runtime.h"
#include "conv/conv_list.h"
#include "gemm/tile.h"
#include "runtime/merge.h"
#include "runtime/openblas.h"
#include "runtime/parallel.h"

/* A block's matrix of windows is about so large: it stays in the second-level cache. */
#define BLOCK_FLOATS 131072
#define MIN_BLOCK 16
#define MAX_BLOCK 1024

enum { DETAIL_BLOCK, DETAIL_CHUNKS }; /* output pixels a block; chunks of blocks in backward weights */

static int64_t pixels(const apus_conv2d_plan *plan) { return plan->shape.batch * plan->out_h * plan->out_w; }
static int64_t window(const apus_conv2d *s) { return s->kernel_h * s->kernel_w * (s->in_channels / s->groups); }
static int64_t blocks_of(const apus_conv2d_plan *plan, int64_t count) {
  return (count + plan->detail[DETAIL_BLOCK] - 1) / plan->detail[DETAIL_BLOCK];
}

static int take(apus_conv2d_plan *plan, const char **reason) {
  const apus_conv2d *s = &plan->shape;
  const int64_t k = window(s);
  if (k > INT_MAX || s->in_channels > INT_MAX || s->out_channels > INT_MAX) {
    *reason = "a window or the channels are beyond OpenBLAS's 32-bit sizes";
    return 0;
  }
  int64_t block = BLOCK_FLOATS / k;
  plan->detail[DETAIL_BLOCK] = block = block < MIN_BLOCK ? MIN_BLOCK : block > MAX_BLOCK ? MAX_BLOCK : block;
  size_t floats = 0;
  switch (plan->pass) {
  case APUS_CONV2D_FORWARD:
    floats = (size_t)plan->threads * block * (k + s->out_channels / s->groups);
    break;
  case APUS_CONV2D_BACKWARD_DATA:
    floats = (size_t)plan->threads * block * k;
    break;
  case APUS_CONV2D_BACKWARD_WEIGHTS: {
    int64_t chunks = apus_merge_chunks(blocks_of(plan, pixels(plan)), k * s->out_channels);
    plan->detail[DETAIL_CHUNKS] = chunks;
    floats = (size_t)plan->threads * block * k + (size_t)chunks * k * s->out_channels;
    break;
  }
  }
  plan->scratch_bytes = floats * sizeof(float);
  *reason = "gathers windows for OpenBLAS";
  return 1;
}

/* Output pixel p (counted over batch, height and width) as image, first row and first column of its window. */
static void locate(const apus_conv2d_plan *plan, int64_t p, int64_t *n, int64_t *h, int64_t *w) {
  *w = p % plan->out_w * plan->shape.stride_w - plan->shape.pad_left;
  *h = p / plan->out_w % plan->out_h * plan->shape.stride_h - plan->shape.pad_top;
  *n = p / plan->out_w / plan->out_h;
}

/* rows [count][kh][kw][ci of the group] of the pixels from p on. */
static void gather(const apus_conv2d_plan *plan, const float *x, int64_t group, int64_t p, int64_t count, float *rows) {
  const apus_conv2d *s = &plan->shape;
  const int64_t channels = s->in_channels / s->groups;
  for (int64_t end = p + count; p < end; p++) {
    int64_t n, top, left;
    locate(plan, p, &n, &top, &left);
    for (int64_t kh = 0; kh < s->kernel_h; kh++) {
      int64_t h = top + kh * s->dilation_h;
      const float *row = x + (n * s->height + h) * s->width * s->in_channels + group * channels;
      for (int64_t kw = 0; kw < s->kernel_w; kw++, rows += channels) {
        int64_t w = left + kw * s->dilation_w;
        if (h < 0 || h >= s->height || w < 0 || w >= s->width)
          memset(rows, 0, (size_t)channels * sizeof *rows);
        else
          memcpy(rows, row + w * s->in_channels, (size_t)channels * sizeof *rows);
      }
    }
  }
}

/* The reverse: adds rows to the image's pixels that they came from. */
static void scatter(const apus_conv2d_plan *plan, const float *rows, int64_t group, int64_t p, int64_t count, float *dx) {
  const apus_conv2d *s = &plan->shape;
  const int64_t channels = s->in_channels / s->groups;
  for (int64_t end = p + count; p < end; p++) {
    int64_t n, top, left;
    locate(plan, p, &n, &top, &left);
    for (int64_t kh = 0; kh < s->kernel_h; kh++)
      for (int64_t kw = 0; kw < s->kernel_w; kw++, rows += channels) {
        int64_t h = top + kh * s->dilation_h, w = left + kw * s->dilation_w;
        if (h < 0 || h >= s->height || w < 0 || w >= s->width)
          continue;
        float *pixel = dx + ((n * s->height + h) * s->width + w) * s->in_channels + group * channels;
        for (int64_t c = 0; c < channels; c++)
          pixel[c] += rows[c];
      }
  }
}

typedef struct job {
  const apus_conv2d_plan *plan;
  const float *x, *w, *dy;
  const apus_conv2d_epilogue *epilogue;
  float *y, *dx, *scratch, *partials;
} job;

static void forward_blocks(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const int64_t block = j->plan->detail[DETAIL_BLOCK], k = window(s), co = s->out_channels / s->groups;
  float *rows = j->scratch + slot * block * (k + co), *sums = rows + block * k;
  for (int64_t item = begin; item < end; item++) {
    int64_t group = item % s->groups, p = item / s->groups * block, count = pixels(j->plan) - p;
    count = count < block ? count : block;
    float *y = j->y + p * s->out_channels + group * co;
    gather(j->plan, j->x, group, p, count, rows);
    apus_sgemm(0, 0, (int)count, (int)co, (int)k, rows, (int)k, j->w + group * co, (int)s->out_channels, 0,
               j->epilogue ? sums : y, (int)(j->epilogue ? co : s->out_channels));
    if (j->epilogue) {
      apus_conv2d_epilogue e = *j->epilogue;
      e.bias = e.bias ? e.bias + group * co : NULL;
      e.scale = e.scale ? e.scale + group * co : NULL;
      e.shift = e.shift ? e.shift + group * co : NULL;
      e.residual = e.residual ? e.residual + (y - j->y) : NULL;
      apus_tile_for((apus_isa)j->plan->isa)->finish(sums, co, y, s->out_channels, count, co, &e);
    }
  }
}

static void forward(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue, float *y,
                    void *scratch) {
  job j = {.plan = plan, .x = x, .w = w, .epilogue = epilogue, .y = y, .scratch = scratch};
  apus_parallel_for_limited(blocks_of(plan, pixels(plan)) * plan->shape.groups, 1, plan->threads, forward_blocks, &j);
}

static void backward_data_images(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const int64_t block = j->plan->detail[DETAIL_BLOCK], k = window(s), co = s->out_channels / s->groups;
  const int64_t image = s->height * s->width * s->in_channels, each = j->plan->out_h * j->plan->out_w;
  float *rows = j->scratch + slot * block * k;
  for (int64_t n = begin; n < end; n++) {
    if (!j->plan->options.accumulate)
      memset(j->dx + n * image, 0, (size_t)image * sizeof *j->dx);
    for (int64_t group = 0; group < s->groups; group++)
      for (int64_t p = n * each; p < (n + 1) * each; p += block) {
        int64_t count = (n + 1) * each - p < block ? (n + 1) * each - p : block;
        apus_sgemm(0, 1, (int)count, (int)k, (int)co, j->dy + p * s->out_channels + group * co, (int)s->out_channels,
                   j->w + group * co, (int)s->out_channels, 0, rows, (int)k);
        scatter(j->plan, rows, group, p, count, j->dx);
      }
  }
}

static void backward_data(const apus_conv2d_plan *plan, const float *dy, const float *w, float *dx, void *scratch) {
  job j = {.plan = plan, .dy = dy, .w = w, .dx = dx, .scratch = scratch};
  apus_parallel_for_limited(plan->shape.batch, 1, plan->threads, backward_data_images, &j);
}

static void backward_weights_chunks(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_conv2d *s = &j->plan->shape;
  const int64_t block = j->plan->detail[DETAIL_BLOCK], k = window(s), co = s->out_channels / s->groups;
  const int64_t blocks = blocks_of(j->plan, pixels(j->plan)), chunks = j->plan->detail[DETAIL_CHUNKS];
  float *rows = j->scratch + slot * block * k;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    float *partial = j->partials + chunk * k * s->out_channels;
    memset(partial, 0, (size_t)(k * s->out_channels) * sizeof *partial);
    for (int64_t b = blocks * chunk / chunks; b < blocks * (chunk + 1) / chunks; b++) {
      int64_t p = b * block, count = pixels(j->plan) - p < block ? pixels(j->plan) - p : block;
      for (int64_t group = 0; group < s->groups; group++) {
        gather(j->plan, j->x, group, p, count, rows);
        apus_sgemm(1, 0, (int)k, (int)co, (int)count, rows, (int)k, j->dy + p * s->out_channels + group * co,
                   (int)s->out_channels, 1, partial + group * co, (int)s->out_channels);
      }
    }
  }
}

static void backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  const int64_t chunks = plan->detail[DETAIL_CHUNKS], size = window(&plan->shape) * plan->shape.out_channels;
  float *rows = (float *)scratch + chunks * size;
  job j = {.plan = plan, .x = x, .dy = dy, .scratch = rows, .partials = scratch};
  apus_parallel_for_limited(chunks, 1, plan->threads, backward_weights_chunks, &j);
  apus_merge_partials(scratch, chunks, size, plan->options.accumulate, dw);
}

const apus_conv2d_entry apus_conv2d_im2col = {"im2col", take, forward, backward_data, backward_weights};
