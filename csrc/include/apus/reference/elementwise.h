#ifndef APUS_REFERENCE_ELEMENTWISE_H
#define APUS_REFERENCE_ELEMENTWISE_H

#include "apus/elementwise.h"

/* The references of apus/elementwise.h. */

#ifdef __cplusplus
extern "C" {
#endif

void apus_unary_reference_f32(apus_unary operation, int64_t count, const float *x, float *y);
void apus_unary_reference_f64(apus_unary operation, int64_t count, const double *x, double *y);

void apus_binary_reference_f32(apus_binary operation, const apus_broadcast *space, const float *a, const float *b, float *y);
void apus_binary_reference_f64(apus_binary operation, const apus_broadcast *space, const double *a, const double *b, double *y);

/* Wraps around at 32 bits; a quotient truncates towards zero and is 0 for b = 0; a power with a negative exponent truncates. */
void apus_binary_reference_i32(apus_binary operation, const apus_broadcast *space, const int32_t *a, const int32_t *b,
                               int32_t *y);

void apus_scale_reference_f64(int64_t count, const double *x, double factor, double offset, double *y);

void apus_reduce_reference_f32(apus_reduction operation, int64_t outer, int64_t middle, int64_t inner, const float *x, float *y);
void apus_reduce_reference_f64(apus_reduction operation, int64_t outer, int64_t middle, int64_t inner, const double *x,
                               double *y);

/* The sum wraps around at 32 bits; max/min of an empty middle is the least/greatest int32. */
void apus_reduce_reference_i32(apus_reduction operation, int64_t outer, int64_t middle, int64_t inner, const int32_t *x,
                               int32_t *y);

void apus_dropout_reference_f64(int64_t count, uint64_t seed, uint64_t stream, double rate, const double *x, double *y);

#ifdef __cplusplus
}
#endif
#endif
