#if defined(__x86_64__)
#include "runtime/simd/simd_avx512.h"

#include "gemm/bf16.h"

#undef SIMD_TARGET
#define SIMD_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma")))

SIMD_TARGET static inline __attribute__((always_inline)) vf multiply_add_pairs(vf a, vf b, vf sum) {
  return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

#define TILE_ROWS 14
#define TILE_VECTORS 2
#define TILE_PAIRS 0
#define TILE_PACKED
#define TILE_MULTIPLY_ADD multiply_add_pairs
#include "gemm/tile.c.inc"

/* The bits of v rounded to bfloat16, nearest even, in the upper halves; a NaN stays one, quiet. */
SIMD_INLINE vi rounded(vf v) {
  const vi bits = vf_as_vi(v);
  const vi up = vi_add(vi_set1(0x7fff), vi_and(vi_shr(bits, 16), vi_set1(1)));
  return vi_blend(vf_unordered(v, v), vi_or(bits, vi_set1(0x400000)), vi_add(bits, up));
}

SIMD_TARGET static void round_rows(const float *a, int64_t stride, int64_t rows, int64_t k, float *to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; r++, a += stride, to += to_stride) {
    char *out = (char *)to;
    int64_t i = 0;
    for (; i + SIMD_LANES <= k; i += SIMD_LANES)
      _mm256_storeu_si256((__m256i *)(out + 2 * i), _mm512_cvtepi32_epi16(vi_shr(rounded(vf_load(a + i)), 16)));
    if (i < k) /* lanes beyond k are zeros, of which an odd k stores one */
      _mm256_mask_storeu_epi16(out + 2 * i, simd_first((int)(k - i + (k & 1))),
                               _mm512_cvtepi32_epi16(vi_shr(rounded(vf_load_partial(a + i, (int)(k - i))), 16)));
  }
}

/* Rows of b are often too far apart for the processor to guess the next. */
#define ROWS_AHEAD 24

SIMD_TARGET static void round_panel(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel) {
  for (int64_t i = 0; i < k; i += 2, b += 2 * stride, panel += width)
    for (int64_t j = 0; j < width; j += SIMD_LANES) {
      const int n = columns - j < 0 ? 0 : columns - j < SIMD_LANES ? (int)(columns - j) : SIMD_LANES;
      const vi first = vi_shr(rounded(vf_load_partial(b + j, n)), 16);
      const vi second = i + 1 < k ? rounded(vf_load_partial(b + stride + j, n)) : vi_set1(0);
      if (i + ROWS_AHEAD + 1 < k) {
        __builtin_prefetch(b + ROWS_AHEAD * stride + j);
        __builtin_prefetch(b + (ROWS_AHEAD + 1) * stride + j);
      }
      vf_store(panel + j, vi_as_vf(vi_or(first, vi_and(second, vi_set1((int32_t)0xffff0000u)))));
    }
}

const apus_bf16_kernels apus_bf16_avx512 = {.tile = {.rows = TILE_ROWS,
                                                     .columns = TILE_COLUMNS,
                                                     .narrow = TILE_NARROW,
                                                     .has_masks = 1,
                                                     .product = product,
                                                     .row = row,
                                                     .finish = finish},
                                            .round_rows = round_rows,
                                            .round_panel = round_panel};
#endif
