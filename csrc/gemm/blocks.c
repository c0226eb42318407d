/* Many rows: the classic product of packed blocks.
 *
 * The work is cut into ranges of rows by groups of panels of B, and K into bands. A block of A's rows for one band stays in the
 * second-level cache while all panels of the group pass it, the panel in use in the first-level one or close to it. B's panels
 * are packed as the first block of rows meets them, and kept for the others; A is packed where its rows alias or would not stay
 * in the caches. What is packed next is asked for while the micro-kernel multiplies. */

#include "gemm/pack.h"
#include "gemm/packed.h"
#include "runtime/parallel.h"

/* Of K: C, which bands go on from, is touched seldom. With a block of A's rows (448 KB) and a panel (256 KB) it fills a
 * second-level cache of 1 MB; 512 steps and 128 rows, which leave the panel near the first level, were 6 % slower at 2048 x 2048
 * x 2048: there C's rows alias and miss the translation buffer. */
#define BAND 2048
#define BLOCK_ROWS 56     /* of A, less what is over a whole number of tiles */
#define RANGE_ROWS 168    /* at least, so that a panel is not packed for few rows */
#define GROUP_COLUMNS 512 /* 4 MB of packed panels a band */

#define LARGE_B (1 << 17) /* floats: less is in the second-level cache anyway */

enum { DETAIL_ROWS = 1, DETAIL_GROUP, DETAIL_BAND, DETAIL_PACK_A, DETAIL_AHEAD };

/* Rows that use a panel at a time: all of a range where A is read in place. */
static int64_t block_rows(const apus_gemm_plan *plan) {
  const int64_t tile = apus_tile_for((apus_isa)plan->isa)->rows;
  return plan->detail[DETAIL_PACK_A] ? BLOCK_ROWS / tile * tile : plan->detail[DETAIL_ROWS];
}

/* Floats between the rows of a packed block of A, off the powers of two. */
static int64_t packed_a_row(const apus_gemm_plan *plan) { return plan->detail[DETAIL_BAND] + 16; }

/* Panels that are kept packed: one where a single block of rows uses each only once. */
static int64_t kept_panels(const apus_gemm_plan *plan) {
  return plan->detail[DETAIL_ROWS] <= block_rows(plan) ? 1 : plan->detail[DETAIL_GROUP];
}
static int64_t packed_b_floats(const apus_gemm_plan *plan) {
  return kept_panels(plan) * plan->detail[DETAIL_BAND] * apus_tile_for((apus_isa)plan->isa)->columns;
}
static int64_t scratch_floats(const apus_gemm_plan *plan) {
  return packed_b_floats(plan) + (plan->detail[DETAIL_PACK_A] ? BLOCK_ROWS * packed_a_row(plan) : 0);
}

static int take(apus_gemm_plan *plan, const char **reason) {
  const apus_gemm *s = &plan->shape;
  const apus_tile_kernels *kernels = apus_tile_for((apus_isa)plan->isa);
  const int64_t panels = apus_ceil_div(s->n, kernels->columns);
  plan->detail[DETAIL_BAND] = s->k > 0 ? apus_ceil_div(s->k, apus_ceil_div(s->k, BAND)) : 1;

  /* Two pieces a thread even out: fewer panels a group and then fewer rows a range where that is needed for it. */
  const int64_t pieces = 2 * plan->threads;
  int64_t group = apus_min(GROUP_COLUMNS / kernels->columns, panels > 0 ? panels : 1);
  while (group > 1 && apus_ceil_div(s->m, RANGE_ROWS) * apus_ceil_div(panels, group) < pieces)
    group--;
  const int64_t groups = panels > 0 ? apus_ceil_div(panels, group) : 1;
  const int64_t ranges = apus_min(apus_ceil_div(s->m, RANGE_ROWS), apus_ceil_div(pieces, groups));
  plan->detail[DETAIL_GROUP] = group;
  plan->detail[DETAIL_ROWS] = ranges > 0 ? apus_ceil_div(s->m, ranges) : 1;
  const int aliases = apus_gemm_aliases(s->lda);
  plan->detail[DETAIL_PACK_A] = group >= 4 && (aliases || (s->k > 0 && s->m > (1 << 17) / s->k));
  plan->detail[DETAIL_AHEAD] = panels > 1 && s->k > LARGE_B / (s->n + 1);
  plan->scratch_bytes = (size_t)(plan->threads * scratch_floats(plan)) * sizeof(float);
  *reason = !plan->detail[DETAIL_PACK_A] ? "packs B"
            : aliases                    ? "packs B, and A, whose rows alias in the first-level cache"
                                         : "packs B, and A, which is larger than the caches";
  return 1;
}

/* What one range of rows and group of panels is about. */
typedef struct piece {
  const apus_gemm_job *job;
  int64_t row, row_end, panel, panel_end;
  float *packed_b, *packed_a;
} piece;

static const float *place_in_b(const apus_gemm_job *j, int64_t k, int64_t column) {
  const apus_gemm *s = &j->plan->shape;
  return j->b + (s->transpose_b ? column * s->ldb + k : k * s->ldb + column);
}
static const float *place_in_a(const apus_gemm_job *j, int64_t row, int64_t k) {
  const apus_gemm *s = &j->plan->shape;
  return j->a + (s->transpose_a ? k * s->lda + row : row * s->lda + k);
}

static void pack_panel(const apus_gemm_job *j, int64_t k, int64_t length, int64_t column, float *to) {
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->kernels->columns, columns = apus_min(width, s->n - column);
  if (s->transpose_b)
    apus_pack_panel_transposed(place_in_b(j, k, column), s->ldb, length, columns, width, to);
  else
    apus_pack_panel(place_in_b(j, k, column), s->ldb, length, columns, width, to);
}

/* What the next panel packs: its columns of B. Packed panels lie in a row, which the processor itself reads ahead: asking for
 * them too cost 1 % at 2048 x 2048 x 2048. */
static apus_tile_ahead next_panel(const piece *q, int64_t row, int64_t panel, int64_t k, int64_t length, int64_t turns) {
  const apus_gemm_job *j = q->job;
  const apus_gemm *s = &j->plan->shape;
  const int64_t width = j->kernels->columns, next = panel + 1;
  if (row != q->row || next == q->panel_end)
    return (apus_tile_ahead){0};
  const int64_t columns = apus_min(width, s->n - next * width);
  const float *from = place_in_b(j, k, next * width);
  return s->transpose_b ? apus_gemm_ahead(from, s->ldb, columns, length, turns)
                        : apus_gemm_ahead(from, s->ldb, length, columns, turns);
}

/* This panel's share of the next block of A's rows, which are packed after the last panel. */
static apus_tile_ahead next_block(const piece *q, int64_t row, int64_t block, int64_t panel, int64_t k, int64_t length,
                                  int64_t turns) {
  const apus_gemm_job *j = q->job;
  const apus_gemm *s = &j->plan->shape;
  if (row + block >= q->row_end || !j->plan->detail[DETAIL_PACK_A])
    return (apus_tile_ahead){0};
  const int64_t rows = apus_min(block, q->row_end - row - block), panels = q->panel_end - q->panel;
  const float *from = place_in_a(j, row + block, k);
  apus_tile_ahead ahead = s->transpose_a ? apus_gemm_ahead(from, s->lda, length, rows, turns * panels)
                                         : apus_gemm_ahead(from, s->lda, rows, length, turns * panels);
  ahead.first = (panel - q->panel) * turns * ahead.each;
  return ahead;
}

/* p holds A's block, its rows and C's block. */
static void multiply_panel(const piece *q, apus_tile_product p, int64_t panel, int64_t k, int a_in_tiles) {
  const apus_gemm_job *j = q->job;
  const int64_t width = j->kernels->columns, rows = p.rows, tile = j->kernels->rows;
  p.c += panel * width;
  if (!a_in_tiles) {
    apus_gemm_multiply(j, &p, panel * width, k);
    return;
  }
  const float *a = p.a;
  float *c = p.c;
  for (int64_t row = 0; row < rows; row += tile) {
    p.rows = apus_min(tile, rows - row);
    p.a = a + row * p.length;
    p.c = c + row * p.c_row;
    apus_gemm_multiply(j, &p, panel * width, k);
    for (int i = 0; i < 2; i++)
      p.ahead[i].first += apus_tile_turns(p.length) * p.ahead[i].each;
  }
}

static void multiply_piece(const piece *q) {
  const apus_gemm_job *j = q->job;
  const apus_gemm *s = &j->plan->shape;
  const int64_t band = j->plan->detail[DETAIL_BAND], kept = kept_panels(j->plan), block = block_rows(j->plan);
  const int pack_a = (int)j->plan->detail[DETAIL_PACK_A];
  int64_t k = 0;
  do { /* once where k is 0: C is then zeros and the epilogue */
    const int64_t length = apus_min(band, s->k - k);
    for (int64_t row = q->row; row < q->row_end; row += block) {
      apus_tile_product p = {.a = place_in_a(j, row, k),
                             .c = j->c + row * s->ldc,
                             .rows = apus_min(block, q->row_end - row),
                             .c_far = j->plan->detail[DETAIL_AHEAD] != 0,
                             .b_padded = 1,
                             .outer = 1,
                             .inner = 1,
                             .length = length,
                             .a_k = s->transpose_a ? s->lda : 1,
                             .a_row = s->transpose_a ? 1 : s->lda,
                             .b_k = j->kernels->columns,
                             .c_row = s->ldc};
      if (pack_a && s->transpose_a) {
        p.a_k = j->kernels->rows;
        apus_pack_tiles(p.a, s->lda, length, p.rows, p.a_k, q->packed_a);
      } else if (pack_a) {
        p.a_row = packed_a_row(j->plan);
        apus_pack_rows(p.a, s->lda, p.rows, length, q->packed_a, p.a_row);
      }
      if (pack_a)
        p.a = q->packed_a;
      const int64_t turns = apus_ceil_div(p.rows, j->kernels->rows) * apus_tile_turns(length);
      for (int64_t panel = q->panel; panel < q->panel_end; panel++) {
        float *b = q->packed_b + (panel - q->panel) % kept * length * p.b_k;
        if (row == q->row)
          pack_panel(j, k, length, panel * p.b_k, b);
        p.b = b;
        if (j->plan->detail[DETAIL_AHEAD]) {
          p.ahead[0] = next_panel(q, row, panel, k, length, turns);
          p.ahead[1] = next_block(q, row, block, panel, k, length, turns);
        }
        multiply_panel(q, p, panel, k, pack_a && s->transpose_a);
      }
    }
    k += length;
  } while (k < s->k);
}

static int64_t groups(const apus_gemm_job *j) {
  return apus_ceil_div(apus_ceil_div(j->plan->shape.n, j->kernels->columns), j->plan->detail[DETAIL_GROUP]);
}

static void multiply_pieces(void *context, int64_t begin, int64_t end, int slot) {
  const apus_gemm_job *j = context;
  const apus_gemm *s = &j->plan->shape;
  const int64_t rows = j->plan->detail[DETAIL_ROWS], group = j->plan->detail[DETAIL_GROUP];
  const int64_t panels = apus_ceil_div(s->n, j->kernels->columns);
  float *scratch = j->scratch + slot * scratch_floats(j->plan);
  for (int64_t item = begin; item < end; item++) {
    piece q = {.job = j, .row = item / groups(j) * rows, .panel = item % groups(j) * group, .packed_b = scratch};
    q.row_end = apus_min(q.row + rows, s->m);
    q.panel_end = apus_min(q.panel + group, panels);
    q.packed_a = scratch + packed_b_floats(j->plan);
    multiply_piece(&q);
  }
}

static void run(const apus_gemm_job *j) {
  const apus_gemm *s = &j->plan->shape;
  const int64_t rows = j->plan->detail[DETAIL_ROWS];
  const double macs = (double)rows * (double)(j->plan->detail[DETAIL_GROUP] * j->kernels->columns) * (double)s->k;
  apus_parallel_for_limited(apus_ceil_div(s->m, rows) * groups(j), apus_gemm_grain(macs), j->plan->threads, multiply_pieces,
                            (void *)j);
}

const apus_gemm_scheme apus_gemm_blocks = {take, run};
