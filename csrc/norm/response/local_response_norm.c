/* Planning and drivers of local response normalization. */

#include "apus/local_response_norm.h"
#include "apus/reference/local_response_norm.h"

#include <assert.h>
#include <math.h>

#include "norm/kernels.h"
#include "runtime/integers.h"
#include "runtime/limits.h"
#include "runtime/parallel.h"
#include "runtime/scratch.h"
#include "runtime/status.h"

static const apus_local_response_norm_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_local_response_norm_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_local_response_norm_avx2,
    [APUS_ISA_AVX512] = &apus_local_response_norm_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_local_response_norm_neon,
#endif
};

/* A fork costs as much as the work on this many elements. */
enum { GRAIN = 8192, VECTOR = 16 };

/* Values above the one have squares whose sums overflow; beside a k below the other squares that underflow count. */
#define MOST 1e17f
#define LEAST_K 1e-30f

/* Where a window reaches beyond the channels, there is nothing to add. */
static norm_window window_of(const apus_local_response_norm_plan *p) {
  return (norm_window){.before = apus_min(p->size / 2, p->channels - 1),
                       .after = apus_min((p->size - 1) / 2, p->channels - 1),
                       .factor = p->alpha / (float)p->size,
                       .beta = p->beta,
                       .k = p->k};
}

static int64_t scratch_floats(const apus_local_response_norm_plan *p) {
  const norm_window w = window_of(p);
  return apus_ceil_div(3 * (p->channels + w.before + w.after + VECTOR), VECTOR) * VECTOR;
}

apus_status apus_local_response_norm_plan_make(apus_local_response_norm_plan *plan, int64_t rows, int64_t channels, int64_t size,
                                               float alpha, float beta, float k, apus_error *error) {
  const apus_size window = {"size", size, 1}, sizes[] = {{"rows", rows, 1}, {"channels", channels, 1}};
  const int64_t input[] = {rows, channels};
  apus_status status = apus_check_sizes("local response norm", &window, 1, APUS_MAX_SIZE, error);
  if (status != APUS_OK || (status = apus_check_sizes("local response norm", sizes, 2, APUS_MAX_ELEMENTS, error)) != APUS_OK ||
      (status = apus_check_elements("local response norm", "x", input, 2, error)) != APUS_OK)
    return status;
  if (!(alpha >= 0) || !(beta >= 0) || !(k > 0) || !isfinite(alpha) || !isfinite(beta) || !isfinite(k))
    return apus_fail(error, APUS_INVALID_ARGUMENT,
                     "local response norm: alpha %g and beta %g must be at least 0, k %g above it, and all finite", (double)alpha,
                     (double)beta, (double)k);
  *plan = (apus_local_response_norm_plan){.rows = rows,
                                          .channels = channels,
                                          .size = size,
                                          .alpha = alpha,
                                          .beta = beta,
                                          .k = k,
                                          .isa = (int)apus_isa_current(),
                                          .threads = apus_thread_count()};
  plan->scratch_bytes = (size_t)scratch_floats(plan) * sizeof(float) * (size_t)plan->threads;
  return apus_succeed(error);
}

typedef struct job {
  const apus_local_response_norm_plan *plan;
  const float *x, *dy;
  float *out, *scratch;
} job;

/* The plan's numbers for the reference, over so many rows. */
static apus_local_response_norm of_reference(const apus_local_response_norm_plan *p, int64_t rows) {
  return (apus_local_response_norm){rows, p->channels, p->size, (double)p->alpha, (double)p->beta, (double)p->k};
}

/* What float cannot do: rows one of whose squares overflows, and with a k below what underflows all of them. By the reference,
 * which computes in double. */
static void wide_rows(const job *j, int64_t begin, int64_t end) {
  const apus_local_response_norm_plan *p = j->plan;
  const apus_local_response_norm of_a_row = of_reference(p, 1);
  for (int64_t row = begin; row < end; row++) {
    const float *x = j->x + row * p->channels;
    int is_large = !(p->k > LEAST_K);
    for (int64_t c = 0; c < p->channels && !is_large; c++)
      is_large = !(fabsf(x[c]) < MOST);
    if (!is_large)
      continue;
    if (j->dy)
      apus_local_response_norm_backward_reference_f32(&of_a_row, x, j->dy + row * p->channels, j->out + row * p->channels);
    else
      apus_local_response_norm_forward_reference_f32(&of_a_row, x, j->out + row * p->channels);
  }
}

static void rows_body(void *context, int64_t begin, int64_t end, int slot) {
  const job *j = context;
  const apus_local_response_norm_plan *p = j->plan;
  const int64_t first = begin * p->channels;
  float *scratch = j->scratch + slot * scratch_floats(p);
  const float total =
      j->dy
          ? tiers[p->isa]->backward(end - begin, p->channels, window_of(p), j->x + first, j->dy + first, j->out + first, scratch)
          : tiers[p->isa]->forward(end - begin, p->channels, window_of(p), j->x + first, j->out + first, scratch);
  if (!isfinite(total) || !(p->k > LEAST_K))
    wide_rows(j, begin, end);
}

static void run(const apus_local_response_norm_plan *p, job j) {
  apus_parallel_for_limited(p->rows, apus_ceil_div(GRAIN, p->channels), p->threads, rows_body, &j);
}

void apus_local_response_norm_forward(const apus_local_response_norm_plan *plan, const float *x, float *y, void *scratch) {
  assert(x && y && x != y && apus_is_scratch(scratch, plan->scratch_bytes));
  const apus_local_response_norm whole = of_reference(plan, plan->rows);
  if (!tiers[plan->isa])
    apus_local_response_norm_forward_reference_f32(&whole, x, y);
  else
    run(plan, (job){.plan = plan, .x = x, .out = y, .scratch = scratch});
}

void apus_local_response_norm_backward(const apus_local_response_norm_plan *plan, const float *x, const float *dy, float *dx,
                                       void *scratch) {
  assert(x && dy && dx && dx != x && dx != dy && apus_is_scratch(scratch, plan->scratch_bytes));
  const apus_local_response_norm whole = of_reference(plan, plan->rows);
  if (!tiers[plan->isa])
    apus_local_response_norm_backward_reference_f32(&whole, x, dy, dx);
  else
    run(plan, (job){.plan = plan, .x = x, .dy = dy, .out = dx, .scratch = scratch});
}
