/* Few rows of A (a linear layer at a small batch): the time is that of reading B, so B is read where it lies, once.
 *
 * A band of K so short that a row of the band is a page that stays mapped, and all panels of B in turn; while one is multiplied,
 * the next is asked for: its rows are too far apart for the processor to guess. A's rows are packed for each band, since those of
 * a linear layer are often a power of two apart. */

#include "gemm/pack.h"
#include "gemm/packed.h"
#include "runtime/parallel.h"

#define FEW_ROWS 128
#define BAND 64
#define LARGE_B (1 << 18) /* floats: below that, packing B for each call is faster */

enum { DETAIL_BAND = 1, DETAIL_HEIGHT };

static int64_t scratch_floats(const apus_gemm_plan *plan) {
  const int64_t height = plan->detail[DETAIL_HEIGHT];
  return apus_ceil_div(plan->shape.m, height) * height * BAND;
}

static int take(apus_gemm_plan *plan, const char **reason) {
  const apus_gemm *s = &plan->shape;
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  if (s->transpose_b || s->m > FEW_ROWS || s->m < 1 || s->k < 1 || s->k < LARGE_B / (s->n + 1))
    return 0;
  if (!kernels->has_masks && s->n % kernels->columns != 0)
    return 0;
  plan->detail[DETAIL_HEIGHT] = apus_ceil_div(s->m, apus_ceil_div(s->m, kernels->rows));
  plan->scratch_bytes = (size_t)(plan->threads * scratch_floats(plan)) * sizeof(float);
  *reason = "few rows: B is read once, where it lies";
  return 1;
}

/* A's rows for the steps k ..< k + length, in tiles [length][height]. */
static void pack_rows(const apus_gemm_job *j, int64_t k, int64_t length, float *to) {
  const apus_gemm *s = &j->plan->shape;
  const int64_t height = j->plan->detail[DETAIL_HEIGHT];
  if (s->transpose_a) {
    apus_pack_tiles(j->a + k * s->lda, s->lda, length, s->m, height, to);
    return;
  }
  for (int64_t row = 0; row < s->m; row += height)
    apus_pack_panel_transposed(j->a + row * s->lda + k, s->lda, length, apus_min(height, s->m - row), height, to + row * length);
}

#define ROW_COLUMNS 4096 /* of one row: 16 KB of C in the first-level cache */

/* A single row: the time is that of reading B alone, and long pieces of its rows are read fastest. */
static void multiply_row(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const apus_gemm_job *j = context;
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->kernels->columns, last = apus_min(end * width, s->n);
  for (int64_t column = begin * width; column < last; column += ROW_COLUMNS) {
    const int64_t columns = apus_min(ROW_COLUMNS, last - column);
    float *c = j->c + column;
    j->kernels->row(j->a, s->transpose_a ? s->lda : 1, j->b + column, s->ldb, s->k, columns, s->accumulate, c);
    if (j->bias || j->activation != APUS_ACTIVATION_NONE) {
      const apus_conv2d_epilogue e = {.bias = j->bias ? j->bias + column : NULL, .activation = j->activation};
      j->kernels->finish(c, s->ldc, c, s->ldc, 1, columns, &e);
    }
  }
}

static void multiply_panels(void *context, int64_t begin, int64_t end, int slot) {
  const apus_gemm_job *j = context;
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->kernels->columns, height = j->plan->detail[DETAIL_HEIGHT];
  float *rows = j->scratch + slot * scratch_floats(j->plan);
  for (int64_t k = 0; k < s->k; k += BAND) {
    const int64_t length = apus_min(BAND, s->k - k), turns = apus_tile_turns(length);
    pack_rows(j, k, length, rows);
    for (int64_t panel = begin; panel < end; panel++) {
      const float *b = j->b + k * s->ldb + panel * width;
      const int64_t next = panel + 1 < end ? width : BAND * s->ldb - (panel - begin) * width;
      apus_tile_product p = {
          .b = b, .outer = 1, .inner = 1, .length = length, .a_row = 1, .a_k = height, .b_k = s->ldb, .c_row = s->ldc};
      if (panel + 1 < end || k + BAND < s->k)
        p.ahead[0] = apus_gemm_ahead(b + next, s->ldb, length, width, turns);
      for (int64_t row = 0; row < s->m; row += height) {
        p.a = rows + row * length;
        p.c = j->c + row * s->ldc + panel * width;
        p.rows = apus_min(height, s->m - row);
        apus_gemm_multiply(j, &p, panel * width, k);
        p.ahead[0].pairs = 0;
      }
    }
  }
}

static void run(const apus_gemm_job *j) {
  const apus_gemm *s = &j->plan->shape;
  const double macs = (double)s->m * (double)s->k * (double)j->kernels->columns;
  apus_parallel_for_limited(apus_ceil_div(s->n, j->kernels->columns), apus_gemm_grain(macs), j->plan->threads,
                            s->m == 1 ? multiply_row : multiply_panels, (void *)j);
}

const apus_gemm_scheme apus_gemm_few_rows = {take, run};
