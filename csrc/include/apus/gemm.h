#ifndef APUS_GEMM_H
#define APUS_GEMM_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"
#include "apus/types.h"

/* Matrix product, row-major:  C [m, n] = op(A) [m, k] · op(B) [k, n]  (+ C where accumulate).
 * op transposes where the flag is set: A is then stored [k, m], B [n, k]. lda, ldb, ldc are row lengths in elements.
 * Planning takes sizes and row lengths up to APUS_MAX_ELEMENTS (2^40), and as many elements a matrix, rows times row length.
 * The epilogue (bias over n, activation) serves the linear layer: y = x·w + b, x [batch, in], w [in, out].
 *   linear forward: C = y, A = x, B = w, bias;  backward data: dx = dy·wᵀ;  backward weights: dw = xᵀ·dy.
 * Bits depend on the sizes, tier and implementation, never on the number of threads.
 * Scratch: the plan's scratch_bytes of 64-byte aligned memory. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_gemm {
  int64_t m, n, k;
  int64_t lda, ldb, ldc;
  int transpose_a, transpose_b;
  int accumulate;
} apus_gemm;

typedef enum apus_gemm_implementation {
  APUS_GEMM_BF16 = 0,     /* over operands rounded to bfloat16; where the precision allows it */
  APUS_GEMM_PACKED = 1,   /* ours, over the convolution's micro-kernel */
  APUS_GEMM_OPENBLAS = 2, /* one-threaded calls on blocks fixed by the sizes */
  APUS_GEMM_REFERENCE = 3
} apus_gemm_implementation;
#define APUS_GEMM_IMPLEMENTATIONS 4

/* The precisions are those of apus/types.h. Default and strict are the same here. With bf16 C is within 2⁻⁷ of Σ|a||b|, and
 * the plan takes float32 where that is as fast (few rows, columns or steps) or the CPU cannot, and says so. */
typedef struct apus_gemm_options {
  apus_precision precision;
} apus_gemm_options;

typedef struct apus_gemm_plan {
  apus_gemm shape;
  apus_gemm_options options;
  apus_gemm_implementation implementation;
  const char *reason[APUS_GEMM_IMPLEMENTATIONS];
  int forced; /* one was asked for: it does not decline for being slow */
  int isa;
  int threads;
  size_t scratch_bytes;
  int64_t detail[8];
} apus_gemm_plan;

/* options may be NULL (all zero). APUS_FORCE=gemm:packed (bf16, openblas, reference) forces one. */
apus_status apus_gemm_plan_make(apus_gemm_plan *plan, const apus_gemm *shape, const apus_gemm_options *options,
                                apus_error *error);
apus_status apus_gemm_plan_force(apus_gemm_plan *plan, const apus_gemm *shape, const apus_gemm_options *options,
                                 apus_gemm_implementation implementation, apus_error *error);
const char *apus_gemm_implementation_name(apus_gemm_implementation implementation);
/* What each implementation that was asked answered, in that order; returns how many they are. */
int apus_gemm_plan_reasons(const apus_gemm_plan *plan, apus_plan_reason reasons[APUS_GEMM_IMPLEMENTATIONS]);
/* The same in one line, "packed: …; bf16 declined: …", into buffer, always terminated. */
void apus_gemm_plan_describe(const apus_gemm_plan *plan, char *buffer, size_t size);

/* bias [n] or NULL, added after the sum; then the activation. With accumulate, bias must be NULL and activation none. */
void apus_gemm_run(const apus_gemm_plan *plan, const float *a, const float *b, const float *bias, apus_activation activation,
                   float *c, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
