#ifndef APUS_RUNTIME_OPENBLAS_H
#define APUS_RUNTIME_OPENBLAS_H

/* What the core takes from OpenBLAS, in a build with it (APUS_OPENBLAS), on the calling thread alone: its bits depend on the
 * number of threads that it uses, and our loops are parallel already. */

/* 0 in a build without it: what stands on it declines. */
int apus_has_openblas(void);

/* Row-major; C = op(A)·op(B) + beta·C. */
void apus_sgemm(int transpose_a, int transpose_b, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                float beta, float *c, int ldc);

/* LAPACK's dsyev for eigenvalues and eigenvectors, of which it says what `info` and `work` are. */
void apus_dsyev(int n, double *a, double *values, double *work, int work_count, int *info);

#endif
