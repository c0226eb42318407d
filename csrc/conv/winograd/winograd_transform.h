#ifndef APUS_CONV_WINOGRAD_TRANSFORM_H
#define APUS_CONV_WINOGRAD_TRANSFORM_H

/* The transforms of Winograd convolution: one table a tier and a size of tile.
 *
 * A transformed tensor is [planes][rows][channels], planes = size², a plane an operand of a matrix product: V has a row for each
 * tile, U for each channel that is summed over. Rows and planes lie `row` and `plane` floats apart. Whole vectors are written:
 * after the last channel a row holds zeros up to a multiple of `lanes`. */

#include <stdint.h>

#include "apus/conv2d.h"

/* An NHWC tensor seen as tiles, numbered along the width, the height, the batch. Tile (i, j) of an image begins at pixel
 * (i·step − pad_top, j·step − pad_left); step is the number of outputs of a tile each way. What lies outside is zero. */
typedef struct apus_winograd_image {
  int64_t height, width, channels;
  int64_t taken; /* channels that are transformed, from the data's first on */
  int64_t tiles_h, tiles_w;
  int64_t pad_top, pad_left;
} apus_winograd_image;

typedef struct apus_winograd_planes {
  float *data;
  int64_t row, plane;
} apus_winograd_planes;

typedef struct apus_winograd_kernels {
  int outputs; /* of a tile each way: 4 or 2 */
  int taps;    /* of a filter each way: 3 or 5 */
  int size;    /* outputs + taps − 1 */
  int lanes;   /* of the tier's vectors */
  /* V = Bᵀ d B for the tiles first ..< end. `zeros`: size·channels zeros. */
  void (*input)(const apus_winograd_image *image, const float *x, const float *zeros, int64_t first, int64_t end,
                apus_winograd_planes v);
  /* U = G g Gᵀ for rows × columns filters: tap t of filter (k, j) is w[t·tap + k·w_row + j]. */
  void (*weights)(const float *w, int64_t tap, int64_t w_row, int64_t rows, int64_t columns, apus_winograd_planes u);
  /* y = epilogue(Aᵀ M A) for the tiles first ..< end and so many channels; y, and the epilogue's vectors and residual (which may
   * be NULL), at the first of them. */
  void (*output)(const apus_winograd_image *image, apus_winograd_planes m, int64_t first, int64_t end, int64_t channels,
                 const apus_conv2d_epilogue *epilogue, float *y);
  /* A dy Aᵀ: what backward weights multiplies V by. `zeros` as for input. */
  void (*gradient)(const apus_winograd_image *image, const float *dy, const float *zeros, int64_t first, int64_t end,
                   apus_winograd_planes m);
  /* dw = Gᵀ M G, or dw +=: the weights' layout as for `weights`. */
  void (*weights_gradient)(apus_winograd_planes m, int64_t rows, int64_t columns, int add, float *dw, int64_t tap, int64_t w_row);
} apus_winograd_kernels;

/* F(4×4, 3×3), F(2×2, 3×3), F(2×2, 5×5). */
enum { APUS_WINOGRAD_TILES_4_3, APUS_WINOGRAD_TILES_2_3, APUS_WINOGRAD_TILES_2_5, APUS_WINOGRAD_FORMS };
extern const apus_winograd_kernels apus_winograd_generic[APUS_WINOGRAD_FORMS];
#if defined(__x86_64__)
extern const apus_winograd_kernels apus_winograd_avx2[APUS_WINOGRAD_FORMS];
extern const apus_winograd_kernels apus_winograd_avx512[APUS_WINOGRAD_FORMS];
#elif defined(__aarch64__)
extern const apus_winograd_kernels apus_winograd_neon[APUS_WINOGRAD_FORMS];
#endif

#endif
