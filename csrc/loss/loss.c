/* Drivers: rows are independent and are shared out. */

#include "apus/loss.h"

#include "apus/runtime.h"
#include "loss/kernels.h"

static const apus_loss_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_loss_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_loss_avx2,
    [APUS_ISA_AVX512] = &apus_loss_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_loss_neon,
#endif
};

/* Elements that are worth a thread: an exponential costs several times what a product does. */
enum { GRAIN_EXPONENTIALS = 4096, GRAIN_PRODUCTS = 16384 };

static int64_t grain(int64_t classes, int64_t elements) { return classes > 0 ? elements / classes + 1 : 1; }

int64_t apus_labels_check(int64_t rows, int64_t classes, const int32_t *labels) {
  for (int64_t i = 0; i < rows; i++)
    if (labels[i] < 0 || labels[i] >= classes)
      return i;
  return -1;
}

typedef struct job {
  const apus_loss_kernels *kernels;
  int64_t classes;
  const float *from, *dy;
  const int32_t *labels;
  float factor;
  float *to, *losses;
} job;

static void cross_entropy_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  j->kernels->softmax_cross_entropy_forward(end - begin, j->classes, j->from + begin * j->classes, j->labels + begin,
                                            j->losses ? j->losses + begin : NULL, j->to ? j->to + begin * j->classes : NULL);
}

void apus_softmax_cross_entropy_forward(int64_t rows, int64_t classes, const float *logits, const int32_t *labels, float *losses,
                                        float *probabilities) {
  job j = {.kernels = tiers[apus_isa_current()],
           .classes = classes,
           .from = logits,
           .labels = labels,
           .to = probabilities,
           .losses = losses};
  if (j.kernels)
    apus_parallel_for(rows, grain(classes, GRAIN_EXPONENTIALS), cross_entropy_forward_rows, &j);
  else
    apus_softmax_cross_entropy_forward_reference_f32(rows, classes, logits, labels, losses, probabilities);
}

static void cross_entropy_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->classes;
  j->kernels->softmax_cross_entropy_backward(end - begin, j->classes, j->from + first, j->labels + begin, j->factor,
                                             j->to + first);
}

void apus_softmax_cross_entropy_backward(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
                                         float factor, float *dlogits) {
  job j = {.kernels = tiers[apus_isa_current()],
           .classes = classes,
           .from = probabilities,
           .labels = labels,
           .factor = factor,
           .to = dlogits};
  if (j.kernels)
    apus_parallel_for(rows, grain(classes, GRAIN_PRODUCTS), cross_entropy_backward_rows, &j);
  else
    apus_softmax_cross_entropy_backward_reference_f32(rows, classes, probabilities, labels, factor, dlogits);
}

static void softmax_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->classes;
  j->kernels->softmax_forward(end - begin, j->classes, j->from + first, j->to + first);
}

void apus_softmax_forward(int64_t rows, int64_t classes, const float *x, float *y) {
  job j = {.kernels = tiers[apus_isa_current()], .classes = classes, .from = x, .to = y};
  if (j.kernels)
    apus_parallel_for(rows, grain(classes, GRAIN_EXPONENTIALS), softmax_forward_rows, &j);
  else
    apus_softmax_forward_reference_f32(rows, classes, x, y);
}

static void softmax_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->classes;
  j->kernels->softmax_backward(end - begin, j->classes, j->from + first, j->dy + first, j->to + first);
}

void apus_softmax_backward(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx) {
  job j = {.kernels = tiers[apus_isa_current()], .classes = classes, .from = y, .dy = dy, .to = dx};
  if (j.kernels)
    apus_parallel_for(rows, grain(classes, GRAIN_PRODUCTS), softmax_backward_rows, &j);
  else
    apus_softmax_backward_reference_f32(rows, classes, y, dy, dx);
}
