/* Winograd's forward and backward data for many channels, whose U is larger than the caches: V of a group of tiles is made
 * first. Then a thread takes a panel of the output's channels, and for some input channels at a time transforms the weights
 * and multiplies at once, so that U is used where it was made, in the second-level cache. */

#include <string.h>

#include "apus/runtime.h"
#include "conv/winograd/winograd.h"
#include "runtime/integers.h"
#include "runtime/parallel.h"

#define GROUP_BYTES (32 << 20)    /* of V */
#define SUMS_BYTES (8 << 20)      /* of M, a thread */
#define FILTERS_BYTES (640 << 10) /* of U */
#define PIXELS_A_THREAD 16384

/* How scratch is divided: zeros, V, then U and M of each thread. */
typedef struct layout {
  apus_winograd_planes u, v, m;
  int64_t zeros, group, thread; /* floats */
} layout;

static layout layout_of(const apus_conv2d_plan *plan, const apus_winograd_view *v) {
  const int64_t k = v->input.channels, width = apus_min(v->width, v->output.channels), tiles = plan->detail[APUS_WINOGRAD_TILES];
  layout l = {.u = apus_winograd_layout(plan->detail[APUS_WINOGRAD_CHANNELS], width),
              .v = apus_winograd_layout(tiles, k),
              .m = apus_winograd_layout(tiles, width)};
  l.zeros = apus_ceil_div(v->kernels->size * k, 16) * 16;
  l.group = v->planes * l.v.plane;
  l.thread = v->planes * (l.u.plane + l.m.plane);
  return l;
}

/* Tiles of which a transformed channel takes `bytes`, as whole register tiles. */
static int64_t tiles_in(const apus_winograd_view *v, int64_t bytes, int64_t channels) {
  const int64_t rows = v->tile->rows;
  return apus_max(1, bytes / (v->planes * apus_winograd_layout(1, channels).row * (int64_t)sizeof(float) * rows)) * rows;
}

void apus_winograd_plan_panels(apus_conv2d_plan *plan) {
  const apus_winograd_view v = apus_winograd_view_of(plan);
  const int64_t k = v.input.channels, width = apus_min(v.width, v.output.channels);
  const int64_t most = apus_min(tiles_in(&v, GROUP_BYTES, k), tiles_in(&v, SUMS_BYTES, width));
  plan->detail[APUS_WINOGRAD_TILES] = apus_ceil_div(v.tiles, apus_max(1, apus_ceil_div(v.tiles, most)));
  const int64_t channels = FILTERS_BYTES / (v.planes * width * (int64_t)sizeof(float));
  plan->detail[APUS_WINOGRAD_CHANNELS] = apus_ceil_div(k, apus_ceil_div(k, apus_max(16, channels)));
  /* Enough pieces for all threads; a piece transforms its panel's weights again. */
  int64_t parts = 1;
  while (v.panels * parts % plan->threads != 0 && v.panels * parts < 4 * plan->threads &&
         plan->detail[APUS_WINOGRAD_TILES] / (parts + 1) >= 2 * v.tile->rows)
    parts++;
  plan->detail[APUS_WINOGRAD_PARTS] = parts;
  const layout l = layout_of(plan, &v);
  plan->scratch_bytes = (size_t)(l.zeros + l.group + plan->threads * l.thread) * sizeof(float);
}

typedef struct job {
  const apus_conv2d_plan *plan;
  apus_winograd_view view;
  layout l;
  int64_t first, end; /* the group's tiles */
  const float *x, *w, *zeros;
  const apus_conv2d_epilogue *epilogue;
  float *y, *group, *threads;
} job;

static void transform_input(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_winograd_planes v = j->l.v;
  v.data = j->group + begin * v.row;
  j->view.kernels->input(&j->view.input, j->x, j->zeros, j->first + begin, j->first + end, v);
}

/* An item is a panel and a part of the group's tiles. */
static void run_panels(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_winograd_view *view = &j->view;
  const int64_t k = view->input.channels, block = j->plan->detail[APUS_WINOGRAD_CHANNELS];
  const int64_t parts = j->plan->detail[APUS_WINOGRAD_PARTS], tiles = j->end - j->first;
  apus_winograd_planes u = j->l.u, v = j->l.v, m = j->l.m;
  u.data = j->threads + slot * j->l.thread;
  m.data = u.data + view->planes * u.plane;
  for (int64_t item = begin; item < end; item++) {
    const int64_t panel = item / parts, first = tiles * (item % parts) / parts, last = tiles * (item % parts + 1) / parts;
    for (int64_t c = 0; c < k; c += block) {
      const int64_t c_end = apus_min(c + block, k);
      apus_winograd_filters(j->plan, view, j->w, panel, c, c_end, u);
      v.data = j->group + first * v.row + c;
      /* The weights that come next: this panel's, or the next one's. */
      const int64_t next = c_end < k ? c_end : 0, next_panel = c_end < k ? panel : panel + 1;
      for (int p = 0; p < view->planes; p++) {
        apus_winograd_product(view, p, v, u, m, last - first, c_end - c, panel, c > 0);
        if (next_panel < view->panels)
          apus_winograd_fetch_filters(j->plan, view, j->w, next_panel, next, apus_min(next + block, k), p, view->planes);
      }
    }
    apus_winograd_finish(view, m, j->first + first, j->first + last, panel, j->epilogue, j->y);
  }
}

void apus_winograd_run_panels(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                              float *y, float *scratch) {
  job j = {.plan = plan, .view = apus_winograd_view_of(plan), .x = x, .w = w, .epilogue = epilogue, .y = y};
  j.l = layout_of(plan, &j.view);
  j.zeros = scratch;
  j.group = scratch + j.l.zeros;
  j.threads = j.group + j.l.group;
  memset(scratch, 0, (size_t)j.l.zeros * sizeof *scratch);

  const int64_t k = j.view.input.channels, items = j.view.panels * plan->detail[APUS_WINOGRAD_PARTS];
  for (j.first = 0; j.first < j.view.tiles; j.first = j.end) {
    j.end = apus_min(j.first + plan->detail[APUS_WINOGRAD_TILES], j.view.tiles);
    apus_parallel_for_limited(j.end - j.first, apus_ceil_div(PIXELS_A_THREAD, j.view.planes * k), plan->threads, transform_input,
                              &j);
    const int64_t item_macs = (j.end - j.first) * j.view.planes * k * j.view.width / plan->detail[APUS_WINOGRAD_PARTS];
    apus_parallel_for_limited(items, apus_ceil_div(APUS_MACS_A_THREAD, apus_max(1, item_macs)), plan->threads, run_panels, &j);
  }
}
