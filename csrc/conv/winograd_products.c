/* What the schedules of Winograd convolution have in common: products of planes, and what surrounds them. */

#include <assert.h>

#include "conv/winograd.h"
#include "gemm/pack.h"

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t panel_columns(const apus_winograd_view *v, int64_t panel) {
  return min64(v->width, v->output.channels - panel * v->width);
}

enum { TURNED_ROWS = 16, MOST_WIDTH = 32 };

void apus_winograd_filters(const apus_conv2d_plan *plan, const apus_winograd_view *v, const float *w, int64_t panel,
                           int64_t first, int64_t end, apus_winograd_planes u) {
  const int64_t ci = plan->shape.in_channels, co = plan->shape.out_channels, tap = ci * co;
  const int64_t column = panel * v->width, columns = panel_columns(v, panel);
  if (plan->pass == APUS_CONV2D_FORWARD) {
    v->kernels->weights(w + first * co + column, tap, co, end - first, columns, u);
    return;
  }
  /* The rows are channels of y here, which are adjacent in w: transposed a few at a time, in the first-level cache. */
  float turned[9 * TURNED_ROWS * MOST_WIDTH];
  assert(v->width <= MOST_WIDTH);
  for (int64_t k = first; k < end; k += TURNED_ROWS, u.data += TURNED_ROWS * u.row) {
    const int64_t rows = min64(TURNED_ROWS, end - k);
    for (int t = 0; t < 9; t++)
      apus_pack_panel_transposed(w + (8 - t) * tap + column * co + k, co, rows, columns, v->width,
                                 turned + t * TURNED_ROWS * MOST_WIDTH);
    v->kernels->weights(turned, TURNED_ROWS * MOST_WIDTH, v->width, rows, columns, u);
  }
}

apus_winograd_ahead apus_winograd_ahead_of(const apus_winograd_view *v, const apus_winograd_image *image, const float *data,
                                           int64_t first, int64_t end, int64_t shares) {
  const int64_t outputs = v->kernels->outputs, rows = (end - first) * outputs;
  return (apus_winograd_ahead){.image = image,
                               .data = data,
                               .lead = image == &v->input ? 2 : 0,
                               .row = first * outputs,
                               .end = end * outputs,
                               .each = (rows + shares - 1) / shares};
}

void apus_winograd_fetch(const apus_winograd_view *v, apus_winograd_ahead *a) {
  const int64_t outputs = v->kernels->outputs, last = min64(a->row + a->each, a->end);
  if (a->row >= last)
    return;
  const apus_winograd_image *image = a->image;
  const int64_t tile = a->row / outputs, channels = image->channels;
  int64_t i = a->row % outputs, tw = tile % image->tiles_w, th = tile / image->tiles_w;
  int64_t n = th / image->tiles_h;
  for (th %= image->tiles_h; a->row < last; a->row++) {
    const int64_t h = th * outputs + i - image->pad_top + a->lead, w = tw * outputs - image->pad_left + a->lead;
    const float *row = a->data + (n * image->height + h) * image->width * channels;
    const int64_t end = h < 0 || h >= image->height ? 0 : min64(w + outputs, image->width) * channels;
    for (int64_t c = (w < 0 ? 0 : w) * channels; c < end; c += 64 / (int64_t)sizeof *row)
      __builtin_prefetch(row + c, 0, 2);
    if (++i < outputs)
      continue;
    i = 0;
    if (++tw < image->tiles_w)
      continue;
    tw = 0;
    if (++th == image->tiles_h) {
      th = 0;
      n++;
    }
  }
}

void apus_winograd_products(const apus_winograd_view *v, apus_winograd_planes a, apus_winograd_planes u, apus_winograd_planes m,
                            int64_t tiles, int64_t length, int64_t panel, int resume, apus_winograd_ahead ahead[2]) {
  const int64_t lanes = v->kernels->lanes;
  apus_tile_product product = {
      .a = a.data,
      .b = u.data,
      .c = m.data,
      .rows = tiles,
      .columns = (int)((panel_columns(v, panel) + lanes - 1) / lanes * lanes),
      .resume = resume,
      .b_padded = 1,
      .outer = 1,
      .inner = 1,
      .length = length,
      .a_k = 1,
      .a_row = a.row,
      .b_k = u.row,
      .c_row = m.row,
  };
  for (int p = 0; p < v->planes; p++) {
    v->tile->product(&product);
    product.a += a.plane;
    product.b += u.plane;
    product.c += m.plane;
    for (int i = 0; ahead && i < 2; i++)
      apus_winograd_fetch(v, &ahead[i]);
  }
}

void apus_winograd_weights_products(const apus_winograd_view *view, apus_winograd_planes v, apus_winograd_planes d,
                                    apus_winograd_planes sums, int64_t tiles, int64_t rows, int64_t columns, int resume,
                                    apus_winograd_ahead ahead[2]) {
  const int64_t lanes = view->kernels->lanes;
  for (int p = 0; p < view->planes; p++)
    for (int64_t column = 0; column < columns; column += view->width) {
      const int64_t count = min64(view->width, columns - column);
      const apus_tile_product product = {
          .a = v.data + p * v.plane,
          .b = d.data + p * d.plane + column,
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
          .b_k = d.row,
          .c_row = sums.row,
      };
      view->tile->product(&product);
      for (int i = 0; ahead && i < 2; i++)
        apus_winograd_fetch(view, &ahead[i]);
    }
}

void apus_winograd_finish(const apus_winograd_view *v, apus_winograd_planes m, int64_t first, int64_t end, int64_t panel,
                          const apus_conv2d_epilogue *epilogue, float *y) {
  const int64_t column = panel * v->width;
  apus_conv2d_epilogue e;
  if (epilogue) {
    e = *epilogue;
    e.bias = e.bias ? e.bias + column : NULL;
    e.scale = e.scale ? e.scale + column : NULL;
    e.shift = e.shift ? e.shift + column : NULL;
    e.residual = e.residual ? e.residual + column : NULL;
  }
  v->kernels->output(&v->output, m, first, end, panel_columns(v, panel), epilogue ? &e : NULL, y + column);
}
