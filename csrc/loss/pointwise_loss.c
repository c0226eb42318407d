/* Drivers: elements are independent. Without weights a column the two axes are one, which is shared out; else whole rows are. */

#include "apus/pointwise_loss.h"
#include "apus/reference/pointwise_loss.h"

#include "apus/runtime.h"
#include "loss/tiers.h"

typedef struct job {
  const apus_loss_kernels *kernels;
  const apus_pointwise_loss *loss;
  int64_t columns;
  const float *positive_weights, *x, *targets, *dlosses;
  float *to;
} job;

/* begin, end: of elements where columns is 1, else of rows. */
static void forward_part(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->columns, rows = j->columns == 1 ? 1 : end - begin;
  int64_t columns = j->columns == 1 ? end - begin : j->columns;
  j->kernels->pointwise_loss_forward(j->loss, rows, columns, j->positive_weights, j->x + first, j->targets + first,
                                     j->to + first);
}

static void backward_part(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t first = begin * j->columns, rows = j->columns == 1 ? 1 : end - begin;
  int64_t columns = j->columns == 1 ? end - begin : j->columns;
  j->kernels->pointwise_loss_backward(j->loss, rows, columns, j->positive_weights, j->x + first, j->targets + first,
                                      j->dlosses + first, j->to + first);
}

/* One weight for the only column is that of all elements. */
static job make(const apus_pointwise_loss *loss, apus_pointwise_loss *own, int64_t *rows, int64_t columns,
                const float *positive_weights) {
  *own = *loss;
  if (positive_weights && columns == 1) {
    own->positive = *positive_weights;
    positive_weights = NULL;
  }
  if (!positive_weights) {
    *rows *= columns;
    columns = 1;
  }
  return (job){.kernels = apus_loss_tier(), .loss = own, .columns = columns, .positive_weights = positive_weights};
}

static int64_t grain(const apus_pointwise_loss *loss, int64_t columns) {
  return apus_loss_grain(columns, loss->kind >= APUS_LOSS_BINARY_CROSS_ENTROPY ? APUS_LOSS_EXPONENTIALS : APUS_LOSS_PRODUCTS);
}

void apus_pointwise_loss_forward(const apus_pointwise_loss *loss, int64_t rows, int64_t columns, const float *positive_weights,
                                 const float *x, const float *targets, float *losses) {
  apus_pointwise_loss own;
  int64_t count = rows;
  job j = make(loss, &own, &count, columns, columns > 0 ? positive_weights : NULL);
  j.x = x;
  j.targets = targets;
  j.to = losses;
  if (j.kernels)
    apus_parallel_for(count, grain(loss, j.columns), forward_part, &j);
  else
    apus_pointwise_loss_forward_reference_f32(loss, rows, columns, positive_weights, x, targets, losses);
}

void apus_pointwise_loss_backward(const apus_pointwise_loss *loss, int64_t rows, int64_t columns, const float *positive_weights,
                                  const float *x, const float *targets, const float *dlosses, float *dx) {
  apus_pointwise_loss own;
  int64_t count = rows;
  job j = make(loss, &own, &count, columns, columns > 0 ? positive_weights : NULL);
  j.x = x;
  j.targets = targets;
  j.dlosses = dlosses;
  j.to = dx;
  if (j.kernels)
    apus_parallel_for(count, grain(loss, j.columns), backward_part, &j);
  else
    apus_pointwise_loss_backward_reference_f32(loss, rows, columns, positive_weights, x, targets, dlosses, dx);
}
