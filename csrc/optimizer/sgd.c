/* Driver: the elements of all items are shared out as one sequence. */

#include "apus/optimizer.h"
#include "apus/runtime.h"
#include "optimizer/kernels.h"

static const apus_sgd_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_sgd_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_sgd_avx2,
    [APUS_ISA_AVX512] = &apus_sgd_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_sgd_neon,
#endif
};

enum { GRAIN = 16384 };

typedef struct job {
  const apus_sgd_kernels *kernels;
  int64_t items;
  const apus_sgd_item *item;
  float learning_rate, momentum;
  int nesterov;
} job;

/* Elements [begin, end) of the sequence. */
static void step_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t start = 0; /* of item k in the sequence */
  for (int64_t k = 0; k < j->items && start < end; start += j->item[k++].count) {
    const apus_sgd_item *item = &j->item[k];
    int64_t first = begin > start ? begin - start : 0, last = end - start < item->count ? end - start : item->count;
    if (first < last)
      j->kernels->step(last - first, item->value + first, item->gradient + first, item->velocity ? item->velocity + first : NULL,
                       item->weight_decay, j->learning_rate, j->momentum, j->nesterov);
  }
}

void apus_sgd_step(int64_t items, const apus_sgd_item *item, float learning_rate, float momentum, int nesterov) {
  job j = {tiers[apus_isa_current()], items, item, learning_rate, momentum, nesterov};
  if (!j.kernels) {
    apus_sgd_step_reference_f32(items, item, learning_rate, momentum, nesterov);
    return;
  }
  int64_t count = 0;
  for (int64_t k = 0; k < items; k++)
    count += item[k].count;
  apus_parallel_for(count, GRAIN, step_range, &j);
}
