/* Prefetching between the products of Winograd convolution. */

#include "conv/winograd/winograd.h"
#include "runtime/integers.h"

#define LINE (64 / (int64_t)sizeof(float))

static void fetch_lines(const float *data, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i += LINE)
    __builtin_prefetch(data + i, 0, 2);
}

apus_winograd_ahead apus_winograd_ahead_of(const apus_winograd_view *v, const apus_winograd_image *image, const float *data,
                                           int64_t first, int64_t end, int64_t shares) {
  const int64_t outputs = v->kernels->outputs, rows = (end - first) * outputs;
  return (apus_winograd_ahead){.image = image,
                               .data = data,
                               .lead = image == &v->input ? v->kernels->taps - 1 : 0,
                               .row = first * outputs,
                               .end = end * outputs,
                               .each = (rows + shares - 1) / shares};
}

void apus_winograd_fetch(const apus_winograd_view *v, apus_winograd_ahead *a) {
  const int64_t outputs = v->kernels->outputs, last = apus_min(a->row + a->each, a->end);
  if (a->row >= last)
    return;
  const apus_winograd_image *image = a->image;
  const int64_t tile = a->row / outputs, channels = image->channels;
  int64_t i = a->row % outputs, tw = tile % image->tiles_w, th = tile / image->tiles_w;
  int64_t n = th / image->tiles_h;
  for (th %= image->tiles_h; a->row < last; a->row++) {
    const int64_t h = th * outputs + i - image->pad_top + a->lead, w = tw * outputs - image->pad_left + a->lead;
    const float *row = a->data + (n * image->height + h) * image->width * channels;
    const int64_t end = h < 0 || h >= image->height ? 0 : apus_min(w + outputs, image->width) * channels;
    fetch_lines(row, (w < 0 ? 0 : w) * channels, end);
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

void apus_winograd_fetch_filters(const apus_conv2d_plan *plan, const apus_winograd_view *v, const float *w, int64_t panel,
                                 int64_t first, int64_t end, int64_t share, int64_t shares) {
  const int64_t ci = plan->shape.in_channels, co = plan->shape.out_channels, column = panel * v->width;
  const int64_t columns = apus_min(v->width, v->output.channels - column);
  /* Runs of neighboring weights: of a panel's columns, or in backward data, which is transposed, of its rows. */
  const int turned = plan->pass == APUS_CONV2D_BACKWARD_DATA;
  const int64_t runs = turned ? columns : end - first, length = turned ? end - first : columns;
  const float *start = turned ? w + column * co + first : w + first * co + column;
  const int64_t all = v->kernels->taps * v->kernels->taps * runs;
  for (int64_t run = all * share / shares; run < all * (share + 1) / shares; run++)
    fetch_lines(start + run / runs * ci * co + run % runs * co, 0, length);
}
