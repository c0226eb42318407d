#include "runtime/openblas.h"

#ifndef APUS_NO_OPENBLAS
#include <stdatomic.h>

#include "runtime/openmp.h"

int apus_has_openblas(void) { return 1; }

/* Declared here so that no <cblas.h> has to be found. */
extern void cblas_sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                        const float *b, int ldb, float beta, float *c, int ldc);
extern int openblas_get_parallel(void);
extern void openblas_set_num_threads(int count);

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };
enum { SERIAL = 0, OWN_THREADS = 1, OVER_OPENMP = 2 };

void apus_sgemm(int transpose_a, int transpose_b, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                float beta, float *c, int ldc) {
  const int variant = openblas_get_parallel();
  int restore = 0;
  if (variant == OWN_THREADS) {
    /* Capped for the process. Another caller that gets here first caps it just the same. */
    static atomic_int capped;
    if (!atomic_load_explicit(&capped, memory_order_acquire)) {
      openblas_set_num_threads(1);
      atomic_store_explicit(&capped, 1, memory_order_release);
    }
  } else if (variant == OVER_OPENMP && !omp_in_parallel()) {
    /* Inside a region it is serial by itself; capping it for good would set OpenMP's own number of threads. */
    restore = omp_get_max_threads();
    omp_set_num_threads(1);
  }
  cblas_sgemm(ROW_MAJOR, transpose_a ? TRANSPOSE : NO_TRANSPOSE, transpose_b ? TRANSPOSE : NO_TRANSPOSE, m, n, k, 1, a, lda, b,
              ldb, beta, c, ldc);
  if (restore)
    omp_set_num_threads(restore);
}

#else
#include <stdlib.h>

int apus_has_openblas(void) { return 0; }

/* Never called: plans decline. */
void apus_sgemm(int transpose_a, int transpose_b, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                float beta, float *c, int ldc) {
  (void)transpose_a, (void)transpose_b, (void)m, (void)n, (void)k, (void)a, (void)lda, (void)b, (void)ldb, (void)beta, (void)c,
      (void)ldc;
  abort();
}
#endif
