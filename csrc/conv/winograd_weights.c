/* Winograd's backward weights: dw = Gᵀ[Σ over tiles of (Bᵀ x B) ⊙ (A dy Aᵀ)]G. */

#include <string.h>

#include "apus/runtime.h"
#include "conv/winograd.h"
#include "runtime/merge.h"
#include "runtime/parallel.h"

#define BLOCK_BYTES 524288 /* of V and of the transformed dy together */
#define MOST_TILES 112
#define MACS_A_THREAD 524288 /* some 4 us on AVX-512: below that a second thread costs more than it does */

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

/* How scratch is divided: zeros, the chunks' partial dw, then V, the transformed dy and the sums of each thread. */
typedef struct layout {
  apus_winograd_planes v, dy, sums;
  int64_t zeros, weights, thread; /* floats */
} layout;

static layout layout_of(const apus_winograd_view *v, int64_t tiles) {
  const int64_t ci = v->input.channels, co = v->output.channels;
  layout l = {.v = apus_winograd_layout(tiles, ci), .dy = apus_winograd_layout(tiles, co), .sums = apus_winograd_layout(ci, co)};
  l.zeros = ceil_div(v->kernels->size * max64(ci, co), 16) * 16;
  l.weights = 9 * ci * co;
  l.thread = v->planes * (l.v.plane + l.dy.plane + l.sums.plane);
  return l;
}

void apus_winograd_plan_weights(apus_conv2d_plan *plan) {
  const apus_winograd_view v = apus_winograd_view_of(plan);
  const int64_t bytes = v.planes * (v.input.channels + v.output.channels) * (int64_t)sizeof(float);
  const int64_t tiles = min64(MOST_TILES, max64(16, BLOCK_BYTES / bytes));
  plan->detail[APUS_WINOGRAD_SCHEDULE] = APUS_WINOGRAD_FUSED;
  plan->detail[APUS_WINOGRAD_TILES] = tiles;
  const layout l = layout_of(&v, tiles);
  plan->detail[APUS_WINOGRAD_PARTS] = apus_merge_chunks(ceil_div(v.tiles, MOST_TILES), l.weights);
  const int64_t partials = plan->detail[APUS_WINOGRAD_PARTS] > 1 ? plan->detail[APUS_WINOGRAD_PARTS] * l.weights : 0;
  plan->scratch_bytes = (size_t)(l.zeros + ceil_div(partials, 16) * 16 + plan->threads * l.thread) * sizeof(float);
}

typedef struct job {
  const apus_conv2d_plan *plan;
  apus_winograd_view view;
  layout l;
  const float *x, *dy, *zeros;
  float *dw, *threads; /* dw: of the chunks */
} job;

/* sums += Vᵀ·dy in all planes, over so many tiles; sums = where not `resume`. */
static void add_products(const apus_winograd_view *view, apus_winograd_planes v, apus_winograd_planes dy,
                         apus_winograd_planes sums, int64_t tiles, int64_t rows, int64_t columns, int resume) {
  const int64_t lanes = view->kernels->lanes;
  for (int p = 0; p < view->planes; p++)
    for (int64_t column = 0; column < columns; column += view->width) {
      const int64_t count = min64(view->width, columns - column);
      const apus_tile_product product = {
          .a = v.data + p * v.plane,
          .b = dy.data + p * dy.plane + column,
          .c = sums.data + p * sums.plane + column,
          .rows = rows,
          .columns = (int)((count + lanes - 1) / lanes * lanes),
          .resume = resume,
          .b_padded = 1,
          .outer = 1,
          .inner = 1,
          .length = tiles,
          .a_k = v.row,
          .a_row = 1,
          .b_k = dy.row,
          .c_row = sums.row,
      };
      view->tile->product(&product);
    }
}

static void run_chunks(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_winograd_view *view = &j->view;
  const int64_t chunks = j->plan->detail[APUS_WINOGRAD_PARTS], most = j->plan->detail[APUS_WINOGRAD_TILES];
  const int64_t ci = view->input.channels, co = view->output.channels;
  apus_winograd_planes v = j->l.v, dy = j->l.dy, sums = j->l.sums;
  v.data = j->threads + slot * j->l.thread;
  dy.data = v.data + view->planes * v.plane;
  sums.data = dy.data + view->planes * dy.plane;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t chunk_first = view->tiles * chunk / chunks, chunk_end = view->tiles * (chunk + 1) / chunks;
    for (int64_t first = chunk_first; first < chunk_end; first += most) {
      const int64_t tiles = min64(most, chunk_end - first);
      view->kernels->input(&view->input, j->x, j->zeros, first, first + tiles, v);
      view->kernels->gradient(&view->output, j->dy, j->zeros, first, first + tiles, dy);
      add_products(view, v, dy, sums, tiles, ci, co, first > chunk_first);
    }
    view->kernels->weights_gradient(sums, ci, co, chunks == 1 && j->plan->options.accumulate, j->dw + chunk * j->l.weights,
                                    ci * co, co);
  }
}

void apus_winograd_backward_weights(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, void *scratch) {
  const int64_t chunks = plan->detail[APUS_WINOGRAD_PARTS];
  job j = {.plan = plan, .view = apus_winograd_view_of(plan), .x = x, .dy = dy, .zeros = scratch};
  j.l = layout_of(&j.view, plan->detail[APUS_WINOGRAD_TILES]);
  if (j.view.tiles == 0) {
    if (!plan->options.accumulate)
      memset(dw, 0, (size_t)j.l.weights * sizeof *dw);
    return;
  }
  float *partials = (float *)scratch + j.l.zeros;
  j.dw = chunks > 1 ? partials : dw;
  j.threads = partials + (chunks > 1 ? ceil_div(chunks * j.l.weights, 16) * 16 : 0);
  memset(scratch, 0, (size_t)j.l.zeros * sizeof(float));
  const int64_t chunk_macs = j.view.tiles / chunks * j.view.planes * j.view.input.channels * j.view.output.channels;
  apus_parallel_for_limited(chunks, ceil_div(MACS_A_THREAD, max64(1, chunk_macs)), plan->threads, run_chunks, &j);
  if (chunks > 1)
    apus_merge_partials(partials, chunks, j.l.weights, plan->options.accumulate, dw);
}
