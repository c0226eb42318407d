#ifndef APUS_BATCH_NORM_H
#define APUS_BATCH_NORM_H

#include <stddef.h>
#include <stdint.h>

#include "apus/conv2d.h"
#include "apus/status.h"

/* Batch normalisation (Ioffe & Szegedy 2015) over the rows of x [rows, channels], rows = batch·height·width.
 *   mean[c] = Σ x / rows;   variance[c] = Σ (x − mean)² / rows            (biased: it normalises)
 *   inverse_deviation[c] = 1 / sqrt(variance + epsilon)
 *   y = activation( fma(x, scale, shift) + residual ),  scale = gamma·inverse_deviation,  shift = beta − mean·scale
 * each step one rounding, the same bits fused or apart. Statistics: chunks of rows fixed by the shape, each chunk's mean and M2
 * exact in two passes, merged by Chan's formula in a fixed tree. One epsilon, forward and backward. */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apus_batch_norm_plan {
  int64_t rows, channels;
  int isa;
  int64_t chunks;       /* of the statistics and of the backward sums; from the shape alone */
  size_t scratch_bytes; /* for the statistics and the backward pass */
} apus_batch_norm_plan;

/* rows and channels at least 1, and at most APUS_MAX_ELEMENTS (2^40) elements of x. */
apus_status apus_batch_norm_plan_make(apus_batch_norm_plan *plan, int64_t rows, int64_t channels, apus_error *error);

/* mean, variance (biased) [channels]. */
void apus_batch_norm_statistics(const apus_batch_norm_plan *plan, const float *x, float *mean, float *variance, void *scratch);
/* scale, shift [channels] from the statistics (batch's or running); gamma, beta may be NULL (1 and 0);
 * inverse_deviation [channels] or NULL. */
void apus_batch_norm_fold(int64_t channels, const float *mean, const float *variance, const float *gamma, const float *beta,
                          float epsilon, float *scale, float *shift, float *inverse_deviation);
/* y = activation(fma(x, scale, shift) + residual); residual may be NULL; y may be x. */
void apus_batch_norm_apply(const apus_batch_norm_plan *plan, const float *x, const float *scale, const float *shift,
                           const float *residual, apus_activation activation, float *y);
/* Backward of the batch statistics form. dz = dy where y > 0 (relu) or dy. With x̂ = (x − mean)·inverse_deviation:
 *   dgamma = Σ dz·x̂;  dbeta = Σ dz;  dx = gamma·inverse_deviation·(dz − dbeta/rows − x̂·dgamma/rows);  dresidual = dz
 * relu reads y, or where y is NULL takes the sign of fma(x, scale, shift): what forward computed if it had no residual, and a
 * tensor less to read, twice. dgamma, dbeta [channels]; dx, dresidual may be NULL (not wanted); one of them may be dy. */
void apus_batch_norm_backward(const apus_batch_norm_plan *plan, const float *x, const float *y, const float *scale,
                              const float *shift, const float *dy, const float *mean, const float *inverse_deviation,
                              const float *gamma, apus_activation activation, float *dx, float *dgamma, float *dbeta,
                              float *dresidual, void *scratch);
/* The same where the statistics are constants (running statistics): dx = gamma·inverse_deviation·dz. */
void apus_batch_norm_backward_frozen(const apus_batch_norm_plan *plan, const float *x, const float *y, const float *scale,
                                     const float *shift, const float *dy, const float *mean, const float *inverse_deviation,
                                     const float *gamma, apus_activation activation, float *dx, float *dgamma, float *dbeta,
                                     float *dresidual, void *scratch);

void apus_batch_norm_statistics_reference_f32(int64_t rows, int64_t channels, const float *x, float *mean, float *variance);
void apus_batch_norm_statistics_reference_f64(int64_t rows, int64_t channels, const double *x, double *mean, double *variance);
void apus_batch_norm_fold_reference_f64(int64_t channels, const double *mean, const double *variance, const double *gamma,
                                        const double *beta, double epsilon, double *scale, double *shift,
                                        double *inverse_deviation);
void apus_batch_norm_apply_reference_f32(int64_t rows, int64_t channels, const float *x, const float *scale, const float *shift,
                                         const float *residual, apus_activation activation, float *y);
void apus_batch_norm_apply_reference_f64(int64_t rows, int64_t channels, const double *x, const double *scale,
                                         const double *shift, const double *residual, apus_activation activation, double *y);
/* frozen: as apus_batch_norm_backward_frozen. */
void apus_batch_norm_backward_reference_f32(int64_t rows, int64_t channels, const float *x, const float *y, const float *scale,
                                            const float *shift, const float *dy, const float *mean,
                                            const float *inverse_deviation, const float *gamma, apus_activation activation,
                                            int frozen, float *dx, float *dgamma, float *dbeta, float *dresidual);
void apus_batch_norm_backward_reference_f64(int64_t rows, int64_t channels, const double *x, const double *y, const double *scale,
                                            const double *shift, const double *dy, const double *mean,
                                            const double *inverse_deviation, const double *gamma, apus_activation activation,
                                            int frozen, double *dx, double *dgamma, double *dbeta, double *dresidual);

#ifdef __cplusplus
}
#endif
#endif
