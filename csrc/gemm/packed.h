#ifndef APUS_GEMM_PACKED_H
#define APUS_GEMM_PACKED_H

/* Our own matrix product is four schemes over the micro-kernel of gemm/tile.h, which differ in what stays in the caches and in
 * what is copied. In all of them a sum is one chain in the order of K, which goes on from C or from scratch between bands of K,
 * so that neither the cuts nor the number of threads can be seen in the bits. */

#include "gemm/gemm_list.h"
#include "gemm/tile.h"
#include "runtime/integers.h"
#include "runtime/parallel.h"

typedef struct apus_gemm_job {
  const apus_gemm_plan *plan;
  const apus_tile_kernels *kernels;
  const float *a, *b, *bias;
  apus_activation activation;
  float *c, *scratch;
} apus_gemm_job;

/* `take` as in apus_gemm_entry, with plan->detail[1 …] for the scheme; detail[0] is its place in the list of packed.c. */
typedef struct apus_gemm_scheme {
  int (*take)(apus_gemm_plan *plan, const char **reason);
  void (*run)(const apus_gemm_job *job);
} apus_gemm_scheme;

extern const apus_gemm_scheme apus_gemm_outer_products;     /* gemm/outer_products.c */
extern const apus_gemm_scheme apus_gemm_few_rows;           /* gemm/few_rows.c */
extern const apus_gemm_scheme apus_gemm_transposed_product; /* gemm/transposed_product.c */
extern const apus_gemm_scheme apus_gemm_blocks;             /* gemm/blocks.c */

/* Rows of a matrix that are a multiple of 4 KB apart share the sets of the first-level cache. */
static inline int apus_gemm_aliases(int64_t stride) { return stride % 1024 == 0; }

/* Items a thread at least, of so many multiply-adds each. */
static inline int64_t apus_gemm_grain(double macs) {
  return macs >= APUS_MACS_A_THREAD ? 1 : (int64_t)(APUS_MACS_A_THREAD / (macs + 1)) + 1;
}

/* A matrix of `rows` rows of `length` floats as memory to ask for, spread evenly over so many turns. */
static inline apus_tile_ahead apus_gemm_ahead(const float *from, int64_t row, int64_t rows, int64_t length, int64_t turns) {
  apus_tile_ahead ahead = {.from = from, .row = row};
  while ((int64_t)32 << ahead.shift < length)
    ahead.shift++;
  ahead.pairs = rows << ahead.shift;
  ahead.each = apus_ceil_div(ahead.pairs, turns);
  return ahead;
}

/* The product p (A, B and C's place are set) for the columns from `column` on, with the steps of K from k on: goes on from C, and
 * ends with the epilogue. */
static inline void apus_gemm_multiply(const apus_gemm_job *j, apus_tile_product *p, int64_t column, int64_t k) {
  const apus_gemm *s = &j->plan->shape;
  const apus_conv2d_epilogue e = {.bias = j->bias ? j->bias + column : NULL, .activation = j->activation};
  const int last = k + p->length >= s->k;
  p->resume = k > 0 || s->accumulate;
  p->epilogue = last && (e.bias || e.activation != APUS_ACTIVATION_NONE) ? &e : NULL;
  p->columns = (int)apus_min(j->kernels->columns, s->n - column);
  j->kernels->product(p);
  p->epilogue = NULL;
}

#endif
