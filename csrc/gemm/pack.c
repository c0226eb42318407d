#include "gemm/pack.h"

#include <string.h>

void apus_pack_panel(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel) {
  for (int64_t i = 0; i < k; i++, b += stride, panel += width) {
    memcpy(panel, b, (size_t)columns * sizeof *panel);
    if (columns < width)
      memset(panel + columns, 0, (size_t)(width - columns) * sizeof *panel);
  }
}

void apus_pack_panel_transposed(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel) {
  enum { STEP = 16 }; /* so many rows of the panel stay in the first-level cache while all columns are written */
  for (int64_t i = 0; i < k; i += STEP) {
    int64_t count = k - i < STEP ? k - i : STEP;
    for (int64_t j = 0; j < columns; j++)
      for (int64_t r = 0; r < count; r++)
        panel[(i + r) * width + j] = b[j * stride + i + r];
    for (int64_t r = 0; columns < width && r < count; r++)
      memset(panel + (i + r) * width + columns, 0, (size_t)(width - columns) * sizeof *panel);
  }
}

void apus_pack_rows(const float *a, int64_t stride, int64_t rows, int64_t k, float *to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; r++)
    memcpy(to + r * to_stride, a + r * stride, (size_t)k * sizeof *to);
}

void apus_pack_tiles(const float *a, int64_t stride, int64_t k, int64_t rows, int64_t height, float *tiles) {
  for (int64_t row = 0; row < rows; row += height, tiles += k * height) {
    size_t bytes = (size_t)(rows - row < height ? rows - row : height) * sizeof *tiles;
    for (int64_t i = 0; i < k; i++)
      memcpy(tiles + i * height, a + i * stride + row, bytes);
  }
}
