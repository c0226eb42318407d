#ifndef APUS_RUNTIME_OPENBLAS_H
#define APUS_RUNTIME_OPENBLAS_H

/* 0 in a build without it (APUS_NO_OPENBLAS): what stands on it declines. */
int apus_has_openblas(void);

/* The one function that the core takes from OpenBLAS, on the calling thread alone: its bits depend on the number of threads
 * that it uses, and our loops are parallel already. Row-major; C = op(A)·op(B) + beta·C. */
void apus_sgemm(int transpose_a, int transpose_b, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                float beta, float *c, int ldc);

#endif
