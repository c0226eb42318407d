#ifndef APUS_REFERENCE_GEMM_H
#define APUS_REFERENCE_GEMM_H

#include "apus/gemm.h"

/* The references of apus/gemm.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_gemm_reference_f32(const apus_gemm *shape, const float *a, const float *b, const float *bias,
                             apus_activation activation, float *c);
void apus_gemm_reference_f64(const apus_gemm *shape, const double *a, const double *b, const double *bias,
                             apus_activation activation, double *c);

#ifdef __cplusplus
}
#endif
#endif
