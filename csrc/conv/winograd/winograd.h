#ifndef APUS_CONV_WINOGRAD_H
#define APUS_CONV_WINOGRAD_H

/* Winograd convolution: the pieces of conv/winograd/winograd.c that are files of their own. */

#include "conv/conv_list.h"
#include "conv/winograd/winograd_transform.h"
#include "gemm/tile.h"

/* A pass as products of planes. Forward: input x, output y. Backward data: input dy, output dx, over the kernel turned round.
 * Backward weights: input x, output dy. */
typedef struct apus_winograd_view {
  const apus_winograd_kernels *kernels;
  const apus_tile_kernels *tile;
  apus_isa isa;
  apus_winograd_image input, output;
  int planes;
  int64_t tiles;         /* of the whole batch */
  int64_t width, panels; /* of the output's channels */
} apus_winograd_view;

apus_winograd_view apus_winograd_view_of(const apus_conv2d_plan *plan);

/* Where the plan keeps what it decided. */
enum {
  APUS_WINOGRAD_OUTPUTS,  /* of a tile each way: 4 or 2 */
  APUS_WINOGRAD_SCHEDULE, /* apus_winograd_schedule */
  APUS_WINOGRAD_TILES,    /* of a block or group */
  APUS_WINOGRAD_CHANNELS, /* of the input's, in a block */
  APUS_WINOGRAD_PARTS     /* fused backward weights: chunks; by panels: pieces of a group */
};
typedef enum apus_winograd_schedule { APUS_WINOGRAD_FUSED, APUS_WINOGRAD_BY_PANEL } apus_winograd_schedule;

/* The floats of `planes` planes of so many rows and channels, and their distances. Planes lie an odd number of cache lines apart,
 * so that the lines of one place in all planes fall into different sets of the caches. */
apus_winograd_planes apus_winograd_layout(int64_t rows, int64_t channels);

/* U of the rows (input channels) first ..< end of one panel: forward as the weights lie, backward data turned round. */
void apus_winograd_filters(const apus_conv2d_plan *plan, const apus_winograd_view *view, const float *w, int64_t panel,
                           int64_t first, int64_t end, apus_winograd_planes u);
/* M = V·U in one plane for so many tiles, `length` input channels and one panel; on from what M holds where `resume`. */
void apus_winograd_product(const apus_winograd_view *view, int plane, apus_winograd_planes v, apus_winograd_planes u,
                           apus_winograd_planes m, int64_t tiles, int64_t length, int64_t panel, int resume);
/* sums = Vᵀ·D in one plane over so many tiles, D the transformed dy; sums += where `resume`. At most a panel of columns. */
void apus_winograd_weights_product(const apus_winograd_view *view, int plane, apus_winograd_planes v, apus_winograd_planes d,
                                   apus_winograd_planes sums, int64_t tiles, int64_t rows, int64_t columns, int resume);
/* M's tiles to one panel of the output. */
void apus_winograd_finish(const apus_winograd_view *view, apus_winograd_planes m, int64_t first, int64_t end, int64_t panel,
                          const apus_conv2d_epilogue *epilogue, float *y);

/* Pixels that are needed soon, fetched into the second-level cache between products, a row of a tile at a time: the processor's
 * own prefetching does not see that a block of tiles is one region. */
typedef struct apus_winograd_ahead {
  const apus_winograd_image *image;
  const float *data;
  int64_t lead;           /* pixels before a tile's first output that are fetched with the tile before, each way */
  int64_t row, end, each; /* tiles · outputs: what is left, and how many at a time */
} apus_winograd_ahead;

/* The pixels of an input or output that the tiles first ..< end are the first to touch, in so many shares. */
apus_winograd_ahead apus_winograd_ahead_of(const apus_winograd_view *view, const apus_winograd_image *image, const float *data,
                                           int64_t first, int64_t end, int64_t shares);
/* The next share. */
void apus_winograd_fetch(const apus_winograd_view *view, apus_winograd_ahead *ahead);
/* One of `shares` equal parts of the weights of a panel and some rows: those that apus_winograd_filters reads, or of dw. */
void apus_winograd_fetch_filters(const apus_conv2d_plan *plan, const apus_winograd_view *view, const float *w, int64_t panel,
                                 int64_t first, int64_t end, int64_t share, int64_t shares);

/* Forward and backward data: winograd_fused.c and winograd_panels.c. */
void apus_winograd_plan_fused(apus_conv2d_plan *plan);
void apus_winograd_run_fused(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                             float *y, float *scratch);
void apus_winograd_plan_panels(apus_conv2d_plan *plan);
void apus_winograd_run_panels(const apus_conv2d_plan *plan, const float *x, const float *w, const apus_conv2d_epilogue *epilogue,
                              float *y, float *scratch);

/* Backward weights of at least one tile: winograd_weights_fused.c and winograd_weights_panels.c. */
void apus_winograd_plan_weights_fused(apus_conv2d_plan *plan);
void apus_winograd_run_weights_fused(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, float *scratch);
void apus_winograd_plan_weights_panels(apus_conv2d_plan *plan);
void apus_winograd_run_weights_panels(const apus_conv2d_plan *plan, const float *x, const float *dy, float *dw, float *scratch);

#endif
