/* Driver: outputs along the axis, over all outer indices, are shared out as one sequence. */

#include "apus/resample.h"
#include "apus/reference/resample.h"

#include "apus/runtime.h"
#include "resample/kernels.h"
#include "runtime/integers.h"
#include "runtime/limits.h"
#include "runtime/status.h"

static const apus_resample_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_resample_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_resample_avx2,
    [APUS_ISA_AVX512] = &apus_resample_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_resample_neon,
#endif
};

/* A fork costs as much as this many multiply-adds of vectors' elements. */
#define GRAIN 16384

apus_status apus_resample_check(const apus_resample *s, const int64_t *first, apus_error *error) {
  const apus_size sizes[] = {{"outer", s->outer, 0},
                             {"in_size", s->in_size, 0},
                             {"out_size", s->out_size, 0},
                             {"inner", s->inner, 0},
                             {"taps", s->taps, 1}};
  const int64_t x[] = {s->outer, s->in_size, s->inner}, y[] = {s->outer, s->out_size, s->inner}, table[] = {s->out_size, s->taps};
  apus_status status = apus_check_sizes("resample", sizes, sizeof sizes / sizeof sizes[0], APUS_MAX_ELEMENTS, error);
  if (status != APUS_OK || (status = apus_check_elements("resample", "x", x, 3, error)) != APUS_OK ||
      (status = apus_check_elements("resample", "y", y, 3, error)) != APUS_OK ||
      (status = apus_check_elements("resample", "the table of weights", table, 2, error)) != APUS_OK)
    return status;
  for (int64_t o = 0; o < s->out_size; o++)
    if (first[o] < 0 || first[o] > s->in_size - s->taps)
      return apus_fail(error, APUS_INVALID_ARGUMENT, "resample: output %lld takes elements %lld to %lld of %lld", (long long)o,
                       (long long)first[o], (long long)(first[o] + s->taps - 1), (long long)s->in_size);
  return apus_succeed(error);
}

typedef struct job {
  const apus_resample_kernels *kernels;
  const apus_resample *shape;
  const int64_t *first;
  const float *weights, *x;
  float *y;
} job;

static void run_outputs(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  const apus_resample *s = j->shape;
  for (int64_t i = begin; i < end; i++) {
    const int64_t n = i / s->out_size, o = i % s->out_size;
    j->kernels->sum(s->inner, s->taps, j->weights + o * s->taps, j->x + (n * s->in_size + j->first[o]) * s->inner,
                    j->y + i * s->inner);
  }
}

void apus_resample_run(const apus_resample *shape, const int64_t *first, const float *weights, const float *x, float *y) {
  if (shape->outer == 0 || shape->out_size == 0 || shape->inner == 0)
    return; /* beside a size of 0 the others may be any */
  job j = {tiers[apus_isa_current()], shape, first, weights, x, y};
  if (!j.kernels) {
    apus_resample_reference_f32(shape, first, weights, x, y);
    return;
  }
  const int64_t work = apus_max(1, shape->inner * shape->taps);
  apus_parallel_for(shape->outer * shape->out_size, apus_ceil_div(GRAIN, work), run_outputs, &j);
}
