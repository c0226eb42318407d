#ifndef APUS_GEMM_TILE_H
#define APUS_GEMM_TILE_H

/* The one micro-kernel under direct convolution and the matrix product: a strip of rows of A times one panel of B.
 *
 *   C[r, j] = Σ_{o < outer} Σ_{i < inner} Σ_{k < length} A(o, i, k, r) · B(o, i, k, j)        0 <= r < rows, 0 <= j < columns
 *   A(o, i, k, r) = a[o·a_outer + i·a_inner + k·a_k + r·a_row]
 *   B(o, i, k, j) = b[o·b_outer + i·b_inner + k·b_k + j]
 *   C[r, j]       = c[r·c_row + j]
 *
 * Every sum is one chain in the order (o, i, k), whatever the number of rows and however they are cut into register tiles. Where
 * B's rows are narrow (b_k <= narrow, a_k = 1) it is two, of the even and of the odd k; and so it is where two_chains allows it
 * and the columns fit a vector. */

#include <stdint.h>

#include "apus/conv2d.h"
#include "apus/runtime.h"

/* Memory that a later product reads, asked for while this one multiplies, so that it comes into the second-level cache evenly:
 * from[row·(i >> shift) + 32·(i mod 2^shift)], a pair of lines, for first <= i < pairs; `each` of them every so many steps. */
enum { APUS_TILE_AHEAD_STEPS = 8 };
typedef struct apus_tile_ahead {
  const float *from;
  int64_t row, first, pairs, each; /* pairs 0: none */
  int shift;
} apus_tile_ahead;

/* How often a tile asks in each of its outer · inner runs of so many steps. */
static inline int64_t apus_tile_turns(int64_t length) { return (length + APUS_TILE_AHEAD_STEPS - 1) / APUS_TILE_AHEAD_STEPS; }

typedef struct apus_tile_product {
  const float *a;
  const float *b; /* [outer][inner][length] rows of `columns` floats; padded to whole panels where b_padded */
  float *c;
  int64_t rows;   /* any number; cut evenly into register tiles */
  int columns;    /* 1 ... the tier's panel width */
  int resume;     /* the chain continues from C instead of 0 */
  int add;        /* the sum is added to C: long sums in parts, whose errors do not grow with the length */
  int two_sets;   /* narrow B, a_row 1: few rows may keep two sets of chains; the bits then depend on `rows` */
  int two_chains; /* a_k 1, b_padded: a sum may be two chains where that is quicker; which ones are depends on `columns` alone */
  int a_far;      /* A's rows (apart) come from memory: the next tile's are asked for while this one multiplies */
  int c_far;      /* C is not in the caches and K is short: its lines are asked for before they are written */
  int b_padded;   /* every row of B has the panel's full width in memory */
  int64_t outer, inner, length;
  int64_t a_outer, a_inner, a_k, a_row; /* either a_k or a_row is 1 */
  int64_t b_outer, b_inner, b_k;
  int64_t c_row;
  apus_tile_ahead ahead[2];
  int stream; /* C is written past the caches: whole vectors, aligned as vf_stream wants, no resume, no epilogue */
  const apus_conv2d_epilogue *epilogue; /* NULL, or vectors at this panel's first column and residual at C's place */
} apus_tile_product;

typedef struct apus_tile_kernels {
  int rows;      /* of a register tile */
  int columns;   /* of a panel */
  int narrow;    /* 0, or the width of the panels for so few columns: twice as fast */
  int has_masks; /* parts of a vector are read as fast as whole ones, so B need not be padded */
  void (*product)(const apus_tile_product *product);
  /* One row: c[j] = Σ_k a[k]·b[k·b_row + j], after what c holds where `resume`. Four rows of b at a time from end to end. */
  void (*row)(const float *a, int64_t a_k, const float *b, int64_t b_row, int64_t length, int64_t columns, int resume, float *c);
  /* c = epilogue(sums): rows apart by sums_row and c_row; residual's rows as c's. */
  void (*finish)(const float *sums, int64_t sums_row, float *c, int64_t c_row, int64_t rows, int64_t columns,
                 const apus_conv2d_epilogue *epilogue);
} apus_tile_kernels;

extern const apus_tile_kernels apus_tile_generic;
#if defined(__x86_64__)
extern const apus_tile_kernels apus_tile_avx2;
extern const apus_tile_kernels apus_tile_avx512;
#elif defined(__aarch64__)
extern const apus_tile_kernels apus_tile_neon;
#endif

/* The width of the panels of a matrix of so many columns. */
static inline int64_t apus_tile_panel_width(const apus_tile_kernels *kernels, int64_t columns) {
  return columns <= kernels->narrow ? kernels->narrow : kernels->columns;
}

/* The tier's kernels; those of the generic tier for the reference tier. */
const apus_tile_kernels *apus_tile_for(apus_isa isa);

#endif
