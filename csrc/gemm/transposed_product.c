/* Few rows of A and a transposed B (a linear layer's backward data at a small batch): Cᵀ = Bᵀ·op(A)ᵀ.
 *
 * Packing B would cost more than the product. Turned round, B's rows are the micro-kernel's rows, each read where it lies from
 * end to end; what is packed is op(A)ᵀ, a panel or two. The sums gather in scratch, transposed, and are turned back. */

#include "gemm/pack.h"
#include "gemm/packed.h"
#include "runtime/parallel.h"

#define MOST_PANELS 2        /* of op(A)ᵀ */
#define LARGE_B (1 << 18)    /* floats: below that, packing B for each call is faster */
#define PACKED_FLOATS 131072 /* half a second-level cache of 1 MB */
#define BLOCK_ROWS 168       /* of B; a multiple of every tier's tile */

enum { DETAIL_WIDTH = 1, DETAIL_BAND };

static int64_t panels(const apus_gemm_plan *plan) { return apus_ceil_div(plan->shape.m, plan->detail[DETAIL_WIDTH]); }

/* Panels of op(A)ᵀ for a band; a block of sums. */
static int64_t packed_floats(const apus_gemm_plan *plan) {
  return panels(plan) * plan->detail[DETAIL_WIDTH] * plan->detail[DETAIL_BAND];
}
static int64_t scratch_floats(const apus_gemm_plan *plan) {
  return packed_floats(plan) + BLOCK_ROWS * panels(plan) * plan->detail[DETAIL_WIDTH];
}

static int take(apus_gemm_plan *plan, const char **reason) {
  const apus_gemm *s = &plan->shape;
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  if (!s->transpose_b || s->m < 1 || s->m > MOST_PANELS * kernels->columns || s->k < 1 || s->k < LARGE_B / (s->n + 1))
    return 0;
  plan->detail[DETAIL_WIDTH] = apus_tile_panel_width(kernels, s->m);
  plan->detail[DETAIL_BAND] = apus_min(s->k, PACKED_FLOATS / (panels(plan) * plan->detail[DETAIL_WIDTH]));
  plan->scratch_bytes = (size_t)(plan->threads * scratch_floats(plan)) * sizeof(float);
  *reason = "few rows and B transposed: B's rows are those of the product turned round";
  return 1;
}

static void pack_panels(const apus_gemm_job *j, int64_t k, int64_t length, float *packed) {
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->plan->detail[DETAIL_WIDTH];
  for (int64_t column = 0; column < s->m; column += width) {
    const int64_t columns = apus_min(width, s->m - column);
    if (s->transpose_a)
      apus_pack_panel(j->a + k * s->lda + column, s->lda, length, columns, width, packed + column * length);
    else
      apus_pack_panel_transposed(j->a + column * s->lda + k, s->lda, length, columns, width, packed + column * length);
  }
}

/* Columns of C, which are rows of B, from `first` on. With one band of K its panels have been packed before. */
static void multiply_block(const apus_gemm_job *j, int64_t first, int64_t rows, float *packed, float *sums) {
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->plan->detail[DETAIL_WIDTH], band = j->plan->detail[DETAIL_BAND], tile = j->kernels->rows;
  const int64_t sums_row = panels(j->plan) * width;
  if (s->accumulate)
    apus_transpose(j->c + first, s->ldc, s->m, rows, sums, sums_row);
  for (int64_t k = 0; k < s->k; k += band) {
    const int64_t length = apus_min(band, s->k - k);
    if (s->k > band)
      pack_panels(j, k, length, packed);
    for (int64_t row = 0; row < rows; row += tile) {
      apus_tile_product p = {.a = j->b + (first + row) * s->ldb + k,
                             .rows = apus_min(tile, rows - row),
                             .resume = k > 0 || s->accumulate,
                             .a_far = 1,
                             .b_padded = 1,
                             .outer = 1,
                             .inner = 1,
                             .length = length,
                             .a_k = 1,
                             .a_row = s->ldb,
                             .b_k = width,
                             .c_row = sums_row};
      for (int64_t column = 0; column < s->m; column += width) {
        p.b = packed + column * length;
        p.c = sums + row * sums_row + column;
        p.columns = (int)apus_min(width, s->m - column);
        j->kernels->product(&p);
      }
    }
  }
  float *c = j->c + first;
  apus_transpose(sums, sums_row, rows, s->m, c, s->ldc);
  if (j->bias || j->activation != APUS_ACTIVATION_NONE) {
    const apus_conv2d_epilogue e = {.bias = j->bias ? j->bias + first : NULL, .activation = j->activation};
    j->kernels->finish(c, s->ldc, c, s->ldc, s->m, rows, &e);
  }
}

static void multiply_blocks(void *context, int64_t begin, int64_t end, int slot) {
  const apus_gemm_job *j = context;
  float *scratch = j->scratch + slot * scratch_floats(j->plan);
  if (j->plan->shape.k <= j->plan->detail[DETAIL_BAND])
    pack_panels(j, 0, j->plan->shape.k, scratch);
  for (int64_t block = begin; block < end; block++) {
    const int64_t first = block * BLOCK_ROWS;
    multiply_block(j, first, apus_min(BLOCK_ROWS, j->plan->shape.n - first), scratch, scratch + packed_floats(j->plan));
  }
}

static void run(const apus_gemm_job *j) {
  const apus_gemm *s = &j->plan->shape;
  const double macs = (double)s->m * (double)s->k * BLOCK_ROWS;
  apus_parallel_for_limited(apus_ceil_div(s->n, BLOCK_ROWS), apus_gemm_grain(macs), j->plan->threads, multiply_blocks, (void *)j);
}

const apus_gemm_scheme apus_gemm_transposed_product = {take, run};
