/* Driver: the elements of all items are shared out as one sequence. */

#include "apus/optimizer.h"
#include "apus/reference/optimizer.h"

#include "apus/runtime.h"
#include "optimizer/rules.h"

static const apus_optimizer_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_optimizer_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_optimizer_avx2,
    [APUS_ISA_AVX512] = &apus_optimizer_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_optimizer_neon,
#endif
};

/* A fork costs as much as the work on this many elements, where each has a root and a division. */
enum { GRAIN = 8192 };

const char *apus_optimizer_name(apus_optimizer rule) { return apus_optimizer_generic.rules[rule].name; }

typedef struct job {
  optimizer_step *step;
  int64_t items;
  const apus_optimizer_item *item;
  const apus_optimizer_options *options;
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
      j->step(&j->item[k], first, last, j->options);
  }
}

void apus_optimizer_step(apus_optimizer rule, int64_t items, const apus_optimizer_item *item,
                         const apus_optimizer_options *options) {
  const apus_optimizer_kernels *kernels = tiers[apus_isa_current()];
  if (!kernels) {
    apus_optimizer_step_reference_f32(rule, items, item, options);
    return;
  }
  job j = {kernels->rules[rule].step, items, item, options};
  int64_t count = 0;
  for (int64_t k = 0; k < items; k++)
    count += item[k].count;
  apus_parallel_for(count, GRAIN, step_range, &j);
}
