/* Planning and drivers of batch normalisation. */

#include "apus/batch_norm.h"
#include "apus/runtime.h"
#include "runtime/status.h"

apus_status apus_batch_norm_plan_make(apus_batch_norm_plan *plan, int64_t rows, int64_t channels, apus_error *error) {
  if (rows < 1 || channels < 1)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "batch norm: input [%lld, %lld]: both sizes must be at least 1",
                     (long long)rows, (long long)channels);
  const int64_t sizes[] = {rows, channels, sizeof(double)};
  int64_t bytes;
  if (!apus_size_product(&bytes, sizes, 3))
    return apus_fail(error, APUS_OVERFLOW, "batch norm: input [%lld, %lld] is too large", (long long)rows, (long long)channels);
  *plan = (apus_batch_norm_plan){.rows = rows, .channels = channels, .isa = (int)apus_isa_current(), .chunks = 1};
  return apus_succeed(error);
}

void apus_batch_norm_statistics(const apus_batch_norm_plan *plan, const float *x, float *mean, float *variance, void *scratch) {
  (void)scratch;
  apus_batch_norm_statistics_reference_f32(plan->rows, plan->channels, x, mean, variance);
}

void apus_batch_norm_apply(const apus_batch_norm_plan *plan, const float *x, const float *scale, const float *shift,
                           const float *residual, apus_activation activation, float *y) {
  apus_batch_norm_apply_reference_f32(plan->rows, plan->channels, x, scale, shift, residual, activation, y);
}

void apus_batch_norm_backward(const apus_batch_norm_plan *plan, const float *x, const float *y, const float *dy,
                              const float *mean, const float *inverse_deviation, const float *gamma, apus_activation activation,
                              float *dx, float *dgamma, float *dbeta, float *dresidual, void *scratch) {
  (void)scratch;
  apus_batch_norm_backward_reference_f32(plan->rows, plan->channels, x, y, dy, mean, inverse_deviation, gamma, activation, 0, dx,
                                         dgamma, dbeta, dresidual);
}

void apus_batch_norm_backward_frozen(const apus_batch_norm_plan *plan, const float *x, const float *y, const float *dy,
                                     const float *mean, const float *inverse_deviation, const float *gamma,
                                     apus_activation activation, float *dx, float *dgamma, float *dbeta, float *dresidual,
                                     void *scratch) {
  (void)scratch;
  apus_batch_norm_backward_reference_f32(plan->rows, plan->channels, x, y, dy, mean, inverse_deviation, gamma, activation, 1, dx,
                                         dgamma, dbeta, dresidual);
}
