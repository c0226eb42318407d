#include "gemm/pack.h"

#include <string.h>

void apus_pack_panel(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel) {
  for (int64_t i = 0; i < k; i++, b += stride, panel += width) {
    memcpy(panel, b, (size_t)columns * sizeof *panel);
    if (columns < width)
      memset(panel + columns, 0, (size_t)(width - columns) * sizeof *panel);
  }
}

typedef float quad __attribute__((vector_size(16)));

static inline quad load_quad(const float *p) {
  quad v;
  memcpy(&v, p, sizeof v);
  return v;
}

/* Four rows of b become four columns of the panel. */
static inline void transpose_quad(const float *b, int64_t stride, float *to, int64_t width) {
  const quad r0 = load_quad(b), r1 = load_quad(b + stride), r2 = load_quad(b + 2 * stride), r3 = load_quad(b + 3 * stride);
  const quad low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
  const quad low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
  const quad columns[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5), __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                           __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                           __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int i = 0; i < 4; i++)
    memcpy(to + i * width, &columns[i], sizeof columns[i]);
}

void apus_pack_panel_transposed(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel) {
  enum { STEP = 16 }; /* so many rows of the panel stay in the first-level cache while all columns are written */
  for (int64_t i = 0; i < k; i += STEP) {
    const int64_t count = k - i < STEP ? k - i : STEP;
    int64_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      int64_t r = 0;
      for (; r + 4 <= count; r += 4)
        transpose_quad(b + j * stride + i + r, stride, panel + (i + r) * width + j, width);
      for (; r < count; r++)
        for (int64_t c = j; c < j + 4; c++)
          panel[(i + r) * width + c] = b[c * stride + i + r];
    }
    for (; j < columns; j++)
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
