#ifndef APUS_ELEMENTWISE_KERNELS_H
#define APUS_ELEMENTWISE_KERNELS_H

#include "apus/elementwise.h"

/* The float references of operations whose public float function picks a tier. */
void apus_select_reference_f32(int64_t count, const uint8_t *mask, const float *a, const float *b, float *y);
void apus_scale_reference_f32(int64_t count, const float *x, float factor, float offset, float *y);
void apus_dropout_reference_f32(int64_t count, uint64_t seed, uint64_t stream, float rate, const float *x, float *y);
int apus_all_finite_reference_f32(int64_t count, const float *x);
void apus_argmax_reference_f32(int64_t outer, int64_t middle, int64_t inner, const float *x, int32_t *y);
void apus_compare_reference_f32(apus_comparison operation, const apus_broadcast *space, const float *a, const float *b, uint8_t *y);

#endif
