/* Driver: the elements of all items are shared out as one sequence. */

#include <math.h>

#include "apus/optimizer.h"
#include "apus/runtime.h"
#include "optimizer/kernels.h"

static const apus_adam_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_adam_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_adam_avx2,
    [APUS_ISA_AVX512] = &apus_adam_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_adam_neon,
#endif
};

/* A fork costs as much as the work on this many elements: a root and a division each. */
enum { GRAIN = 8192 };

typedef struct job {
  const apus_adam_kernels *kernels;
  int64_t items;
  const apus_adam_item *item;
  adam_numbers numbers;
} job;

/* Elements [begin, end) of the sequence. */
static void step_range(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t start = 0; /* of item k in the sequence */
  for (int64_t k = 0; k < j->items && start < end; start += j->item[k++].count) {
    const int64_t count = j->item[k].count;
    const int64_t first = begin > start ? begin - start : 0, last = end - start < count ? end - start : count;
    if (first < last)
      j->kernels->step(&j->item[k], first, last, &j->numbers);
  }
}

void apus_adam_step(int64_t items, const apus_adam_item *item, const apus_adam_options *o) {
  const double unbias1 = 1 - pow(o->beta1, (double)o->step), unbias2 = 1 - pow(o->beta2, (double)o->step);
  job j = {.kernels = tiers[apus_isa_current()],
           .items = items,
           .item = item,
           .numbers = {.learning_rate = o->learning_rate,
                       .beta1 = o->beta1,
                       .beta2 = o->beta2,
                       .epsilon = o->epsilon,
                       .correction1 = (float)(o->learning_rate / unbias1),
                       .correction2 = (float)(1 / sqrt(unbias2)),
                       .decoupled = o->decoupled}};
  if (!j.kernels) {
    apus_adam_step_reference_f32(items, item, o);
    return;
  }
  int64_t count = 0;
  for (int64_t k = 0; k < items; k++)
    count += item[k].count;
  apus_parallel_for(count, GRAIN, step_range, &j);
}
