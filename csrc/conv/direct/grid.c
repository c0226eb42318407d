#include "conv/direct/grid.h"
#include "runtime/integers.h"

/* Taps inside the image for the window at output i; an empty range lies at tap_first = tap_end. */
static apus_conv_run taps_at(const apus_conv_axis *axis, int64_t i) {
  const int64_t at = axis->origin + i * axis->step;
  apus_conv_run run = {i, i + 1, 0, 0};
  if (at < 0)
    run.tap_first = apus_min(apus_ceil_div(-at, axis->dilation), axis->taps);
  if (at < axis->extent)
    run.tap_end = apus_min((axis->extent - 1 - at) / axis->dilation + 1, axis->taps);
  run.tap_end = apus_max(run.tap_end, run.tap_first);
  return run;
}

apus_conv_run apus_conv_axis_run(const apus_conv_axis *axis, int64_t first, int64_t end) {
  apus_conv_run run = taps_at(axis, first);
  const int64_t last_start = axis->extent - 1 - (axis->taps - 1) * axis->dilation - axis->origin;
  if (run.tap_first == 0 && run.tap_end == axis->taps && axis->taps > 0) {
    run.end = apus_min(end, last_start / axis->step + 1);
    return run;
  }
  while (run.end < end) {
    apus_conv_run next = taps_at(axis, run.end);
    if (next.tap_first != run.tap_first || next.tap_end != run.tap_end)
      break;
    run.end++;
  }
  return run;
}

apus_conv_run apus_conv_axis_tap(const apus_conv_axis *axis, int64_t tap) {
  const int64_t at = axis->origin + tap * axis->dilation;
  apus_conv_run run = {at < 0 ? apus_ceil_div(-at, axis->step) : 0, 0, tap, tap + 1};
  if (at < axis->extent)
    run.end = apus_min((axis->extent - 1 - at) / axis->step + 1, axis->outputs);
  run.end = apus_max(run.end, run.first);
  return run;
}

/* One direction in which a box of outputs extends. */
typedef struct direction {
  int64_t count, a, c;
} direction;

/* Joins two directions that are one run in both A and C. */
static void join(direction *inner, direction *outer) {
  if (outer->a == inner->count * inner->a && outer->c == inner->count * inner->c) {
    inner->count *= outer->count;
    outer->count = 1;
  }
}

/* What an output costs in a strip of so many, in units of one row of a full tile: tiles of fewer than 4 rows wait for their own
 * sums, those of fewer than 6 still do a little (91 % of the speed), and short ones read the panel for few rows. */
static int64_t strip_cost(int64_t count, int64_t tile_rows) {
  const int64_t tiles = apus_ceil_div(count, tile_rows), rows = apus_ceil_div(count, tiles);
  return 128 * tiles * (2 * apus_max(rows, 4) + (rows < 6 ? 3 : 2)) / count;
}

/* What to do next of a box: strips along one direction, as many outputs of it as `count`. Either the direction whose strips cost
 * least, or of one only whole tiles, where what is left has strips along another direction and both together are clearly better
 * than tiles cut evenly: 26x26 by tiles of 6 as 24x26, then 24x2 and 2x2. */
enum { SPLIT_GAIN = 16 }; /* at 1/64, 23x23 by tiles of 14 lost 7 %: along the height windows share less of the caches */
typedef struct part {
  int along;
  int64_t count;
} part;

static part next_part(const direction d[3], int64_t tile_rows) {
  int64_t even[3];
  for (int i = 0; i < 3; i++)
    even[i] = strip_cost(d[i].count, tile_rows);
  const int least = even[1] < even[0] ? (even[2] < even[1] ? 2 : 1) : even[2] < even[0] ? 2 : 0;
  part best = {least, d[least].count};
  int64_t cost = even[least] - even[least] / SPLIT_GAIN;
  for (int i = 0; i < 3; i++) {
    const int64_t rest = d[i].count % tile_rows, whole = d[i].count - rest;
    if (rest == 0 || whole == 0)
      continue;
    const int64_t other = apus_min(even[(i + 1) % 3], even[(i + 2) % 3]);
    const int64_t split = (strip_cost(whole, tile_rows) * whole + other * rest) / d[i].count;
    if (split < cost) {
      best = (part){i, whole};
      cost = split;
    }
  }
  return best;
}

static void run_strips(const apus_tile_kernels *kernels, apus_tile_product *p, const direction d[3], int along,
                       const apus_conv2d_epilogue *epilogue) {
  const direction *strip = &d[along], *inner = &d[along == 0 ? 1 : 0], *outer = &d[along == 2 ? 1 : 2];
  apus_conv2d_epilogue moved;
  if (epilogue) {
    moved = *epilogue;
    p->epilogue = &moved;
  }
  const float *a = p->a;
  float *c = p->c;
  p->rows = strip->count;
  p->a_row = strip->a;
  p->c_row = strip->c;
  for (int64_t o = 0; o < outer->count; o++)
    for (int64_t i = 0; i < inner->count; i++) {
      int64_t place = o * outer->c + i * inner->c;
      p->a = a + o * outer->a + i * inner->a;
      p->c = c + place;
      if (epilogue && epilogue->residual)
        moved.residual = epilogue->residual + place;
      kernels->product(p);
    }
  p->a = a;
  p->c = c;
}

/* Changes p, d and the epilogue. */
static void run_box(const apus_tile_kernels *kernels, apus_tile_product *p, direction d[3], apus_conv2d_epilogue *epilogue) {
  join(&d[0], &d[1]);
  join(d[1].count == 1 ? &d[0] : &d[1], &d[2]);
  for (int64_t left = 1; left > 0;) {
    const part now = next_part(d, kernels->rows);
    direction *strip = &d[now.along];
    left = strip->count - now.count;
    strip->count = now.count;
    run_strips(kernels, p, d, now.along, epilogue);
    strip->count = left;
    p->a += now.count * strip->a;
    p->c += now.count * strip->c;
    if (epilogue && epilogue->residual)
      epilogue->residual += now.count * strip->c;
  }
}

void apus_conv_grid_run(const apus_conv_grid *g, const apus_tile_kernels *kernels, const float *a, const float *panel, float *c,
                        int columns, const apus_conv2d_epilogue *epilogue, int64_t n_first, int64_t n_end, int64_t h_first,
                        int64_t h_end) {
  const int64_t tap_floats = g->channels * g->panel_width;
  const int adjacent_taps = g->w.dilation * g->a_w == g->channels;
  for (apus_conv_run h = {.end = h_first}; h.end < h_end;) {
    h = apus_conv_axis_run(&g->h, h.end, h_end);
    h.tap_first = apus_max(h.tap_first, g->band_first);
    h.tap_end = apus_max(apus_min(h.tap_end, g->band_end), h.tap_first);
    if (g->band_first > 0 && h.tap_first == h.tap_end && !epilogue)
      continue;
    for (apus_conv_run w = {.end = 0}; w.end < g->w.outputs;) {
      w = apus_conv_axis_run(&g->w, w.end, g->w.outputs);
      const int64_t taps_h = h.tap_end - h.tap_first, taps_w = w.tap_end - w.tap_first;
      const int64_t place = n_first * g->c_n + h.first * g->c_h + w.first * g->c_w;
      apus_tile_product p = {
          .b = panel + (h.tap_first * g->w.taps + w.tap_first) * tap_floats,
          .c = c + place,
          .columns = columns,
          .resume = g->band_first > 0,
          .two_chains = g->two_chains,
          .a_far = g->a_far,
          .c_far = g->c_far,
          .b_padded = 1,
          .stream = g->stream,
          .outer = taps_w > 0 ? taps_h : 0,
          .inner = adjacent_taps ? 1 : taps_w,
          .length = adjacent_taps ? taps_w * g->channels : g->channels,
          .a_outer = g->h.dilation * g->a_h,
          .a_inner = g->w.dilation * g->a_w,
          .a_k = 1,
          .b_outer = g->w.taps * tap_floats,
          .b_inner = tap_floats,
          .b_k = g->panel_width,
      };
      /* A window without any tap inside the image reads nothing: its place must not be formed. */
      p.a = p.outer == 0 ? a
                         : a + n_first * g->a_n + (g->h.origin + h.first * g->h.step + h.tap_first * g->h.dilation) * g->a_h +
                               (g->w.origin + w.first * g->w.step + w.tap_first * g->w.dilation) * g->a_w;
      direction d[3] = {{w.end - w.first, g->w.step * g->a_w, g->c_w},
                        {h.end - h.first, g->h.step * g->a_h, g->c_h},
                        {n_end - n_first, g->a_n, g->c_n}};
      if (p.outer == 0)
        d[0].a = d[1].a = d[2].a = 0;
      apus_conv2d_epilogue here;
      if (epilogue) {
        here = *epilogue;
        if (here.residual)
          here.residual += place;
      }
      run_box(kernels, &p, d, epilogue ? &here : 0);
    }
  }
}
