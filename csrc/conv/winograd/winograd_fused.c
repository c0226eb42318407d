/* Winograd's forward and backward data for few channels. U is made once. Then a thread takes a block of tiles through the
 * input's transform, the products and the output's transform, so that V and M never leave its second-level cache. */

#include <string.h>

#include "apus/runtime.h"
#include "conv/winograd/winograd.h"
#include "runtime/integers.h"
#include "runtime/parallel.h"

/* A block is some register tiles' rows. V and M of a block take half of a second-level cache of 1 MB: the rest is for U and for
 * the pixels that are fetched. */
#define BLOCK_BYTES 524288
#define MOST_UNITS 6
#define FILTERS_A_THREAD 16384

/* How scratch is divided: zeros, U's panels, then V and M of each thread. */
typedef struct layout {
  apus_winograd_planes u, v, m;
  int64_t zeros, panel, block; /* floats */
} layout;

static layout layout_of(const apus_winograd_view *v, int64_t tiles) {
  const int64_t k = v->input.channels, width = apus_min(v->width, v->output.channels);
  layout l = {.u = apus_winograd_layout(k, width), .v = apus_winograd_layout(tiles, k), .m = apus_winograd_layout(tiles, width)};
  l.zeros = apus_ceil_div(v->kernels->size * k, 16) * 16;
  l.panel = v->planes * l.u.plane;
  l.block = v->planes * (l.v.plane + l.m.plane);
  return l;
}

void apus_winograd_plan_fused(apus_conv2d_plan *plan) {
  const apus_winograd_view v = apus_winograd_view_of(plan);
  int64_t units = MOST_UNITS;
  while (units > 1 && layout_of(&v, units * v.tile->rows).block * (int64_t)sizeof(float) > BLOCK_BYTES)
    units--;
  plan->detail[APUS_WINOGRAD_TILES] = units * v.tile->rows;
  const layout l = layout_of(&v, plan->detail[APUS_WINOGRAD_TILES]);
  plan->scratch_bytes = (size_t)(l.zeros + v.panels * l.panel + plan->threads * l.block) * sizeof(float);
}

typedef struct job {
  const apus_conv2d_plan *plan;
  apus_winograd_view view;
  layout l;
  const float *x, *w, *zeros;
  const apus_conv2d_epilogue *epilogue;
  float *y, *u, *blocks;
} job;

static void transform_filters(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const int64_t k = j->view.input.channels;
  /* Items are rows of panels, one after the other. */
  while (begin < end) {
    const int64_t panel = begin / k, first = begin % k, last = apus_min(k, first + end - begin);
    apus_winograd_planes u = j->l.u;
    u.data = j->u + panel * j->l.panel + first * u.row;
    apus_winograd_filters(j->plan, &j->view, j->w, panel, first, last, u);
    begin += last - first;
  }
}

static void run_tiles(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_winograd_view *view = &j->view;
  const int64_t most = j->plan->detail[APUS_WINOGRAD_TILES];
  apus_winograd_planes u = j->l.u, v = j->l.v, m = j->l.m;
  v.data = j->blocks + slot * j->l.block;
  m.data = v.data + view->planes * v.plane;
  for (int64_t first = begin; first < end; first += most) {
    const int64_t tiles = apus_min(most, end - first);
    view->kernels->input(&view->input, j->x, j->zeros, first, first + tiles, v);
    const int64_t next = first + tiles, next_end = apus_min(next + most, end);
    apus_winograd_ahead input = apus_winograd_ahead_of(view, &view->input, j->x, next, next_end, view->panels * view->planes);
    apus_winograd_ahead output = apus_winograd_ahead_of(view, &view->output, j->y, first, next, view->planes);
    for (int64_t panel = 0; panel < view->panels; panel++) {
      u.data = j->u + panel * j->l.panel;
      for (int p = 0; p < view->planes; p++) {
        apus_winograd_product(view, p, v, u, m, tiles, view->input.channels, panel, 0);
        apus_winograd_fetch(view, &input);
        apus_winograd_fetch(view, &output);
      }
      apus_winograd_finish(view, m, first, first + tiles, panel, j->epilogue, j->y);
    }
  }
}

void apus_winograd_run_fused(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                             float *y, float *scratch) {
  job j = {.plan = plan, .view = apus_winograd_view_of(plan), .x = x, .w = w, .epilogue = epilogue, .y = y};
  j.l = layout_of(&j.view, plan->detail[APUS_WINOGRAD_TILES]);
  j.zeros = scratch;
  j.u = scratch + j.l.zeros;
  j.blocks = j.u + j.view.panels * j.l.panel;
  memset(scratch, 0, (size_t)j.l.zeros * sizeof *scratch);

  const int64_t k = j.view.input.channels, tile_macs = j.view.planes * k * j.view.output.channels;
  apus_parallel_for_limited(j.view.panels * k, FILTERS_A_THREAD / j.view.width, plan->threads, transform_filters, &j);
  apus_parallel_for_limited(j.view.tiles, apus_ceil_div(APUS_MACS_A_THREAD, tile_macs), plan->threads, run_tiles, &j);
}
