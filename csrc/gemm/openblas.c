/* OpenBLAS, one thread a block: blocks are fixed by the sizes, so that the bits do not depend on the number of threads. */

#include <limits.h>

#include "apus/runtime.h"
#include "gemm/gemm_list.h"
#include "gemm/tile.h"
#include "openblas/openblas.h"
#include "runtime/parallel.h"

#define BLOCK 256

static int take(apus_gemm_plan *plan, const char **reason) {
  if (!apus_has_openblas()) {
    *reason = "this build has no OpenBLAS";
    return 0;
  }
  const apus_gemm *s = &plan->shape;
  if (s->k == 0) {
    *reason = "k is 0";
    return 0;
  }
  if (s->k > INT_MAX || s->lda > INT_MAX || s->ldb > INT_MAX || s->ldc > INT_MAX) {
    *reason = "beyond OpenBLAS's 32-bit sizes";
    return 0;
  }
  *reason = "blocks of 256 by 256";
  return 1;
}

typedef struct job {
  const apus_gemm_plan *plan;
  const float *a, *b, *bias;
  apus_activation activation;
  float *c;
} job;

static int64_t blocks(int64_t size) { return (size + BLOCK - 1) / BLOCK; }
static int64_t extent(int64_t first, int64_t size) { return size - first < BLOCK ? size - first : BLOCK; }

static void body(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *job = context;
  const apus_gemm *s = &job->plan->shape;
  for (int64_t item = begin; item < end; item++) {
    int64_t i = item / blocks(s->n) * BLOCK, j = item % blocks(s->n) * BLOCK, rows = extent(i, s->m), columns = extent(j, s->n);
    float *c = job->c + i * s->ldc + j;
    apus_sgemm(s->transpose_a, s->transpose_b, (int)rows, (int)columns, (int)s->k, job->a + (s->transpose_a ? i : i * s->lda),
               (int)s->lda, job->b + (s->transpose_b ? j * s->ldb : j), (int)s->ldb, (float)(s->accumulate != 0), c, (int)s->ldc);
    if (job->bias || job->activation != APUS_ACTIVATION_NONE) {
      const apus_conv2d_epilogue e = {.bias = job->bias ? job->bias + j : 0, .activation = job->activation};
      apus_tile_for((apus_isa)job->plan->isa)->finish(c, s->ldc, c, s->ldc, rows, columns, &e);
    }
  }
}

static void run(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation,
                float *c, void *scratch) {
  (void)scratch;
  job job = {plan, a, b, bias, activation, c};
  apus_parallel_for_limited(blocks(plan->shape.m) * blocks(plan->shape.n), 1, plan->threads, body, &job);
}

const apus_gemm_entry apus_gemm_openblas = {"openblas", take, run};
