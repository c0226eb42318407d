#ifndef APUS_CONV_GRID_H
#define APUS_CONV_GRID_H

/* A convolution as products of the micro-kernel, without a copy of its input.
 *
 * In NHWC the rows of A (the windows) lie at constant distances along each axis of the output, and overlap; where taps are
 * adjacent in memory a kernel row is one run of taps · channels. Padding is skipped exactly: outputs whose windows are cut in
 * the same way form boxes, and each box is done as strips along the axis that fills the register tiles best (along the height
 * for the left and right edges, along the batch for corners). */

#include <stdint.h>

#include "gemm/tile.h"

/* Output i sees the input at origin + i·step + t·dilation for 0 <= t < taps, where that is in 0 ..< extent. */
typedef struct apus_conv_axis {
  int64_t outputs, taps, extent, origin, step, dilation;
} apus_conv_axis;

/* The outputs first ..< end see the taps tap_first ..< tap_end, and first - 1 and end see others. */
typedef struct apus_conv_run {
  int64_t first, end, tap_first, tap_end;
} apus_conv_run;

/* The run that begins at `first`, cut at `end`. */
apus_conv_run apus_conv_axis_run(const apus_conv_axis *axis, int64_t first, int64_t end);
/* The outputs that see a tap: first ..< end, possibly none. */
apus_conv_run apus_conv_axis_tap(const apus_conv_axis *axis, int64_t tap);

typedef struct apus_conv_grid {
  apus_conv_axis h, w;
  int64_t band_first, band_end; /* kernel rows to add: C holds the sums of those before */
  int64_t channels;             /* that a tap reads */
  int64_t panel_width;
  int a_far, c_far, two_chains, stream; /* as of the micro-kernel's product */
  int64_t a_n, a_h, a_w;                /* floats between images, rows and pixels of the input */
  int64_t c_n, c_h, c_w;                /* floats between outputs along batch, height and width */
} apus_conv_grid;

/* The images n_first ..< n_end and the output rows h_first ..< h_end of the grid times one packed panel [taps_h][taps_w]
 * [channels][panel width]. a: the input at this group's first channel; c: the output at the panel's first column. The
 * epilogue (or NULL) has its vectors there too, and its residual at c's place. */
void apus_conv_grid_run(const apus_conv_grid *grid, const apus_tile_kernels *kernels, const float *a, const float *panel,
                        float *c, int columns, const apus_conv2d_epilogue *epilogue, int64_t n_first, int64_t n_end,
                        int64_t h_first, int64_t h_end);

#endif
