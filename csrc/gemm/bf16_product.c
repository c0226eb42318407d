/* Products of operands rounded to bfloat16 (gemm/bf16.h), where the precision allows it.
 *
 * For a band of K and a chunk of columns all threads round B's panels; then, for a chunk of rows at a time, A's rows, and
 * multiply: blocks of rows that stay in the second-level cache by groups of panels. So each operand is rounded once where a chunk
 * holds it. Sums go on from C between bands. */

#include "apus/runtime.h"
#include "gemm/bf16.h"
#include "gemm/pack.h"
#include "gemm/packed.h"
#include "runtime/integers.h"
#include "runtime/parallel.h"

#define BAND 2048      /* steps of K: a panel of it is 128 KB */
#define CHUNK 2048     /* rows and columns: 8 MB of each operand in the last-level cache */
#define BLOCK_ROWS 112 /* of A: 448 KB of a second-level cache of 1 MB */
#define GROUP_PANELS 16
#define STEPS 64               /* of a transposed A that are turned at a time */
#define ROUNDED_A_THREAD 16384 /* pairs */

/* What rounding does not repay: on two Zen 5 cores 1024 x 1024 x 1024 with one size cut to 32 gained 1.2 to 1.5 times and to 16
 * lost; 128 cubed lost, 256 cubed gained 1.4; of 4096 x 9216 weights 128 rows gained 0.5 to 1.0 and 256 rows 1.6. */
#define LEAST_SIZE 64
#define LEAST_MACS (1 << 22)
#define LARGE_B (1 << 22) /* floats: it comes from memory */
#define LEAST_ROWS_OF_LARGE_B 256

enum { DETAIL_BAND, DETAIL_ROWS, DETAIL_COLUMNS, DETAIL_BLOCK, DETAIL_GROUP };

/* An odd number of cache lines between the rows of A, so that those of a tile are in different sets. */
static int64_t row_pairs(const apus_gemm_plan *plan) {
  return (apus_ceil_div(apus_bf16_pairs(plan->detail[DETAIL_BAND]), 16) | 1) * 16;
}

static int64_t items(int64_t rows, int64_t block, int64_t panels, int64_t group) {
  return apus_ceil_div(rows, block) * apus_ceil_div(panels, group);
}

static void plan_chunks(apus_gemm_plan *plan, const apus_tile_kernels *tile) {
  const apus_gemm *s = &plan->shape;
  const int64_t band = s->k > 0 ? apus_ceil_div(s->k, apus_ceil_div(s->k, BAND)) : 2;
  const int64_t rows = apus_min(s->m, CHUNK), panels = apus_ceil_div(apus_min(s->n, CHUNK), tile->columns);
  int64_t block = BLOCK_ROWS, group = apus_max(1, apus_min(panels, GROUP_PANELS));
  /* Two pieces a thread even out. */
  while (group > 1 && items(rows, block, panels, group) < 2 * plan->threads)
    group = apus_ceil_div(group, 2);
  while (block > 2 * tile->rows && items(rows, block, panels, group) < 2 * plan->threads)
    block -= tile->rows;
  plan->detail[DETAIL_BAND] = band + band % 2;
  plan->detail[DETAIL_ROWS] = rows;
  plan->detail[DETAIL_COLUMNS] = panels * tile->columns;
  plan->detail[DETAIL_BLOCK] = block;
  plan->detail[DETAIL_GROUP] = group;
  plan->scratch_bytes = (size_t)(rows * row_pairs(plan) + panels * tile->columns * plan->detail[DETAIL_BAND] / 2) * sizeof(float);
}

static int is_worth_rounding(const apus_gemm *s) {
  if (s->m < LEAST_SIZE || s->n < LEAST_SIZE || s->k < LEAST_SIZE || s->m < LEAST_MACS / s->n / s->k)
    return 0;
  return s->m >= LEAST_ROWS_OF_LARGE_B || s->k < LARGE_B / s->n;
}

static int take(apus_gemm_plan *plan, const char **reason) {
  const apus_gemm *s = &plan->shape;
  if (plan->options.precision != APUS_PRECISION_BF16) {
    *reason = "the precision asked for is float32";
    return 0;
  }
  const apus_bf16_kernels *bf16 = apus_bf16_for((apus_isa)plan->isa, reason);
  if (!bf16)
    return 0;
  if (!plan->forced && !is_worth_rounding(s)) {
    *reason = "few rows, columns or steps: float32 is as fast";
    return 0;
  }
  plan_chunks(plan, &bf16->tile);
  *reason = "operands rounded to bfloat16 in scratch";
  return 1;
}

typedef struct job {
  const apus_gemm_plan *plan;
  const apus_bf16_kernels *bf16;
  const float *a, *b, *bias;
  apus_activation activation;
  float *c, *rows, *panels; /* rounded */
  int64_t k, length;        /* the band */
  int64_t row, row_count;   /* the chunk of rows */
  int64_t column, columns;  /* and of columns */
} job;

static void round_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_gemm *s = &j->plan->shape;
  const int64_t stride = row_pairs(j->plan);
  if (!s->transpose_a) {
    j->bf16->round_rows(j->a + (j->row + begin) * s->lda + j->k, s->lda, end - begin, j->length, j->rows + begin * stride,
                        stride);
    return;
  }
  enum { ROWS = 16 };
  float turned[ROWS * STEPS];
  for (int64_t row = begin; row < end; row += ROWS)
    for (int64_t i = 0; i < j->length; i += STEPS) {
      const int64_t rows = apus_min(ROWS, end - row), steps = apus_min(STEPS, j->length - i);
      apus_transpose(j->a + (j->k + i) * s->lda + j->row + row, s->lda, steps, rows, turned, STEPS);
      j->bf16->round_rows(turned, STEPS, rows, steps, j->rows + row * stride + i / 2, stride);
    }
}

static void round_panels(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->bf16->tile.columns;
  for (int64_t panel = begin; panel < end; panel++) {
    const int64_t column = j->column + panel * width, columns = apus_min(width, s->n - column);
    float *to = j->panels + panel * width * apus_bf16_pairs(j->length);
    if (s->transpose_b)
      apus_bf16_panel_transposed(j->bf16, j->b + column * s->ldb + j->k, s->ldb, j->length, columns, width, to);
    else
      j->bf16->round_panel(j->b + j->k * s->ldb + column, s->ldb, j->length, columns, width, to);
  }
}

/* Blocks of rows for a group of panels, then those for the next group: groups are even, the last block is not. */
static void multiply(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->bf16->tile.columns, block = j->plan->detail[DETAIL_BLOCK], group = j->plan->detail[DETAIL_GROUP];
  const int64_t panels = apus_ceil_div(j->columns, width), blocks = apus_ceil_div(j->row_count, block);
  const int is_last = j->k + j->length >= s->k && (j->bias || j->activation != APUS_ACTIVATION_NONE);
  for (int64_t item = begin; item < end; item++) {
    const int64_t row = item % blocks * block, first = item / blocks * group;
    apus_tile_product p = {.a = j->rows + row * row_pairs(j->plan),
                           .rows = apus_min(block, j->row_count - row),
                           .resume = j->k > 0 || s->accumulate,
                           .c_far = 1,
                           .b_padded = 1,
                           .outer = 1,
                           .inner = 1,
                           .length = apus_bf16_pairs(j->length),
                           .a_k = 1,
                           .a_row = row_pairs(j->plan),
                           .b_k = width,
                           .c_row = s->ldc};
    for (int64_t panel = first; panel < apus_min(first + group, panels); panel++) {
      const int64_t column = j->column + panel * width;
      const apus_conv2d_epilogue e = {.bias = j->bias ? j->bias + column : NULL, .activation = j->activation};
      p.b = j->panels + panel * width * p.length;
      p.c = j->c + (j->row + row) * s->ldc + column;
      p.columns = (int)apus_min(width, s->n - column);
      p.epilogue = is_last ? &e : NULL;
      j->bf16->tile.product(&p);
    }
  }
}

static void run_chunk(job *j) {
  const apus_gemm_plan *plan = j->plan;
  const int64_t block = plan->detail[DETAIL_BLOCK], group = plan->detail[DETAIL_GROUP], width = j->bf16->tile.columns;
  const double macs = (double)(block * group * width) * (double)j->length;
  apus_parallel_for_limited(j->row_count, apus_ceil_div(ROUNDED_A_THREAD, j->length / 2 + 1), plan->threads, round_rows, j);
  apus_parallel_for_limited(items(j->row_count, block, apus_ceil_div(j->columns, width), group), apus_gemm_grain(macs),
                            plan->threads, multiply, j);
}

static void run(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation,
                float *c, void *scratch) {
  const apus_gemm *s = &plan->shape;
  const char *reason;
  job j = {.plan = plan, .a = a, .b = b, .bias = bias, .activation = activation, .c = c, .rows = scratch};
  j.bf16 = apus_bf16_for((apus_isa)plan->isa, &reason);
  j.panels = j.rows + plan->detail[DETAIL_ROWS] * row_pairs(plan);
  const int64_t width = j.bf16->tile.columns;
  do { /* once where k is 0: C is then zeros and the epilogue */
    j.length = apus_min(plan->detail[DETAIL_BAND], s->k - j.k);
    for (j.column = 0; j.column < s->n; j.column += plan->detail[DETAIL_COLUMNS]) {
      j.columns = apus_min(plan->detail[DETAIL_COLUMNS], s->n - j.column);
      apus_parallel_for_limited(apus_ceil_div(j.columns, width), apus_ceil_div(ROUNDED_A_THREAD, width * j.length / 2 + 1),
                                plan->threads, round_panels, &j);
      for (j.row = 0; j.row < s->m; j.row += plan->detail[DETAIL_ROWS]) {
        j.row_count = apus_min(plan->detail[DETAIL_ROWS], s->m - j.row);
        run_chunk(&j);
      }
    }
    j.k += j.length;
  } while (j.k < s->k);
}

const apus_gemm_entry apus_gemm_bf16 = {"bf16", take, run};
