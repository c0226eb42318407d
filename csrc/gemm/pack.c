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

void apus_transpose(const float *from, int64_t from_stride, int64_t rows, int64_t columns, float *to, int64_t to_stride) {
  enum { STEP = 16 }; /* so many rows of the result stay in the first-level cache while all their columns are written */
  /* Each row gives a line a step, so that the processor sees more streams than it follows: they are asked for two steps before.
   */
  enum { AHEAD = 2 * STEP };
  for (int64_t i = 0; i < columns; i += STEP) {
    const int64_t count = columns - i < STEP ? columns - i : STEP;
    int64_t j = 0;
    for (; j + 4 <= rows; j += 4) {
      for (int64_t r = j; r < j + 4 && i + AHEAD < columns; r++)
        __builtin_prefetch(from + r * from_stride + i + AHEAD);
      int64_t c = i;
      for (; c + 4 <= i + count; c += 4)
        transpose_quad(from + j * from_stride + c, from_stride, to + c * to_stride + j, to_stride);
      for (; c < i + count; c++)
        for (int64_t r = j; r < j + 4; r++)
          to[c * to_stride + r] = from[r * from_stride + c];
    }
    for (; j < rows; j++)
      for (int64_t c = i; c < i + count; c++)
        to[c * to_stride + j] = from[j * from_stride + c];
  }
}

void apus_pack_panel_transposed(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel) {
  apus_transpose(b, stride, columns, k, panel, width);
  for (int64_t i = 0; columns < width && i < k; i++)
    memset(panel + i * width + columns, 0, (size_t)(width - columns) * sizeof *panel);
}

void apus_pack_rows(const float *a, int64_t stride, int64_t rows, int64_t k, float *to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; r++)
    memcpy(to + r * to_stride, a + r * stride, (size_t)k * sizeof *to);
}

/* `height` is constant where it is inlined: a call of memcpy for each row of a tile would cost more than the copy. */
static inline void pack_whole_tiles(const float *a, int64_t stride, int64_t k, int64_t count, const int64_t height,
                                    float *tiles) {
  for (int64_t i = 0; i < k; i++)
    for (int64_t t = 0; t < count; t++)
      memcpy(tiles + (t * k + i) * height, a + i * stride + t * height, (size_t)height * sizeof *tiles);
}

void apus_pack_tiles(const float *a, int64_t stride, int64_t k, int64_t rows, int64_t height, float *tiles) {
  const int64_t whole = rows / height, rest = rows - whole * height;
  if (height == 14)
    pack_whole_tiles(a, stride, k, whole, 14, tiles);
  else if (height == 8)
    pack_whole_tiles(a, stride, k, whole, 8, tiles);
  else if (height == 6)
    pack_whole_tiles(a, stride, k, whole, 6, tiles);
  else if (height == 4)
    pack_whole_tiles(a, stride, k, whole, 4, tiles);
  else
    pack_whole_tiles(a, stride, k, whole, height, tiles);
  for (int64_t i = 0; i < k && rest > 0; i++)
    memcpy(tiles + (whole * k + i) * height, a + i * stride + whole * height, (size_t)rest * sizeof *tiles);
}
