/* Our own matrix product over the micro-kernel of gemm/tile.h.
 *
 * The work is cut into ranges of rows by groups of panels. Within one, K is taken a band at a time; each chain of sums goes
 * on from C, so that neither the cuts nor the number of threads can be seen in the bits.
 *   Many rows: a group's panels of B are packed [K][columns] and used for all rows; A is packed too, a block of rows at a time,
 *   where it would not stay in the caches or its rows fall on the same cache sets.
 *   Few rows (a linear layer at a small batch): B is read where it lies, in bands of K so short that a band's pages stay mapped.
 */

#include "apus/runtime.h"
#include "gemm/gemm_list.h"
#include "gemm/pack.h"
#include "gemm/tile.h"
#include "runtime/parallel.h"

/* Of K. A band of a panel (64 KB) is read from the second-level cache, and C, which bands go on from, not too often. */
#define BAND_PACKED 512
#define BAND_IN_PLACE 64
#define BLOCK_ROWS 168 /* of A; a multiple of every tier's tile */
#define GROUP_COLUMNS 512
#define MACS_A_THREAD 524288 /* some 4 us on AVX-512: below that a second thread costs more than it does */

enum { DETAIL_ROWS, DETAIL_GROUP, DETAIL_BAND, DETAIL_PACK_A, DETAIL_PACK_B };

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }

/* Rows of A that are a multiple of 4 KB apart share the sets of the first-level cache. */
static int aliases(int64_t stride) { return stride % 1024 == 0; }

/* Floats between the rows of a packed block of A, off the powers of two. */
static int64_t packed_a_row(const apus_gemm_plan *plan) { return plan->detail[DETAIL_BAND] + 16; }

static int64_t scratch_floats(const apus_gemm_plan *plan) {
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  int64_t floats = 0;
  if (plan->detail[DETAIL_PACK_A])
    floats += BLOCK_ROWS * packed_a_row(plan);
  if (plan->detail[DETAIL_PACK_B])
    floats += plan->detail[DETAIL_GROUP] * plan->detail[DETAIL_BAND] * kernels->columns;
  return floats;
}

static int take(apus_gemm_plan *plan, const char **reason) {
  const apus_gemm *s = &plan->shape;
  if (plan->isa == APUS_ISA_REFERENCE) {
    *reason = "the reference tier has no kernels";
    return 0;
  }
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  const int64_t panels = ceil_div(s->n, kernels->columns);
  /* In place: whole vectors are read from B, so that its last panel must be whole, or A's rows adjacent. */
  const int in_place = !s->transpose_b && s->m <= 2 * kernels->rows && s->n % kernels->columns == 0;
  const int64_t band = in_place ? BAND_IN_PLACE : BAND_PACKED;
  plan->detail[DETAIL_PACK_B] = !in_place;
  plan->detail[DETAIL_BAND] = s->k < band ? (s->k > 0 ? s->k : 1) : band;

  /* Two pieces a thread even out: fewer panels a group and then fewer rows a range where that is needed for it. */
  const int64_t pieces = 2 * plan->threads;
  int64_t group = min64(GROUP_COLUMNS / kernels->columns, panels > 0 ? panels : 1);
  while (group > 1 && ceil_div(s->m, BLOCK_ROWS) * ceil_div(panels, group) < pieces)
    group--;
  const int64_t ranges = min64(ceil_div(s->m, BLOCK_ROWS), ceil_div(pieces, panels > 0 ? ceil_div(panels, group) : 1));
  plan->detail[DETAIL_GROUP] = group;
  plan->detail[DETAIL_ROWS] = ranges > 0 ? ceil_div(s->m, ranges) : 1;
  plan->detail[DETAIL_PACK_A] = !in_place && group >= 4 && (aliases(s->lda) || (s->k > 0 && s->m > (1 << 17) / s->k));
  plan->scratch_bytes = (size_t)plan->threads * (size_t)scratch_floats(plan) * sizeof(float);
  *reason = in_place ? "few rows: B is read in place" : plan->detail[DETAIL_PACK_A] ? "packs A and B" : "packs B";
  return 1;
}

typedef struct job {
  const apus_gemm_plan *plan;
  const apus_tile_kernels *kernels;
  const float *a, *b, *bias;
  apus_activation activation;
  float *c, *scratch;
  int64_t panels, groups;
} job;

/* One panel's columns from `column` on, for `rows` rows of C and `length` of K from k on. */
static void multiply_panel(const job *j, apus_tile_product *p, int64_t rows, int64_t column, int64_t k, int packed_a_tiles) {
  const apus_gemm *s = &j->plan->shape;
  const int last = k + p->length >= s->k;
  const apus_conv2d_epilogue e = {.bias = j->bias ? j->bias + column : NULL, .activation = j->activation};
  p->resume = k > 0 || s->accumulate;
  p->epilogue = last && (e.bias || e.activation != APUS_ACTIVATION_NONE) ? &e : NULL;
  p->columns = (int)min64(j->kernels->columns, s->n - column);
  if (!packed_a_tiles) {
    p->rows = rows;
    j->kernels->product(p);
    return;
  }
  /* A lies in tiles [K][rows of a tile]. */
  const float *a = p->a;
  float *c = p->c;
  for (int64_t row = 0; row < rows; row += j->kernels->rows) {
    p->rows = min64(j->kernels->rows, rows - row);
    p->a = a + row * p->length;
    p->c = c + row * s->ldc;
    j->kernels->product(p);
  }
}

/* A band of K for a range of rows and a group of panels, whose packed panels (where B is packed) begin at packed_b. */
static void multiply_band(const job *j, apus_tile_product p, int64_t row, int64_t rows, int64_t first_panel, int64_t last_panel,
                          int64_t k, const float *packed_b, float *packed_a) {
  const apus_gemm_plan *plan = j->plan;
  const apus_gemm *s = &plan->shape;
  const int64_t width = j->kernels->columns;
  const int pack_a = (int)plan->detail[DETAIL_PACK_A], pack_b = (int)plan->detail[DETAIL_PACK_B];
  const float *a = j->a + (s->transpose_a ? k * s->lda + row : row * s->lda + k);
  p.a_row = s->transpose_a ? 1 : s->lda;
  p.a_k = s->transpose_a ? s->lda : 1;
  if (pack_a && s->transpose_a) {
    apus_pack_tiles(a, s->lda, p.length, rows, j->kernels->rows, packed_a);
    p.a_k = j->kernels->rows;
  } else if (pack_a) {
    p.a_row = packed_a_row(plan);
    apus_pack_rows(a, s->lda, rows, p.length, packed_a, p.a_row);
  }
  p.b_k = pack_b ? width : s->ldb;
  for (int64_t panel = first_panel; panel < last_panel; panel++) {
    const int64_t column = panel * width;
    p.a = pack_a ? packed_a : a;
    p.b = pack_b ? packed_b + (panel - first_panel) * p.length * width : j->b + k * s->ldb + column;
    p.c = j->c + row * s->ldc + column;
    multiply_panel(j, &p, rows, column, k, pack_a && s->transpose_a);
  }
}

static void multiply_range(const job *j, int64_t row, int64_t row_end, int64_t first_panel, int64_t last_panel, float *scratch) {
  const apus_gemm_plan *plan = j->plan;
  const apus_gemm *s = &plan->shape;
  const int64_t width = j->kernels->columns, band = plan->detail[DETAIL_BAND];
  const int pack_b = (int)plan->detail[DETAIL_PACK_B];
  float *packed_b = scratch, *packed_a = scratch + (pack_b ? plan->detail[DETAIL_GROUP] * band * width : 0);
  /* A block of rows where A is packed; else all of them, so that a panel of B is read in one go. */
  const int64_t block = plan->detail[DETAIL_PACK_A] ? BLOCK_ROWS : row_end - row;

  int64_t k = 0;
  do { /* once where k is 0: C is then zeros and the epilogue */
    const apus_tile_product p = {.outer = 1, .inner = 1, .length = min64(band, s->k - k), .c_row = s->ldc, .b_padded = pack_b};
    for (int64_t panel = first_panel; pack_b && panel < last_panel; panel++) {
      const int64_t column = panel * width, columns = min64(width, s->n - column);
      float *to = packed_b + (panel - first_panel) * p.length * width;
      if (s->transpose_b)
        apus_pack_panel_transposed(j->b + column * s->ldb + k, s->ldb, p.length, columns, width, to);
      else
        apus_pack_panel(j->b + k * s->ldb + column, s->ldb, p.length, columns, width, to);
    }
    for (int64_t r = row; r < row_end; r += block)
      multiply_band(j, p, r, min64(block, row_end - r), first_panel, last_panel, k, packed_b, packed_a);
    k += p.length;
  } while (k < s->k);
}

static void body(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const int64_t group = j->plan->detail[DETAIL_GROUP];
  float *scratch = j->scratch + slot * scratch_floats(j->plan);
  for (int64_t item = begin; item < end; item++) {
    const int64_t first = item % j->groups * group, row = item / j->groups * j->plan->detail[DETAIL_ROWS];
    multiply_range(j, row, min64(row + j->plan->detail[DETAIL_ROWS], j->plan->shape.m), first, min64(first + group, j->panels),
                   scratch);
  }
}

static void run(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation,
                float *c, void *scratch) {
  const apus_gemm *s = &plan->shape;
  job j = {.plan = plan, .kernels = apus_tile_for((apus_isa)plan->isa), .a = a, .b = b, .bias = bias, .activation = activation};
  j.c = c;
  j.scratch = scratch;
  j.panels = ceil_div(s->n, j.kernels->columns);
  j.groups = ceil_div(j.panels, plan->detail[DETAIL_GROUP]);
  const double macs =
      (double)plan->detail[DETAIL_ROWS] * (double)(plan->detail[DETAIL_GROUP] * j.kernels->columns) * (double)s->k;
  const int64_t grain = macs >= MACS_A_THREAD ? 1 : (int64_t)(MACS_A_THREAD / (macs + 1)) + 1;
  apus_parallel_for_limited(ceil_div(s->m, plan->detail[DETAIL_ROWS]) * j.groups, grain, plan->threads, body, &j);
}

const apus_gemm_entry apus_gemm_packed = {"packed", take, run};
