#ifndef APUS_ELEMENTWISE_H
#define APUS_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

/* Arithmetic, comparison, reduction and movement on contiguous tensors, for Tensor's operators. float32 runs on the fast
 * tiers; float64 (for gradient checks) and the integer types on the references (apus/reference/elementwise.h). */

#ifdef __cplusplus
extern "C" {
#endif

#define APUS_MAX_AXES 8

typedef enum apus_unary {
  APUS_NEGATE,
  APUS_ABS,
  APUS_EXP,
  APUS_LOG,
  APUS_SQRT,
  APUS_RECIPROCAL,
  APUS_SQUARE,
  APUS_SIGN, /* −1, 0, 1; NaN stays NaN */
  APUS_FLOOR,
  APUS_CEIL,
  APUS_ROUND, /* halves to the even neighbor */
  APUS_ERF    /* the error function, 2/√π · ∫₀ˣ e^(−t²) dt */
} apus_unary;

typedef enum apus_binary {
  APUS_ADD,
  APUS_SUBTRACT,
  APUS_MULTIPLY,
  APUS_DIVIDE,
  APUS_MAXIMUM, /* NaN propagates; equal: the first */
  APUS_MINIMUM,
  APUS_POWER
} apus_binary;

typedef enum apus_comparison {
  APUS_EQUAL,
  APUS_NOT_EQUAL,
  APUS_LESS,
  APUS_LESS_EQUAL,
  APUS_GREATER,
  APUS_GREATER_EQUAL
} apus_comparison;

typedef enum apus_reduction { APUS_SUM, APUS_MAX, APUS_MIN } apus_reduction;

/* The iteration space of a broadcast: the result's sizes (row-major, contiguous) and each operand's strides in elements, 0 along
 * axes that are broadcast. axes <= APUS_MAX_AXES; 0 axes: one element. */
typedef struct apus_broadcast {
  int axes;
  int64_t sizes[APUS_MAX_AXES];
  int64_t a_strides[APUS_MAX_AXES];
  int64_t b_strides[APUS_MAX_AXES];
} apus_broadcast;

/* y may be x. */
void apus_unary_f32(apus_unary operation, int64_t count, const float *x, float *y);

/* y may be a or b where that operand is not broadcast (all its strides the contiguous ones). */
void apus_binary_f32(apus_binary operation, const apus_broadcast *space, const float *a, const float *b, float *y);

/* y = 1 or 0; NaN: as IEEE (only not-equal holds). */
void apus_compare_f32(apus_comparison operation, const apus_broadcast *space, const float *a, const float *b, uint8_t *y);
void apus_compare_f64(apus_comparison operation, const apus_broadcast *space, const double *a, const double *b, uint8_t *y);
void apus_compare_i32(apus_comparison operation, const apus_broadcast *space, const int32_t *a, const int32_t *b, uint8_t *y);
void apus_compare_u8(apus_comparison operation, const apus_broadcast *space, const uint8_t *a, const uint8_t *b, uint8_t *y);

/* y = mask ? a : b, all of `count` contiguous elements. */
void apus_select_f32(int64_t count, const uint8_t *mask, const float *a, const float *b, float *y);
void apus_select_f64(int64_t count, const uint8_t *mask, const double *a, const double *b, double *y);

/* y = x · factor + offset (one fused multiply-add where the tier has it); y may be x. */
void apus_scale_f32(int64_t count, const float *x, float factor, float offset, float *y);

/* y [outer, inner] from x [outer, middle, inner], reduced over `middle`. Sums: chunks fixed by the sizes, merged in a fixed tree.
 * max/min of an empty middle is −inf/+inf; NaN propagates. No scratch. */
void apus_reduce_f32(apus_reduction operation, int64_t outer, int64_t middle, int64_t inner, const float *x, float *y);
/* Index of the first maximum along middle (a NaN counts as the maximum); middle >= 1. */
void apus_argmax_f32(int64_t outer, int64_t middle, int64_t inner, const float *x, int32_t *y);
void apus_argmax_f64(int64_t outer, int64_t middle, int64_t inner, const double *x, int32_t *y);

/* y contiguous with the sizes given, from x read with element strides (permutation, broadcast copy, slice: the caller offsets x;
 * strides may be 0 or negative). element_bytes 1, 4 or 8. */
void apus_copy_strided(int element_bytes, int axes, const int64_t *sizes, const int64_t *x_strides, const void *x, void *y);
/* The reverse: y written with element strides from contiguous x. No two elements of y may coincide. */
void apus_copy_strided_into(int element_bytes, int axes, const int64_t *sizes, const int64_t *y_strides, const void *x, void *y);

/* Conversions of scalar type. Float to integer truncates towards zero and saturates; NaN gives 0. Types: see apus_scalar. */
typedef enum apus_scalar { APUS_F32 = 0, APUS_F64 = 1, APUS_I32 = 2, APUS_U8 = 3 } apus_scalar;
void apus_convert(apus_scalar from, apus_scalar to, int64_t count, const void *x, void *y);

/* Inverted dropout: y = x · 1/(1 − rate) where the uniform number at (seed, stream, i) is >= rate, else 0; y may be x. */
void apus_dropout_f32(int64_t count, uint64_t seed, uint64_t stream, float rate, const float *x, float *y);

/* 1 where every element is finite. */
int apus_all_finite_f32(int64_t count, const float *x);
int apus_all_finite_f64(int64_t count, const double *x);

#ifdef __cplusplus
}
#endif
#endif
