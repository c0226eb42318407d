#ifndef APUS_ACTIVATION_H
#define APUS_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

#include "apus/status.h"
#include "apus/types.h"

/* Activation functions. ReLU, which other operations take into their own pass over memory: max(x, 0); NaN stays NaN; the
 * derivative at 0 is 0; the backward of "+ bias, activation" over rows. Then those that are passes of their own. */

#ifdef __cplusplus
extern "C" {
#endif

/* y may be x. */
void apus_relu_forward(int64_t count, const float *x, float *y);
/* dx = dy where y > 0, else 0; dx may be dy. */
void apus_relu_backward(int64_t count, const float *y, const float *dy, float *dx);

/* y = activation(x + bias[c]), x [rows, channels]; y may be x. */
void apus_bias_activation_forward(int64_t rows, int64_t channels, const float *x, const float *bias, apus_activation activation,
                                  float *y);
/* dz = dy where y > 0 (relu; y is read for that only) or dy; dbias[c] = Σ_rows dz, in chunks of rows fixed by the shape, merged
 * in a fixed tree. dz or dbias may be NULL; dz may be dy. */
size_t apus_bias_activation_backward_scratch(int64_t rows, int64_t channels);
void apus_bias_activation_backward(int64_t rows, int64_t channels, const float *y, const float *dy, apus_activation activation,
                                   float *dz, float *dbias, void *scratch);

/* Functions of one element. NaN gives NaN, infinities their limits, and nothing overflows on the way. a and b are the parameters;
 * one that is not named is not read.
 *   threshold    1[x > 0]                            the perceptron's unit; derivative 0 everywhere
 *   sigmoid      σ(x) = 1 / (1 + e^−x)               σ' = y·(1 − y)
 *   tanh                                             1 − y²
 *   leaky ReLU   x > 0 ? x : a·x, a >= 0             y > 0 ? 1 : a
 *   ELU          x > 0 ? x : a·(e^x − 1), a >= 0     y > 0 ? 1 : y + a
 *   swish        x·σ(a·x), a > 0                     s + a·x·s·(1 − s), s = σ(a·x)
 *   GELU         x·Φ(x), Φ(x) = (1 + erf(x/√2)) / 2  Φ(x) + x·e^(−x²/2)/√(2π)
 *   GELU tanh    x·σ(2u), u = √(2/π)·(x + 0.044715·x³), which is x·(1 + tanh u)/2
 *   softplus     log(1 + e^x)                        1 − e^−y = σ(x)
 *   hard sigmoid min(max(x + 3, 0), 6) / 6           −3 < x < 3 ? 1/6 : 0
 *   hard swish   x·min(max(x + 3, 0), 6) / 6         x <= −3 ? 0 : x < 3 ? x/3 + 1/2 : 1
 *   hard tanh    min(max(x, a), b), a < b            a < y < b ? 1 : 0
 * Errors in units in the last place, above 2^-119, where nothing on the way is subnormal: sigmoid and tanh at most 2, ELU with
 * a = 1 as well, hard sigmoid too; swish with a = 1, hard swish and softplus 3, GELU 4; where the argument t of σ is rounded,
 * 4·(1 + |t|), since e^ magnifies that. */
typedef enum apus_nonlinearity {
  APUS_THRESHOLD,
  APUS_SIGMOID,
  APUS_TANH,
  APUS_LEAKY_RELU,
  APUS_ELU,
  APUS_SWISH,
  APUS_GELU,
  APUS_GELU_TANH,
  APUS_SOFTPLUS,
  APUS_HARD_SIGMOID,
  APUS_HARD_SWISH,
  APUS_HARDTANH,
  APUS_NONLINEARITY_COUNT
} apus_nonlinearity;

/* One of them with its parameters; a and b are rounded to float where the tensor is of floats. */
typedef struct apus_activation_function {
  apus_nonlinearity kind;
  double a, b;
} apus_activation_function;

/* As the enumeration has it, without the prefix: "hard_swish". */
const char *apus_nonlinearity_name(apus_nonlinearity function);
/* 1 where backward reads x, 0 where it reads y: y wherever the derivative can be had from it without harm, since the next layer
 * keeps y anyway. */
int apus_nonlinearity_reads_input(apus_nonlinearity function);
/* y may be x. */
void apus_nonlinearity_forward(apus_nonlinearity function, int64_t count, float a, float b, const float *x, float *y);
/* dx = dy · derivative, from v: x or y as above. dx may be dy. */
void apus_nonlinearity_backward(apus_nonlinearity function, int64_t count, float a, float b, const float *v, const float *dy,
                                float *dx);

/* PReLU: y = x > 0 ? x : a[c]·x, x [rows, channels], any a; y may be x. One slope for everything: rows = count, channels = 1. */
void apus_prelu_forward(int64_t rows, int64_t channels, const float *x, const float *a, float *y);
/* dx = x > 0 ? dy : a[c]·dy; da[c] = Σ_rows (x > 0 ? 0 : x·dy), in chunks of rows fixed by the shape, merged in a fixed tree.
 * dx may be NULL or dy. */
size_t apus_prelu_backward_scratch(int64_t rows, int64_t channels);
void apus_prelu_backward(int64_t rows, int64_t channels, const float *x, const float *a, const float *dy, float *dx, float *da,
                         void *scratch);

/* Maxout: y[r, c] = max_j x[r, j, c], x [rows, pieces, channels]; 1 <= pieces <= 256. NaN propagates, the first maximum wins
 * ties. piece (may be NULL): which j won, a byte an element of y. */
void apus_maxout_forward(int64_t rows, int64_t pieces, int64_t channels, const float *x, float *y, uint8_t *piece);
/* dx[r, j, c] = dy[r, c] where j won, else 0. */
void apus_maxout_backward(int64_t rows, int64_t pieces, int64_t channels, const float *dy, const uint8_t *piece, float *dx);

#ifdef __cplusplus
}
#endif
#endif
