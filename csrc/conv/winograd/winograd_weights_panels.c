/* Winograd's backward weights for many channels, whose sums are larger than the caches: x and dy are transformed for a group of
 * tiles first. Then a thread takes a block of x's channels and a panel of dy's through the products over all tiles of the group
 * and the transform to dw at once. Further groups add to dw; groups are fixed by the shape. */

#include <string.h>

#include "apus/runtime.h"
#include "conv/winograd/winograd.h"
#include "runtime/integers.h"
#include "runtime/parallel.h"

/* Of the transformed x and dy: they stay in the last cache. Each group reads and writes dw, so that groups are larger where dw is
 * large. (1 thread, 8x28x28, 128 to 128 channels: 3.7 ms with groups of 8 MB, 4.7 with 32.) */
#define GROUP_BYTES (8 << 20)
#define LARGE_GROUP_BYTES (32 << 20)
#define LARGE_WEIGHTS (1 << 20) /* floats */
#define BLOCK_CHANNELS 64       /* of x: their sums with a panel stay in the second-level cache */
#define STEP_TILES 4            /* transformed at a time, all channels, while their pixels are in the first-level cache */
#define FLOATS_A_THREAD 16384

/* How scratch is divided: zeros, V in blocks of channels, D in panels, then the sums of each thread. */
typedef struct layout {
  apus_winograd_planes v, d, sums;  /* of a block, of a panel, of one of each */
  int64_t zeros, blocks, width;     /* width of a panel */
  int64_t v_block, d_panel, thread; /* floats */
} layout;

static layout layout_of(const apus_conv2d_plan *plan, const apus_winograd_view *v) {
  const int64_t ci = v->input.channels, co = v->output.channels, block = plan->detail[APUS_WINOGRAD_CHANNELS];
  const int64_t tiles = plan->detail[APUS_WINOGRAD_TILES], width = apus_min(v->width, co);
  layout l = {.v = apus_winograd_layout(tiles, block),
              .d = apus_winograd_layout(tiles, width),
              .sums = apus_winograd_layout(block, width)};
  l.zeros = apus_ceil_div(v->kernels->size * apus_max(ci, co), 16) * 16;
  l.blocks = apus_ceil_div(ci, block);
  l.v_block = v->planes * l.v.plane;
  l.d_panel = v->planes * l.d.plane;
  l.thread = v->planes * l.sums.plane;
  return l;
}

void apus_winograd_plan_weights_panels(apus_conv2d_plan *plan) {
  const apus_winograd_view v = apus_winograd_view_of(plan);
  const int64_t ci = v.input.channels, co = v.output.channels;
  plan->detail[APUS_WINOGRAD_CHANNELS] = apus_ceil_div(ci, apus_ceil_div(ci, BLOCK_CHANNELS));
  const int64_t bytes = v.planes * (ci + co) * (int64_t)sizeof(float);
  const int64_t weights = v.kernels->taps * v.kernels->taps * ci * co;
  const int64_t group = weights > LARGE_WEIGHTS ? LARGE_GROUP_BYTES : GROUP_BYTES;
  const int64_t groups = apus_ceil_div(v.tiles, apus_max(STEP_TILES, group / bytes));
  plan->detail[APUS_WINOGRAD_TILES] = apus_ceil_div(v.tiles, apus_max(1, groups));
  const layout l = layout_of(plan, &v);
  plan->scratch_bytes =
      (size_t)(l.zeros + l.blocks * l.v_block + v.panels * l.d_panel + plan->threads * l.thread) * sizeof(float);
}

typedef struct job {
  const apus_conv2d_plan *plan;
  apus_winograd_view view;
  layout l;
  int64_t first, end; /* the group's tiles */
  const float *x, *dy, *zeros;
  float *dw, *v, *d, *threads;
} job;

static void transform_pixels(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_winograd_view *view = &j->view;
  const int64_t block = j->plan->detail[APUS_WINOGRAD_CHANNELS];
  apus_winograd_image x = view->input, dy = view->output;
  for (int64_t step = begin; step < end; step += STEP_TILES) {
    const int64_t first = j->first + step, last = j->first + apus_min(step + STEP_TILES, end);
    apus_winograd_planes v = j->l.v, d = j->l.d;
    v.data = j->v + step * v.row;
    for (int64_t c = 0; c < x.channels; c += block, v.data += j->l.v_block) {
      x.taken = apus_min(block, x.channels - c);
      view->kernels->input(&x, j->x + c, j->zeros, first, last, v);
    }
    d.data = j->d + step * d.row;
    for (int64_t c = 0; c < dy.channels; c += view->width, d.data += j->l.d_panel) {
      dy.taken = apus_min(view->width, dy.channels - c);
      view->kernels->gradient(&dy, j->dy + c, j->zeros, first, last, d);
    }
  }
}

/* An item is a block of x's channels and a panel of dy's. */
static void run_blocks(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_winograd_view *view = &j->view;
  const int64_t ci = view->input.channels, co = view->output.channels, block = j->plan->detail[APUS_WINOGRAD_CHANNELS];
  const int add = j->first > 0 || j->plan->options.accumulate;
  apus_winograd_planes v = j->l.v, d = j->l.d, sums = j->l.sums;
  sums.data = j->threads + slot * j->l.thread;
  for (int64_t item = begin; item < end; item++) {
    const int64_t panel = item / j->l.blocks, c = item % j->l.blocks * block, column = panel * view->width;
    const int64_t rows = apus_min(block, ci - c), columns = apus_min(view->width, co - column);
    v.data = j->v + item % j->l.blocks * j->l.v_block;
    d.data = j->d + panel * j->l.d_panel;
    for (int p = 0; p < view->planes; p++) {
      apus_winograd_weights_product(view, p, v, d, sums, j->end - j->first, rows, columns, 0);
      apus_winograd_fetch_filters(j->plan, view, j->dw, panel, c, c + rows, p, view->planes);
    }
    view->kernels->weights_gradient(sums, rows, columns, add, j->dw + c * co + column, ci * co, co);
  }
}

void apus_winograd_run_weights_panels(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, float *scratch) {
  job j = {.plan = plan, .view = apus_winograd_view_of(plan), .x = x, .dy = dy, .dw = dw, .zeros = scratch};
  j.l = layout_of(plan, &j.view);
  j.v = scratch + j.l.zeros;
  j.d = j.v + j.l.blocks * j.l.v_block;
  j.threads = j.d + j.view.panels * j.l.d_panel;
  memset(scratch, 0, (size_t)j.l.zeros * sizeof *scratch);

  const int64_t channels = j.view.input.channels + j.view.output.channels;
  for (j.first = 0; j.first < j.view.tiles; j.first = j.end) {
    j.end = apus_min(j.first + plan->detail[APUS_WINOGRAD_TILES], j.view.tiles);
    const int64_t tiles = j.end - j.first;
    apus_parallel_for_limited(tiles, apus_ceil_div(FLOATS_A_THREAD, j.view.planes * channels), plan->threads, transform_pixels,
                              &j);
    const int64_t macs = tiles * j.view.planes * plan->detail[APUS_WINOGRAD_CHANNELS] * j.view.width;
    apus_parallel_for_limited(j.l.blocks * j.view.panels, apus_ceil_div(APUS_MACS_A_THREAD, macs), plan->threads, run_blocks, &j);
  }
}
