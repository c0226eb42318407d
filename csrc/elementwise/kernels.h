#ifndef APUS_ELEMENTWISE_KERNELS_H
#define APUS_ELEMENTWISE_KERNELS_H

#include "apus/elementwise.h"

/* One tier's kernels: serial. A step is 1 for an operand of `count` elements, 0 for one element that serves them all. */
typedef struct apus_elementwise_kernels {
  void (*unary)(apus_unary operation, int64_t count, const float *x, float *y);
  void (*scale)(int64_t count, const float *x, float factor, float offset, float *y);
  void (*select)(int64_t count, const uint8_t *mask, const float *a, const float *b, float *y);
  int (*all_finite)(int64_t count, const float *x);
  /* Elements [first, last) of the sequence; first is a multiple of APUS_DROPOUT_BLOCK. */
  void (*dropout)(int64_t first, int64_t last, uint64_t seed, uint64_t stream, float rate, const float *x, float *y);
  void (*binary)(apus_binary operation, int64_t count, const float *a, int a_step, const float *b, int b_step, float *y);
  void (*compare)(apus_comparison operation, int64_t count, const float *a, int a_step, const float *b, int b_step, uint8_t *y);
  float (*reduce_row)(apus_reduction operation, int64_t count, const float *x);
  /* y[c] over the rows x[r·stride + c]. */
  void (*reduce_columns)(apus_reduction operation, int64_t rows, int64_t columns, int64_t stride, const float *x, float *y);
} apus_elementwise_kernels;

enum { APUS_DROPOUT_BLOCK = 64 };

extern const apus_elementwise_kernels apus_elementwise_generic;
#if defined(__x86_64__)
extern const apus_elementwise_kernels apus_elementwise_avx2, apus_elementwise_avx512;
#elif defined(__aarch64__)
extern const apus_elementwise_kernels apus_elementwise_neon;
#endif
/* The kernels of the tier in use; NULL: the reference. */
const apus_elementwise_kernels *apus_elementwise_current(void);

/* The float references of operations whose public float function picks a tier. */
void apus_select_reference_f32(int64_t count, const uint8_t *mask, const float *a, const float *b, float *y);
void apus_scale_reference_f32(int64_t count, const float *x, float factor, float offset, float *y);
void apus_dropout_reference_f32(int64_t count, uint64_t seed, uint64_t stream, float rate, const float *x, float *y);
int apus_all_finite_reference_f32(int64_t count, const float *x);
void apus_argmax_reference_f32(int64_t outer, int64_t middle, int64_t inner, const float *x, int32_t *y);
void apus_compare_reference_f32(apus_comparison operation, const apus_broadcast *space, const float *a, const float *b,
                                uint8_t *y);

#endif
