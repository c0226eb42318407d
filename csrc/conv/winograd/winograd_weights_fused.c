/* Winograd's backward weights for few channels: dw = Gᵀ[Σ over tiles of (Bᵀ x B) ⊙ (A dy Aᵀ)]G. A thread takes a chunk of the
 * tiles, a block of them at a time, so that the transformed x and dy and, up to some 64 channels, the sums never leave its
 * second-level cache. Chunks are fixed by the shape, and their partial dw merged in a fixed tree. */

#include <string.h>

#include "apus/runtime.h"
#include "conv/winograd/winograd.h"
#include "runtime/integers.h"
#include "runtime/merge.h"
#include "runtime/parallel.h"

#define BLOCK_BYTES 524288 /* of V and of the transformed dy together */
#define MOST_TILES 112
#define CHUNK_TILES 56 /* in a chunk at least, where there are as many */

/* How scratch is divided: zeros, the chunks' partial dw, then V, the transformed dy and the sums of each thread. */
typedef struct layout {
  apus_winograd_planes v, dy, sums;
  int64_t zeros, weights, thread; /* floats */
} layout;

static layout layout_of(const apus_winograd_view *v, int64_t tiles) {
  const int64_t ci = v->input.channels, co = v->output.channels;
  layout l = {.v = apus_winograd_layout(tiles, ci), .dy = apus_winograd_layout(tiles, co), .sums = apus_winograd_layout(ci, co)};
  l.zeros = apus_ceil_div(v->kernels->size * apus_max(ci, co), 16) * 16;
  l.weights = v->kernels->taps * v->kernels->taps * ci * co;
  l.thread = v->planes * (l.v.plane + l.dy.plane + l.sums.plane);
  return l;
}

void apus_winograd_plan_weights_fused(apus_conv2d_plan *plan) {
  const apus_winograd_view v = apus_winograd_view_of(plan);
  const int64_t bytes = v.planes * (v.input.channels + v.output.channels) * (int64_t)sizeof(float);
  const int64_t tiles = apus_min(MOST_TILES, apus_max(16, BLOCK_BYTES / bytes));
  plan->detail[APUS_WINOGRAD_TILES] = tiles;
  const layout l = layout_of(&v, tiles);
  plan->detail[APUS_WINOGRAD_PARTS] = apus_merge_chunks(v.tiles / CHUNK_TILES, l.weights);
  const int64_t partials = plan->detail[APUS_WINOGRAD_PARTS] > 1 ? plan->detail[APUS_WINOGRAD_PARTS] * l.weights : 0;
  plan->scratch_bytes = (size_t)(l.zeros + apus_ceil_div(partials, 16) * 16 + plan->threads * l.thread) * sizeof(float);
}

typedef struct job {
  const apus_conv2d_plan *plan;
  apus_winograd_view view;
  layout l;
  const float *x, *dy, *zeros;
  float *dw, *threads; /* dw: of the chunks */
} job;

static void run_chunks(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_winograd_view *view = &j->view;
  const int64_t chunks = j->plan->detail[APUS_WINOGRAD_PARTS];
  const int64_t ci = view->input.channels, co = view->output.channels;
  apus_winograd_planes v = j->l.v, dy = j->l.dy, sums = j->l.sums;
  v.data = j->threads + slot * j->l.thread;
  dy.data = v.data + view->planes * v.plane;
  sums.data = dy.data + view->planes * dy.plane;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t chunk_first = view->tiles * chunk / chunks, chunk_end = view->tiles * (chunk + 1) / chunks;
    const int64_t most = apus_even_share(chunk_end - chunk_first, j->plan->detail[APUS_WINOGRAD_TILES]);
    for (int64_t first = chunk_first; first < chunk_end; first += most) {
      const int64_t tiles = apus_min(most, chunk_end - first);
      view->kernels->input(&view->input, j->x, j->zeros, first, first + tiles, v);
      view->kernels->gradient(&view->output, j->dy, j->zeros, first, first + tiles, dy);
      const int64_t next = first + tiles, next_end = apus_min(next + most, chunk_end), shares = view->planes * view->panels;
      apus_winograd_ahead next_x = apus_winograd_ahead_of(view, &view->input, j->x, next, next_end, shares);
      apus_winograd_ahead next_dy = apus_winograd_ahead_of(view, &view->output, j->dy, next, next_end, shares);
      for (int p = 0; p < view->planes; p++)
        for (int64_t column = 0; column < co; column += view->width) {
          apus_winograd_planes d = dy, s = sums;
          d.data += column;
          s.data += column;
          apus_winograd_weights_product(view, p, v, d, s, tiles, ci, apus_min(view->width, co - column), first > chunk_first);
          apus_winograd_fetch(view, &next_x);
          apus_winograd_fetch(view, &next_dy);
        }
    }
    view->kernels->weights_gradient(sums, ci, co, chunks == 1 && j->plan->options.accumulate, j->dw + chunk * j->l.weights,
                                    ci * co, co);
  }
}

void apus_winograd_run_weights_fused(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, float *scratch) {
  const int64_t chunks = plan->detail[APUS_WINOGRAD_PARTS];
  job j = {.plan = plan, .view = apus_winograd_view_of(plan), .x = x, .dy = dy, .zeros = scratch};
  j.l = layout_of(&j.view, plan->detail[APUS_WINOGRAD_TILES]);
  float *partials = scratch + j.l.zeros;
  j.dw = chunks > 1 ? partials : dw;
  j.threads = partials + (chunks > 1 ? apus_ceil_div(chunks * j.l.weights, 16) * 16 : 0);
  memset(scratch, 0, (size_t)j.l.zeros * sizeof(float));
  const int64_t chunk_macs = j.view.tiles / chunks * j.view.planes * j.view.input.channels * j.view.output.channels;
  apus_parallel_for_limited(chunks, apus_ceil_div(APUS_MACS_A_THREAD, apus_max(1, chunk_macs)), plan->threads, run_chunks, &j);
  if (chunks > 1)
    apus_merge_partials(partials, chunks, j.l.weights, plan->options.accumulate, dw);
}
