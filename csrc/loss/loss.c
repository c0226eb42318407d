/* Drivers: rows are independent and are shared out. */

#include "apus/loss.h"
#include "apus/reference/loss.h"

#include "apus/runtime.h"
#include "loss/tiers.h"

typedef struct job {
  const apus_loss_kernels *kernels;
  int64_t classes;
  const float *from, *dy;
  float *to;
} job;

static void softmax_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->classes;
  j->kernels->softmax_forward(end - begin, j->classes, j->from + first, j->to + first);
}

void apus_softmax_forward(int64_t rows, int64_t classes, const float *x, float *y) {
  job j = {.kernels = apus_loss_tier(), .classes = classes, .from = x, .to = y};
  if (j.kernels)
    apus_parallel_for(rows, apus_loss_grain(classes, APUS_LOSS_EXPONENTIALS), softmax_forward_rows, &j);
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
  job j = {.kernels = apus_loss_tier(), .classes = classes, .from = y, .dy = dy, .to = dx};
  if (j.kernels)
    apus_parallel_for(rows, apus_loss_grain(classes, APUS_LOSS_PRODUCTS), softmax_backward_rows, &j);
  else
    apus_softmax_backward_reference_f32(rows, classes, y, dy, dx);
}

static void log_softmax_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->classes;
  j->kernels->log_softmax_forward(end - begin, j->classes, j->from + first, j->to + first);
}

void apus_log_softmax_forward(int64_t rows, int64_t classes, const float *x, float *y) {
  job j = {.kernels = apus_loss_tier(), .classes = classes, .from = x, .to = y};
  if (j.kernels)
    apus_parallel_for(rows, apus_loss_grain(classes, APUS_LOSS_EXPONENTIALS), log_softmax_forward_rows, &j);
  else
    apus_log_softmax_forward_reference_f32(rows, classes, x, y);
}

static void log_softmax_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->classes;
  j->kernels->log_softmax_backward(end - begin, j->classes, j->from + first, j->dy + first, j->to + first);
}

void apus_log_softmax_backward(int64_t rows, int64_t classes, const float *y, const float *dy, float *dx) {
  job j = {.kernels = apus_loss_tier(), .classes = classes, .from = y, .dy = dy, .to = dx};
  if (j.kernels)
    apus_parallel_for(rows, apus_loss_grain(classes, APUS_LOSS_EXPONENTIALS), log_softmax_backward_rows, &j);
  else
    apus_log_softmax_backward_reference_f32(rows, classes, y, dy, dx);
}
