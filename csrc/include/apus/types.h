#ifndef APUS_TYPES_H
#define APUS_TYPES_H

/* What several families share: the activation behind a sum, the precision of products, why a plan is as it is. */

#ifdef __cplusplus
extern "C" {
#endif

typedef enum apus_activation { APUS_ACTIVATION_NONE = 0, APUS_ACTIVATION_RELU = 1 } apus_activation;

/* How far a result may be from the correctly rounded one.
 * BF16: tensors stay float32 in memory (master weights are untouched); both operands are rounded to bfloat16 (nearest even) in
 * scratch, products are exact and summed in float32, two steps at a time in an order of the CPU's own, subnormal numbers as zero.
 * Each operand is off by up to 2⁻⁸ of itself (8 significant bits), so that an output is within 2⁻⁷ of Σ|x||w|, and within the
 * rounding of a float32 sum beside that. The plan takes float32 where that is as fast (Winograd, which never multiplies in
 * bfloat16) or the CPU cannot, and says so; weight gradients are always float32. */
typedef enum apus_precision {
  APUS_PRECISION_DEFAULT = 0, /* float32; the largest error of Winograd's F(4×4): 1.3 to 2.3 times that of a direct
                                   convolution, of filter gradients up to 4 times (bench/RESULTS.md) */
  APUS_PRECISION_STRICT = 1,  /* float32; nothing less accurate than one sum of products: F(2×2) at most */
  APUS_PRECISION_BF16 = 2     /* operands may be rounded to bfloat16, sums are float32 */
} apus_precision;

/* What one implementation answered when a plan asked it. */
typedef struct apus_plan_reason {
  const char *implementation; /* its name, as in APUS_FORCE */
  const char *text;           /* why it was chosen, or why it declined; a constant */
  int chosen;                 /* 1: this one was chosen; 0: it declined */
} apus_plan_reason;

#ifdef __cplusplus
}
#endif
#endif
