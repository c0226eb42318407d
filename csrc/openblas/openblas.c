#include "openblas/openblas.h"

#ifdef APUS_OPENBLAS
#include <stdatomic.h>
#include <stddef.h>

#include "runtime/openmp.h"

int apus_has_openblas(void) { return 1; }

/* Declared here so that no <cblas.h> has to be found. Fortran's functions take the lengths of their strings last. */
extern void cblas_sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                        const float *b, int ldb, float beta, float *c, int ldc);
extern void dsyev_(const char *job, const char *triangle, const int *n, double *a, const int *lda, double *values, double *work,
                   const int *work_count, int *info, size_t job_length, size_t triangle_length);
extern int openblas_get_parallel(void);
extern void openblas_set_num_threads(int count);

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };
enum { SERIAL = 0, OWN_THREADS = 1, OVER_OPENMP = 2 };

/* From here to end_serial OpenBLAS computes on the calling thread. Returns what end_serial takes. */
static int begin_serial(void) {
  const int variant = openblas_get_parallel();
  if (variant == OWN_THREADS) {
    /* Capped for the process. Another caller that gets here first caps it just the same. */
    static atomic_int capped;
    if (!atomic_load_explicit(&capped, memory_order_acquire)) {
      openblas_set_num_threads(1);
      atomic_store_explicit(&capped, 1, memory_order_release);
    }
  } else if (variant == OVER_OPENMP && !omp_in_parallel()) {
    /* Inside a region it is serial by itself; capping it for good would set OpenMP's own number of threads. */
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    return threads;
  }
  return 0;
}

static void end_serial(int threads) {
  if (threads)
    omp_set_num_threads(threads);
}

void apus_sgemm(int transpose_a, int transpose_b, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                float beta, float *c, int ldc) {
  const int threads = begin_serial();
  cblas_sgemm(ROW_MAJOR, transpose_a ? TRANSPOSE : NO_TRANSPOSE, transpose_b ? TRANSPOSE : NO_TRANSPOSE, m, n, k, 1, a, lda, b,
              ldb, beta, c, ldc);
  end_serial(threads);
}

void apus_dsyev(int n, double *a, double *values, double *work, int work_count, int *info) {
  const int threads = begin_serial();
  dsyev_("V", "U", &n, a, &n, values, work, &work_count, info, 1, 1);
  end_serial(threads);
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

/* Never called: apus_symmetric_eigen refuses. */
void apus_dsyev(int n, double *a, double *values, double *work, int work_count, int *info) {
  (void)n, (void)a, (void)values, (void)work, (void)work_count, (void)info;
  abort();
}
#endif
