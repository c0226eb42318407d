/* What the schedules of Winograd convolution have in common: a panel's weights, products and outputs. */

#include <assert.h>

#include "activation/kernels.h"
#include "conv/winograd/winograd.h"
#include "gemm/pack.h"
#include "runtime/integers.h"

#define MOST_ADDED 32 /* tiles in one chain of a weight gradient's sums */

static int64_t panel_columns(const apus_winograd_view *v, int64_t panel) {
  return apus_min(v->width, v->output.channels - panel * v->width);
}

/* What planes hold after the last channel is zeros. */
static int whole_vectors(const apus_winograd_view *v, int64_t columns) {
  const int64_t lanes = v->kernels->lanes;
  return (int)((columns + lanes - 1) / lanes * lanes);
}

enum { TURNED_ROWS = 16, TURNED_ROWS_OF_5X5 = 8, MOST_WIDTH = 32 };

void apus_winograd_filters(const apus_conv2d_plan *plan, const apus_winograd_view *v, const float *w, int64_t panel,
                           int64_t first, int64_t end, apus_winograd_planes u) {
  const int64_t ci = plan->shape.in_channels, co = plan->shape.out_channels, tap = ci * co;
  const int64_t column = panel * v->width, columns = panel_columns(v, panel);
  if (plan->pass == APUS_CONV2D_FORWARD) {
    v->kernels->weights(w + first * co + column, tap, co, end - first, columns, u);
    return;
  }
  /* The rows are channels of y here, which are adjacent in w: transposed a few at a time, in the first-level cache. */
  float turned[25 * TURNED_ROWS_OF_5X5 * MOST_WIDTH];
  assert(v->width <= MOST_WIDTH);
  const int64_t taps = v->kernels->taps * v->kernels->taps, most = taps == 9 ? TURNED_ROWS : TURNED_ROWS_OF_5X5;
  for (int64_t k = first; k < end; k += most, u.data += most * u.row) {
    const int64_t rows = apus_min(most, end - k);
    for (int64_t t = 0; t < taps; t++)
      apus_pack_panel_transposed(w + (taps - 1 - t) * tap + column * co + k, co, rows, columns, v->width,
                                 turned + t * most * MOST_WIDTH);
    v->kernels->weights(turned, most * MOST_WIDTH, v->width, rows, columns, u);
  }
}

void apus_winograd_product(const apus_winograd_view *view, int plane, apus_winograd_planes v, apus_winograd_planes u,
                           apus_winograd_planes m, int64_t tiles, int64_t length, int64_t panel, int resume) {
  const apus_tile_product product = {
      .a = v.data + plane * v.plane,
      .b = u.data + plane * u.plane,
      .c = m.data + plane * m.plane,
      .rows = tiles,
      .columns = whole_vectors(view, panel_columns(view, panel)),
      .resume = resume,
      .b_padded = 1,
      .outer = 1,
      .inner = 1,
      .length = length,
      .a_k = 1,
      .a_row = v.row,
      .b_k = u.row,
      .c_row = m.row,
  };
  view->tile->product(&product);
}

void apus_winograd_weights_product(const apus_winograd_view *view, int plane, apus_winograd_planes v, apus_winograd_planes d,
                                   apus_winograd_planes sums, int64_t tiles, int64_t rows, int64_t columns, int resume) {
  apus_tile_product product = {
      .a = v.data + plane * v.plane,
      .b = d.data + plane * d.plane,
      .c = sums.data + plane * sums.plane,
      .rows = rows,
      .columns = whole_vectors(view, columns),
      .add = resume,
      .b_padded = 1,
      .outer = 1,
      .inner = 1,
      .a_k = v.row,
      .a_row = 1,
      .b_k = d.row,
      .c_row = sums.row,
  };
  for (int64_t t = 0; t < tiles; t += product.length) {
    product.length = apus_min(MOST_ADDED, tiles - t);
    view->tile->product(&product);
    product.a += product.length * v.row;
    product.b += product.length * d.row;
    product.add = 1;
  }
}

/* Over the pixels of the tiles, a row of tiles at a time: they are still in the caches. */
static void apply_function(const apus_winograd_view *v, int64_t first, int64_t end, int64_t columns,
                           const apus_activation_function *function, float *y) {
  const apus_winograd_image *image = &v->output;
  const int64_t outputs = v->kernels->outputs;
  for (int64_t t = first; t < end;) {
    const int64_t row = t / image->tiles_w, tw = t % image->tiles_w, tiles = apus_min(image->tiles_w - tw, end - t);
    const int64_t n = row / image->tiles_h, w = tw * outputs, pixels = apus_min(image->width, w + tiles * outputs) - w;
    for (int64_t h = row % image->tiles_h * outputs, i = 0; i < outputs && h + i < image->height; i++)
      apus_activation_rows(function, v->isa, pixels, columns, image->channels,
                           y + ((n * image->height + h + i) * image->width + w) * image->channels);
    t += tiles;
  }
}

void apus_winograd_finish(const apus_winograd_view *v, apus_winograd_planes m, int64_t first, int64_t end, int64_t panel,
                          const apus_conv2d_epilogue *epilogue, float *y) {
  const int64_t column = panel * v->width;
  apus_conv2d_epilogue e;
  if (epilogue) {
    e = *epilogue;
    e.bias = e.bias ? e.bias + column : NULL;
    e.mean = e.mean ? e.mean + column : NULL;
    e.scale = e.scale ? e.scale + column : NULL;
    e.shift = e.shift ? e.shift + column : NULL;
    e.residual = e.residual ? e.residual + column : NULL;
  }
  v->kernels->output(&v->output, m, first, end, panel_columns(v, panel), epilogue ? &e : NULL, y + column);
  if (epilogue && epilogue->function)
    apply_function(v, first, end, panel_columns(v, panel), epilogue->function, y + column);
}
