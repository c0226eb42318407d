/* Drivers: rows are independent and are shared out. */

#include "apus/class_loss.h"
#include "apus/reference/class_loss.h"

#include "apus/runtime.h"
#include "loss/tiers.h"

int64_t apus_label_rows_check(const apus_label_rows *rows) {
  for (int64_t i = 0; i < rows->rows; i++)
    if ((rows->labels[i] < 0 || rows->labels[i] >= rows->classes) && rows->labels[i] != rows->ignored)
      return i;
  return -1;
}

/* What of these the pass has; pointers to whole arrays. */
typedef struct job {
  const apus_loss_kernels *kernels;
  apus_label_rows rows;
  const float *targets, *weights, *from, *slopes, *dlosses;
  float option; /* smoothing, gamma, margin */
  float *to, *losses, *new_slopes;
} job;

static apus_label_rows part(const job *j, int64_t begin, int64_t end) {
  return (apus_label_rows){end - begin, j->rows.classes, j->rows.labels + begin, j->rows.ignored};
}

static float *rows_from(float *x, int64_t begin, int64_t classes) { return x ? x + begin * classes : NULL; }

static void label_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_label_rows rows = part(j, begin, end);
  j->kernels->label_cross_entropy_forward(&rows, j->weights, j->option, j->from + begin * rows.classes, j->losses + begin,
                                          rows_from(j->to, begin, rows.classes));
}

void apus_label_cross_entropy_forward(const apus_label_rows *rows, const float *weights, float smoothing, const float *logits,
                                      float *losses, float *probabilities) {
  job j = {.kernels = apus_loss_tier(),
           .rows = *rows,
           .weights = weights,
           .option = smoothing,
           .from = logits,
           .losses = losses,
           .to = probabilities};
  if (j.kernels)
    apus_parallel_for(rows->rows, apus_loss_grain(rows->classes, APUS_LOSS_EXPONENTIALS), label_forward_rows, &j);
  else
    apus_label_cross_entropy_forward_reference_f32(rows, weights, smoothing, logits, losses, probabilities);
}

static void label_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_label_rows rows = part(j, begin, end);
  j->kernels->label_cross_entropy_backward(&rows, j->weights, j->option, j->from + begin * rows.classes, j->dlosses + begin,
                                           j->to + begin * rows.classes);
}

void apus_label_cross_entropy_backward(const apus_label_rows *rows, const float *weights, float smoothing,
                                       const float *probabilities, const float *dlosses, float *dlogits) {
  job j = {.kernels = apus_loss_tier(),
           .rows = *rows,
           .weights = weights,
           .option = smoothing,
           .from = probabilities,
           .dlosses = dlosses,
           .to = dlogits};
  if (j.kernels)
    apus_parallel_for(rows->rows, apus_loss_grain(rows->classes, APUS_LOSS_PRODUCTS), label_backward_rows, &j);
  else
    apus_label_cross_entropy_backward_reference_f32(rows, weights, smoothing, probabilities, dlosses, dlogits);
}

static void target_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t classes = j->rows.classes, first = begin * classes;
  j->kernels->target_cross_entropy_forward(end - begin, classes, j->targets + first, j->weights, j->option, j->from + first,
                                           j->losses + begin, rows_from(j->to, begin, classes));
}

void apus_target_cross_entropy_forward(int64_t rows, int64_t classes, const float *targets, const float *weights, float smoothing,
                                       const float *logits, float *losses, float *probabilities) {
  job j = {.kernels = apus_loss_tier(),
           .rows = {.classes = classes},
           .targets = targets,
           .weights = weights,
           .option = smoothing,
           .from = logits,
           .losses = losses,
           .to = probabilities};
  if (j.kernels)
    apus_parallel_for(rows, apus_loss_grain(classes, APUS_LOSS_EXPONENTIALS), target_forward_rows, &j);
  else
    apus_target_cross_entropy_forward_reference_f32(rows, classes, targets, weights, smoothing, logits, losses, probabilities);
}

static void target_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  int64_t classes = j->rows.classes, first = begin * classes;
  j->kernels->target_cross_entropy_backward(end - begin, classes, j->targets + first, j->weights, j->option, j->from + first,
                                            j->dlosses + begin, j->to + first);
}

void apus_target_cross_entropy_backward(int64_t rows, int64_t classes, const float *targets, const float *weights,
                                        float smoothing, const float *probabilities, const float *dlosses, float *dlogits) {
  job j = {.kernels = apus_loss_tier(),
           .rows = {.classes = classes},
           .targets = targets,
           .weights = weights,
           .option = smoothing,
           .from = probabilities,
           .dlosses = dlosses,
           .to = dlogits};
  if (j.kernels)
    apus_parallel_for(rows, apus_loss_grain(classes, APUS_LOSS_PRODUCTS), target_backward_rows, &j);
  else
    apus_target_cross_entropy_backward_reference_f32(rows, classes, targets, weights, smoothing, probabilities, dlosses, dlogits);
}

static void focal_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_label_rows rows = part(j, begin, end);
  j->kernels->focal_forward(&rows, j->weights, j->option, j->from + begin * rows.classes, j->losses + begin,
                            j->new_slopes + begin, rows_from(j->to, begin, rows.classes));
}

void apus_focal_forward(const apus_label_rows *rows, const float *weights, float gamma, const float *logits, float *losses,
                        float *slopes, float *probabilities) {
  job j = {.kernels = apus_loss_tier(),
           .rows = *rows,
           .weights = weights,
           .option = gamma,
           .from = logits,
           .losses = losses,
           .new_slopes = slopes,
           .to = probabilities};
  if (j.kernels)
    apus_parallel_for(rows->rows, apus_loss_grain(rows->classes, APUS_LOSS_EXPONENTIALS), focal_forward_rows, &j);
  else
    apus_focal_forward_reference_f32(rows, weights, gamma, logits, losses, slopes, probabilities);
}

static void focal_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_label_rows rows = part(j, begin, end);
  j->kernels->focal_backward(&rows, j->slopes + begin, j->from + begin * rows.classes, j->dlosses + begin,
                             j->to + begin * rows.classes);
}

void apus_focal_backward(const apus_label_rows *rows, const float *slopes, const float *probabilities, const float *dlosses,
                         float *dlogits) {
  job j = {
      .kernels = apus_loss_tier(), .rows = *rows, .slopes = slopes, .from = probabilities, .dlosses = dlosses, .to = dlogits};
  if (j.kernels)
    apus_parallel_for(rows->rows, apus_loss_grain(rows->classes, APUS_LOSS_PRODUCTS), focal_backward_rows, &j);
  else
    apus_focal_backward_reference_f32(rows, slopes, probabilities, dlosses, dlogits);
}

static void hinge_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_label_rows rows = part(j, begin, end);
  j->kernels->hinge_forward(&rows, j->weights, j->option, j->from + begin * rows.classes, j->losses + begin);
}

void apus_hinge_forward(const apus_label_rows *rows, const float *weights, float margin, const float *scores, float *losses) {
  job j = {.kernels = apus_loss_tier(), .rows = *rows, .weights = weights, .option = margin, .from = scores, .losses = losses};
  if (j.kernels)
    apus_parallel_for(rows->rows, apus_loss_grain(rows->classes, APUS_LOSS_PRODUCTS), hinge_forward_rows, &j);
  else
    apus_hinge_forward_reference_f32(rows, weights, margin, scores, losses);
}

static void hinge_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  apus_label_rows rows = part(j, begin, end);
  j->kernels->hinge_backward(&rows, j->weights, j->option, j->from + begin * rows.classes, j->dlosses + begin,
                             j->to + begin * rows.classes);
}

void apus_hinge_backward(const apus_label_rows *rows, const float *weights, float margin, const float *scores,
                         const float *dlosses, float *dscores) {
  job j = {.kernels = apus_loss_tier(),
           .rows = *rows,
           .weights = weights,
           .option = margin,
           .from = scores,
           .dlosses = dlosses,
           .to = dscores};
  if (j.kernels)
    apus_parallel_for(rows->rows, apus_loss_grain(rows->classes, APUS_LOSS_PRODUCTS), hinge_backward_rows, &j);
  else
    apus_hinge_backward_reference_f32(rows, weights, margin, scores, dlosses, dscores);
}
