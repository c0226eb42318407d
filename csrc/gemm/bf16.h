#ifndef APUS_GEMM_BF16_H
#define APUS_GEMM_BF16_H

/* Products of bfloat16 with float32 sums (APUS_PRECISION_BF16 in apus/types.h).
 *
 * Two adjacent steps of K, rounded to bfloat16, share the 32 bits of one float, the first in the lower half; an odd last step has
 * a zero beside it. So packed, a matrix [rows][k] is one of [rows][ceil(k / 2)] floats, and the micro-kernel of gemm/tile.h runs
 * over it as it is: its multiply-add is vdpbf16ps, which adds both products of a pair to a float32. */

#include "gemm/tile.h"

typedef struct apus_bf16_kernels {
  apus_tile_kernels tile; /* over pairs */
  /* to [rows][ceil(k / 2)] pairs from a [rows][≥ k], rows `stride` and `to_stride` apart: pairs along a row. */
  void (*round_rows)(const float *a, int64_t stride, int64_t rows, int64_t k, float *to, int64_t to_stride);
  /* panel [ceil(k / 2)][width] pairs from b [k][≥ columns], rows `stride` apart: pairs of rows, columns filled up with zeros. */
  void (*round_panel)(const float *b, int64_t stride, int64_t k, int64_t columns, int64_t width, float *panel);
} apus_bf16_kernels;

#if defined(__x86_64__)
extern const apus_bf16_kernels apus_bf16_avx512;
#endif

/* NULL where the tier or the CPU has none; `reason` then says why, a constant text. */
const apus_bf16_kernels *apus_bf16_for(apus_isa isa, const char **reason);

static inline int64_t apus_bf16_pairs(int64_t k) { return (k + 1) / 2; }

/* panel [ceil(k / 2)][width] pairs from the transposed b [columns][≥ k]. */
void apus_bf16_panel_transposed(const apus_bf16_kernels *kernels, const float *b, int64_t stride, int64_t k, int64_t columns,
                                int64_t width, float *panel);

#endif
