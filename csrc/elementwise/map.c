/* Drivers of what treats each element alone. */

#include <stdatomic.h>

#include "apus/reference/elementwise.h"
#include "apus/runtime.h"
#include "elementwise/kernels.h"

static const apus_elementwise_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_elementwise_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_elementwise_avx2,
    [APUS_ISA_AVX512] = &apus_elementwise_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_elementwise_neon,
#endif
};

const apus_elementwise_kernels *apus_elementwise_current(void) { return tiers[apus_isa_current()]; }

/* Elements that are worth a thread. */
enum { GRAIN = 16384, GRAIN_EXPENSIVE = 4096 };

typedef struct job {
  const apus_elementwise_kernels *kernels;
  apus_unary operation;
  int64_t count;
  const float *x, *b;
  const uint8_t *mask;
  float factor, offset, *y;
  uint64_t seed, stream;
  atomic_int found; /* relaxed: it is read after the loop, whose end orders it */
} job;

static void unary_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->unary(j->operation, end - begin, j->x + begin, j->y + begin);
}

void apus_unary_f32(apus_unary operation, int64_t count, const float *x, float *y) {
  job j = {.kernels = apus_elementwise_current(), .operation = operation, .x = x, .y = y};
  int expensive = operation == APUS_EXP || operation == APUS_LOG || operation == APUS_SQRT || operation == APUS_RECIPROCAL;
  if (j.kernels)
    apus_parallel_for(count, expensive ? GRAIN_EXPENSIVE : GRAIN, unary_range, &j);
  else
    apus_unary_reference_f32(operation, count, x, y);
}

static void scale_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->scale(end - begin, j->x + begin, j->factor, j->offset, j->y + begin);
}

void apus_scale_f32(int64_t count, const float *x, float factor, float offset, float *y) {
  job j = {.kernels = apus_elementwise_current(), .x = x, .factor = factor, .offset = offset, .y = y};
  if (j.kernels)
    apus_parallel_for(count, GRAIN, scale_range, &j);
  else
    apus_scale_reference_f32(count, x, factor, offset, y);
}

static void select_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->select(end - begin, j->mask + begin, j->x + begin, j->b + begin, j->y + begin);
}

void apus_select_f32(int64_t count, const uint8_t *mask, const float *a, const float *b, float *y) {
  job j = {.kernels = apus_elementwise_current(), .mask = mask, .x = a, .b = b, .y = y};
  if (j.kernels)
    apus_parallel_for(count, GRAIN, select_range, &j);
  else
    apus_select_reference_f32(count, mask, a, b, y);
}

/* Blocks [begin, end). */
static void dropout_blocks(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t last = end * APUS_DROPOUT_BLOCK;
  j->kernels->dropout(begin * APUS_DROPOUT_BLOCK, last < j->count ? last : j->count, j->seed, j->stream, j->factor, j->x, j->y);
}

void apus_dropout_f32(int64_t count, uint64_t seed, uint64_t stream, float rate, const float *x, float *y) {
  job j = {.kernels = apus_elementwise_current(), .count = count, .x = x, .factor = rate, .y = y, .seed = seed, .stream = stream};
  if (j.kernels)
    apus_parallel_for((count + APUS_DROPOUT_BLOCK - 1) / APUS_DROPOUT_BLOCK, GRAIN_EXPENSIVE / APUS_DROPOUT_BLOCK, dropout_blocks,
                      &j);
  else
    apus_dropout_reference_f32(count, seed, stream, rate, x, y);
}

static void all_finite_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  job *j = context;
  if (!j->kernels->all_finite(end - begin, j->x + begin))
    atomic_store_explicit(&j->found, 1, memory_order_relaxed);
}

int apus_all_finite_f32(int64_t count, const float *x) {
  job j = {.kernels = apus_elementwise_current(), .x = x};
  if (!j.kernels)
    return apus_all_finite_reference_f32(count, x);
  apus_parallel_for(count, GRAIN, all_finite_range, &j);
  return !atomic_load_explicit(&j.found, memory_order_relaxed);
}
