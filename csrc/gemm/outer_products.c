/* A short K and a large C (a linear layer's backward weights at a small batch): the time is that of writing C, once.
 *
 * A tile of rows of A times all panels of a packed B, so that C is written along a few rows at a time; past the caches where it
 * is larger than they are and its rows allow it. */

#include "gemm/pack.h"
#include "gemm/packed.h"
#include "runtime/parallel.h"

#define SHORT_K 64
#define LARGE_C (1 << 20) /* floats: more than a second-level cache holds */
#define STREAMED_C (1 << 23)
#define PACKED_FLOATS 131072 /* half a second-level cache of 1 MB */

enum { DETAIL_GROUP = 1 };

static int64_t packed_floats(const apus_gemm_plan *plan, int64_t width) {
  return plan->detail[DETAIL_GROUP] * width * plan->shape.k;
}

static int64_t scratch_floats(const apus_gemm_plan *plan) {
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  return packed_floats(plan, kernels->columns) + kernels->rows * plan->shape.k;
}

static int take(apus_gemm_plan *plan, const char **reason) {
  const apus_gemm *s = &plan->shape;
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  if (s->k < 1 || s->k > SHORT_K || s->n < 1 || s->m < LARGE_C / s->n)
    return 0;
  plan->detail[DETAIL_GROUP] = apus_min(apus_ceil_div(s->n, kernels->columns), PACKED_FLOATS / (s->k * kernels->columns));
  plan->scratch_bytes = (size_t)(plan->threads * scratch_floats(plan)) * sizeof(float);
  *reason = "short k: C is written along a few rows at a time";
  return 1;
}

static void multiply_tiles(void *context, int64_t begin, int64_t end, int slot) {
  const apus_gemm_job *j = context;
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->kernels->columns, tile = j->kernels->rows, group = j->plan->detail[DETAIL_GROUP] * width;
  float *packed = j->scratch + slot * scratch_floats(j->plan), *rows = packed + packed_floats(j->plan, width);
  const int stream = s->m >= STREAMED_C / s->n && !s->accumulate && !j->bias && j->activation == APUS_ACTIVATION_NONE &&
                     s->ldc % 16 == 0 && (uintptr_t)j->c % 64 == 0;
  for (int64_t first = 0; first < s->n; first += group) {
    const int64_t last = apus_min(first + group, s->n);
    for (int64_t column = first; column < last; column += width) {
      float *to = packed + (column - first) * s->k;
      const int64_t columns = apus_min(width, s->n - column);
      if (s->transpose_b)
        apus_pack_panel_transposed(j->b + column * s->ldb, s->ldb, s->k, columns, width, to);
      else
        apus_pack_panel(j->b + column, s->ldb, s->k, columns, width, to);
    }
    for (int64_t item = begin; item < end; item++) {
      const int64_t row = item * tile;
      apus_tile_product p = {.a = rows,
                             .rows = apus_min(tile, s->m - row),
                             .b_padded = 1,
                             .outer = 1,
                             .inner = 1,
                             .length = s->k,
                             .a_row = 1,
                             .a_k = tile,
                             .b_k = width,
                             .c_row = s->ldc};
      if (s->transpose_a)
        apus_pack_tiles(j->a + row, s->lda, s->k, p.rows, tile, rows);
      else
        apus_pack_panel_transposed(j->a + row * s->lda, s->lda, s->k, p.rows, tile, rows);
      for (int64_t column = first; column < last; column += width) {
        p.b = packed + (column - first) * s->k;
        p.c = j->c + row * s->ldc + column;
        p.stream = stream && s->n - column >= width;
        apus_gemm_multiply(j, &p, column, 0);
      }
    }
  }
  /* Another thread may read C next: streamed stores are ordered by nothing else. */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void run(const apus_gemm_job *j) {
  const apus_gemm *s = &j->plan->shape;
  const double macs = (double)j->kernels->rows * (double)s->k * (double)s->n;
  apus_parallel_for_limited(apus_ceil_div(s->m, j->kernels->rows), apus_gemm_grain(macs), j->plan->threads, multiply_tiles,
                            (void *)j);
}

const apus_gemm_scheme apus_gemm_outer_products = {take, run};
