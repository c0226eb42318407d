/* Losses of rows of scores: cross-entropy with labels or targets, focal, hinge, log-likelihood; log-softmax. */
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"

/* The same on the double references. */
typedef struct class_double {
  class_loss kind;
  apus_label_rows rows;
  double *scores, *targets, *weights, *probabilities, *slopes, *dlosses, *losses, *gradient;
  double option;
} class_double;

static void forward_double(const class_double *d) {
  switch (d->kind) {
  case LOSS_LABELS:
    apus_label_cross_entropy_forward_reference_f64(&d->rows, d->weights, d->option, d->scores, d->losses, d->probabilities);
    break;
  case LOSS_TARGETS:
    apus_target_cross_entropy_forward_reference_f64(d->rows.rows, d->rows.classes, d->targets, d->weights, d->option, d->scores,
                                                    d->losses, d->probabilities);
    break;
  case LOSS_FOCAL:
    apus_focal_forward_reference_f64(&d->rows, d->weights, d->option, d->scores, d->losses, d->slopes, d->probabilities);
    break;
  case LOSS_HINGE:
    apus_hinge_forward_reference_f64(&d->rows, d->weights, d->option, d->scores, d->losses);
    break;
  }
}

static void backward_double(const class_double *d) {
  switch (d->kind) {
  case LOSS_LABELS:
    apus_label_cross_entropy_backward_reference_f64(&d->rows, d->weights, d->option, d->probabilities, d->dlosses, d->gradient);
    break;
  case LOSS_TARGETS:
    apus_target_cross_entropy_backward_reference_f64(d->rows.rows, d->rows.classes, d->targets, d->weights, d->option,
                                                     d->probabilities, d->dlosses, d->gradient);
    break;
  case LOSS_FOCAL:
    apus_focal_backward_reference_f64(&d->rows, d->slopes, d->probabilities, d->dlosses, d->gradient);
    break;
  case LOSS_HINGE:
    apus_hinge_backward_reference_f64(&d->rows, d->weights, d->option, d->scores, d->dlosses, d->gradient);
    break;
  }
}

static double weighed_losses(void *context) {
  const class_double *d = context;
  double sum = 0;
  forward_double(d);
  for (int64_t i = 0; i < d->rows.rows; i++)
    sum += d->losses[i] * d->dlosses[i];
  return sum;
}

static class_double widened(const class_loss_call *r) {
  int64_t rows = r->rows.rows, count = rows * r->rows.classes;
  return (class_double){.kind = r->kind,
                        .rows = r->rows,
                        .scores = check_widen(r->scores, count),
                        .targets = r->targets ? check_widen(r->targets, count) : NULL,
                        .weights = r->weights ? check_widen(r->weights, r->rows.classes) : NULL,
                        .probabilities = check_doubles(count),
                        .slopes = check_doubles(rows),
                        .dlosses = check_widen(r->dlosses, rows),
                        .losses = check_doubles(rows),
                        .gradient = check_doubles(count),
                        .option = (double)r->option};
}

/* exp(z − max) inherits the rounding of z − max, |z − max|·eps relative; a sum of them the weighted mean of those. `others`: the
 * same without the label. */
typedef struct row_errors {
  double max, mean, others, logarithm;
} row_errors;

static row_errors errors_of(const class_double *d, int64_t i) {
  row_errors e = {.max = -INFINITY};
  int64_t classes = d->rows.classes;
  const double *z = d->scores + i * classes, *p = d->probabilities + i * classes;
  double sum = 0, rest = 0;
  for (int64_t j = 0; j < classes; j++)
    e.max = fmax(e.max, z[j]);
  for (int64_t j = 0; j < classes; j++) {
    sum += exp(z[j] - e.max);
    e.mean += p[j] * (e.max - z[j]);
    if (j != d->rows.labels[i]) {
      rest += p[j];
      e.others += p[j] * (e.max - z[j]);
    }
  }
  e.others = rest > 0 ? e.others / rest : 0;
  e.logarithm = log(sum);
  return e;
}

static double share_of(const class_double *d, int64_t i, int64_t j) {
  double weight = d->weights ? d->weights[j] : 1, own = (double)(d->rows.labels[i] == j);
  double target = d->kind == LOSS_TARGETS ? d->targets[i * d->rows.classes + j] : own;
  return d->rows.labels[i] == d->rows.ignored ? 0 : weight * (target * (1 - d->option) + d->option / (double)d->rows.classes);
}

static void forward_bounds(const class_double *d, double *loss, double *slope, double *probability) {
  for (int64_t i = 0; i < d->rows.rows; i++) {
    int64_t classes = d->rows.classes, label = d->rows.labels[i];
    const double *z = d->scores + i * classes, *p = d->probabilities + i * classes;
    row_errors e = errors_of(d, i);
    loss[i] = slope[i] = 0;
    for (int64_t j = 0; j < classes; j++)
      probability[i * classes + j] = p[j] * (1 + (e.max - z[j]) + e.mean);
    if (label == d->rows.ignored)
      continue;
    if (d->kind == LOSS_LABELS || d->kind == LOSS_TARGETS) {
      for (int64_t j = 0; j < classes; j++) {
        double q = share_of(d, i, j);
        loss[i] += q == 0 ? 0 : q * (1 + e.logarithm + (e.max - z[j]) + e.mean);
      }
    } else if (d->kind == LOSS_FOCAL) {
      double weight = d->weights ? d->weights[label] : 1, rest = 0, relative = 2 + e.others + e.mean;
      for (int64_t j = 0; j < classes; j++)
        rest += j == label ? 0 : p[j];
      double power = weight * pow(rest, d->option);
      double logarithm = z[label] == e.max ? log1p(rest / (1 - rest)) : e.logarithm + e.max - z[label];
      double error = z[label] == e.max ? logarithm * (1 + e.others) : 1 + logarithm + e.max - z[label] + e.mean;
      double ratio = rest > 0 ? d->option * p[label] / rest : 0;
      loss[i] = power * (logarithm * (1 + d->option * relative) + error);
      slope[i] = power * ((1 + ratio * logarithm) * (1 + d->option * relative) +
                          ratio * (error + logarithm * (relative + 1 + e.max - z[label])));
    } else {
      for (int64_t j = 0; j < classes; j++)
        loss[i] += (d->weights ? d->weights[label] : 1) * (fabs(z[j]) + fabs(z[label]) + d->option);
    }
  }
}

static void check_forward(const class_loss_call *given, const class_double *d) {
  int64_t rows = given->rows.rows, classes = given->rows.classes, count = rows * classes;
  double *loss = check_doubles(rows), *slope = check_doubles(rows), *probability = check_doubles(count);
  forward_double(d);
  if (given->kind != LOSS_HINGE)
    forward_bounds(d, loss, slope, probability);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    class_loss_call r = *given;
    if (!check_select(isa))
      continue;
    float *losses = r.losses = check_output(rows, NULL);
    if (r.kind == LOSS_HINGE) { /* whole numbers: exact */
      check_run("hinge", call_class_loss_forward, &r);
      check_exact("hinge", losses, d->losses, rows);
      continue;
    }
    float *slopes = r.slopes = check_output(rows, NULL), *probabilities = r.out = check_output(count, NULL);
    check_run("losses and probabilities", call_class_loss_forward, &r);
    check_close("losses", losses, d->losses, loss, rows, (double)classes + 16);
    check_close("probabilities", probabilities, d->probabilities, probability, count, (double)classes);
    if (r.kind == LOSS_FOCAL)
      check_close("slopes", slopes, d->slopes, slope, rows, (double)classes + 16);
    float *first_losses = check_copy(losses, rows), *first_p = check_copy(probabilities, count);
    r.out = NULL;
    check_run("losses alone", call_class_loss_forward, &r);
    check_same_bits("losses alone", losses, first_losses, sizeof(float), rows);
    r.scores = r.out = check_output(count, given->scores);
    check_run("probabilities in scores", call_class_loss_forward, &r);
    check_same_bits("losses, probabilities in scores", losses, first_losses, sizeof(float), rows);
    check_same_bits("probabilities in scores", r.out, first_p, sizeof(float), count);
  }
}

static void check_backward(class_loss_call *given, class_double *d) {
  int64_t rows = given->rows.rows, classes = given->rows.classes, count = rows * classes;
  double *bound = check_doubles(count);
  float *probabilities = check_input(count), *slopes = check_input(rows);
  for (int64_t i = 0; i < count; i++)
    probabilities[i] = (float)d->probabilities[i];
  for (int64_t i = 0; i < rows; i++)
    slopes[i] = (float)d->slopes[i];
  d->probabilities = check_widen(probabilities, count);
  d->slopes = check_widen(slopes, rows);
  given->probabilities = probabilities;
  given->given_slopes = slopes;
  backward_double(d);
  for (int64_t i = 0; i < rows && given->kind != LOSS_HINGE; i++) {
    double sum = 0;
    for (int64_t j = 0; j < classes; j++)
      sum += share_of(d, i, j);
    for (int64_t j = 0; j < classes; j++) {
      double p = d->probabilities[i * classes + j];
      bound[i * classes + j] = given->kind == LOSS_FOCAL ? fabs(d->dlosses[i] * d->slopes[i]) * (p + (j == d->rows.labels[i]))
                                                         : fabs(d->dlosses[i]) * (p * sum + share_of(d, i, j));
    }
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    class_loss_call r = *given;
    if (!check_select(isa))
      continue;
    r.out = check_output(count, NULL);
    check_run("backward", call_class_loss_backward, &r);
    if (r.kind == LOSS_HINGE) {
      check_exact("dscores", r.out, d->gradient, count);
      continue;
    }
    check_close("dlogits", r.out, d->gradient, bound, count, (double)classes);
    float *apart = check_copy(r.out, count);
    r.probabilities = r.out = check_output(count, probabilities);
    check_run("backward in place", call_class_loss_backward, &r);
    check_same_bits("dlogits in place", r.out, apart, sizeof(float), count);
  }
}

/* The references themselves, against differences. */
static void check_differences(class_double *d) {
  int64_t count = d->rows.rows * d->rows.classes;
  forward_double(d);
  backward_double(d);
  check_gradient("gradient", weighed_losses, d, d->scores, d->gradient, count < 60 ? count : 60);
}

static void check_shape(const char *name, class_loss kind, int64_t rows, int64_t classes, float spread, float option,
                        int weighted, int64_t ignored) {
  static const char *const kinds[] = {"labels", "targets", "focal", "hinge"};
  if (!check_case(name, "%s, %lld rows of %lld classes, scores up to %g, option %g, ignored %lld%s", kinds[kind], (long long)rows,
                  (long long)classes, (double)spread, (double)option, (long long)ignored, weighted ? ", weighted" : ""))
    return;
  int64_t count = rows * classes;
  float *scores = check_input(count), *targets = check_input(count), *weights = check_input(classes);
  float *dlosses = check_input(rows);
  int32_t *labels = check_input_ints(rows);
  if (kind == LOSS_HINGE) {
    check_fill_integers(scores, count, (int)spread);
    check_fill_integers(dlosses, rows, 5);
    check_fill_integers(weights, classes, 4);
  } else {
    check_fill(scores, count);
    check_fill(dlosses, rows);
    for (int64_t i = 0; i < count; i++)
      scores[i] *= spread;
    for (int64_t j = 0; j < classes; j++)
      weights[j] = (float)fabs(check_random_real()) + (j % 5 == 4 ? 0 : 0.1f);
  }
  for (int64_t i = 0; i < rows; i++) {
    double sum = 0;
    for (int64_t j = 0; j < classes; j++)
      sum += targets[i * classes + j] = j % 3 == 1 ? 0 : (float)fabs(check_random_real());
    for (int64_t j = 0; j < classes; j++)
      targets[i * classes + j] = (float)(targets[i * classes + j] / sum);
    labels[i] = (int32_t)check_random_int(0, classes - 1);
    if (ignored != APUS_IGNORE_NONE && kind != LOSS_TARGETS && i % 3 == 1)
      labels[i] = (int32_t)ignored;
  }
  class_loss_call r = {.kind = kind,
                       .rows = {rows, classes, labels, ignored},
                       .scores = scores,
                       .targets = kind == LOSS_TARGETS ? targets : NULL,
                       .weights = weighted ? weights : NULL,
                       .dlosses = dlosses,
                       .option = option};
  class_double d = widened(&r);
  check_that(apus_label_rows_check(&r.rows) == -1, "good labels are refused");
  check_that(apus_target_rows_check_f32(rows, classes, targets) == -1, "good targets are refused");
  check_forward(&r, &d);
  if (spread <= 10 && kind != LOSS_HINGE)
    check_differences(&d);
  check_backward(&r, &d);
}

/* What only moves numbers is checked against a loop. */
static void check_log_likelihood(void) {
  if (!check_case("log-likelihood", "5 rows of 3 classes, one ignored"))
    return;
  const int32_t labels[] = {2, 0, -100, 1, 1};
  const apus_label_rows rows = {5, 3, labels, -100};
  const float weights[] = {2, 4, 8}, dlosses[] = {1, 2, 3, 4, 5};
  float x[15], losses[5], dx[15], row_weights[5];
  for (int i = 0; i < 15; i++)
    x[i] = (float)-i;
  apus_negative_log_likelihood_forward_f32(&rows, weights, x, losses);
  apus_negative_log_likelihood_backward_f32(&rows, weights, dlosses, dx);
  apus_label_weights_f32(&rows, weights, row_weights);
  const double want[] = {16, 6, 0, 40, 52}, want_weights[] = {8, 2, 0, 4, 4};
  const double want_dx[] = {0, 0, -8, -4, 0, 0, 0, 0, 0, 0, -16, 0, 0, -20, 0};
  check_exact("losses", losses, want, 5);
  check_exact("weights", row_weights, want_weights, 5);
  check_exact("dx", dx, want_dx, 15);
}

static void check_refusals(void) {
  if (!check_case("labels and targets", "bad ones are found"))
    return;
  int32_t labels[] = {0, 3, 7, -1, 2};
  apus_label_rows rows = {5, 4, labels, 7};
  check_that(apus_label_rows_check(&rows) == 3, "the label −1 is not found");
  rows.ignored = -1;
  check_that(apus_label_rows_check(&rows) == 2, "the label 7 is not found");
  rows.ignored = APUS_IGNORE_NONE;
  check_that(apus_label_rows_check(&rows) == 2, "not the first of two bad labels");
  const float bad[] = {NAN, INFINITY, -INFINITY, -0.5f, 1.5f, 0.75f};
  for (int i = 0; i < 6; i++) {
    float targets[] = {0.5f, 0.5f, 1, 0, 0.25f, 0.75f};
    targets[3] = bad[i];
    check_that(apus_target_rows_check_f32(3, 2, targets) == 1, "a row with target %g is not found", (double)bad[i]);
  }
}

typedef struct softmax_run {
  int64_t rows, classes;
  const float *x, *dy;
  float *out;
} softmax_run;

static void run_log_softmax(void *context) {
  softmax_run *r = context;
  apus_log_softmax_forward(r->rows, r->classes, r->x, r->out);
}

static void run_log_softmax_backward(void *context) {
  softmax_run *r = context;
  apus_log_softmax_backward(r->rows, r->classes, r->x, r->dy, r->out);
}

static void check_log_softmax(const char *name, int64_t rows, int64_t classes, float spread) {
  if (!check_case(name, "log-softmax, %lld rows of %lld classes, up to %g", (long long)rows, (long long)classes, (double)spread))
    return;
  int64_t count = rows * classes;
  float *x = check_input(count), *y = check_input(count), *dy = check_input(count);
  double *want = check_doubles(count), *bound = check_doubles(count), *want_dx = check_doubles(count),
         *bound_dx = check_doubles(count);
  check_fill(x, count);
  check_fill(dy, count);
  for (int64_t i = 0; i < count; i++)
    x[i] *= spread;
  apus_log_softmax_forward_reference_f64(rows, classes, check_widen(x, count), want);
  for (int64_t i = 0; i < count; i++)
    y[i] = (float)want[i];
  apus_log_softmax_backward_reference_f64(rows, classes, check_widen(y, count), check_widen(dy, count), want_dx);
  for (int64_t i = 0; i < rows; i++) {
    double max = -INFINITY, mean = 0, sum = 0;
    for (int64_t j = i * classes; j < (i + 1) * classes; j++) {
      max = fmax(max, x[j]);
      sum += fabs((double)dy[j]);
    }
    for (int64_t j = i * classes; j < (i + 1) * classes; j++)
      mean += exp(want[j]) * (max - x[j]);
    for (int64_t j = i * classes; j < (i + 1) * classes; j++) {
      bound[j] = 1 + 2 * (max - x[j]) - want[j] + mean;
      bound_dx[j] = fabs((double)dy[j]) + exp((double)y[j]) * sum;
    }
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    softmax_run r = {rows, classes, x, dy, NULL};
    if (!check_select(isa))
      continue;
    r.out = check_output(count, NULL);
    check_run("log-softmax", run_log_softmax, &r);
    check_close("log-softmax", r.out, want, bound, count, (double)classes);
    float *apart = check_copy(r.out, count);
    r.x = r.out = check_output(count, x);
    check_run("log-softmax in place", run_log_softmax, &r);
    check_same_bits("log-softmax in place", r.out, apart, sizeof(float), count);
    r.x = y;
    r.out = check_output(count, NULL);
    check_run("log-softmax backward", run_log_softmax_backward, &r);
    check_close("dx", r.out, want_dx, bound_dx, count, (double)classes);
    apart = check_copy(r.out, count);
    r.dy = r.out = check_output(count, dy);
    check_run("log-softmax backward in place", run_log_softmax_backward, &r);
    check_same_bits("dx in place", r.out, apart, sizeof(float), count);
  }
}

void check_class_loss_family(void) {
  check_refusals();
  check_log_likelihood();
  check_log_softmax("log-softmax of 10", 33, 10, 4);
  check_log_softmax("log-softmax of one", 5, 1, 4);
  check_log_softmax("log-softmax of 1000", 9, 1000, 8);
  check_log_softmax("log-softmax of hundreds", 40, 17, 300);
  check_shape("labels", LOSS_LABELS, 33, 10, 4, 0, 0, APUS_IGNORE_NONE);
  check_shape("labels, none", LOSS_LABELS, 0, 10, 4, 0, 0, APUS_IGNORE_NONE);
  check_shape("labels, one class", LOSS_LABELS, 5, 1, 4, 0.1f, 1, -100);
  check_shape("labels, weighted", LOSS_LABELS, 33, 10, 4, 0, 1, APUS_IGNORE_NONE);
  check_shape("labels, ignored outside", LOSS_LABELS, 33, 10, 4, 0, 0, -100);
  check_shape("labels, ignored inside", LOSS_LABELS, 33, 17, 4, 0, 1, 3);
  check_shape("labels, smoothed", LOSS_LABELS, 33, 17, 4, 0.1f, 0, -100);
  check_shape("labels, smoothed and weighted", LOSS_LABELS, 9, 33, 4, 0.2f, 1, 255);
  check_shape("labels, smoothing 1", LOSS_LABELS, 9, 5, 4, 1, 1, APUS_IGNORE_NONE);
  check_shape("labels, 1000 classes", LOSS_LABELS, 9, 1000, 8, 0.1f, 1, APUS_IGNORE_NONE);
  check_shape("labels, many pixels", LOSS_LABELS, 5003, 21, 6, 0, 1, 255);
  check_shape("labels, logits of a hundred", LOSS_LABELS, 31, 15, 100, 0.1f, 0, APUS_IGNORE_NONE);
  check_shape("targets", LOSS_TARGETS, 33, 10, 4, 0, 0, APUS_IGNORE_NONE);
  check_shape("targets, weighted and smoothed", LOSS_TARGETS, 33, 17, 4, 0.1f, 1, APUS_IGNORE_NONE);
  check_shape("targets, many", LOSS_TARGETS, 3001, 10, 6, 0, 1, APUS_IGNORE_NONE);
  check_shape("targets, logits of a hundred", LOSS_TARGETS, 31, 33, 100, 0, 0, APUS_IGNORE_NONE);
  check_shape("focal", LOSS_FOCAL, 33, 10, 4, 2, 0, APUS_IGNORE_NONE);
  check_shape("focal, weighted, ignored", LOSS_FOCAL, 33, 17, 4, 2, 1, -100);
  check_shape("focal, gamma 0", LOSS_FOCAL, 33, 5, 4, 0, 1, 2);
  check_shape("focal, gamma below 1", LOSS_FOCAL, 33, 33, 6, 0.5f, 0, APUS_IGNORE_NONE);
  check_shape("focal, one class", LOSS_FOCAL, 7, 1, 4, 2, 0, APUS_IGNORE_NONE);
  check_shape("focal, 2 classes, sure", LOSS_FOCAL, 200, 2, 80, 2, 0, APUS_IGNORE_NONE);
  check_shape("focal, many pixels", LOSS_FOCAL, 5003, 21, 6, 2, 1, 255);
  check_shape("hinge", LOSS_HINGE, 33, 10, 4, 1, 0, APUS_IGNORE_NONE);
  check_shape("hinge, weighted, ignored", LOSS_HINGE, 33, 17, 6, 2, 1, -100);
  check_shape("hinge, one class", LOSS_HINGE, 5, 1, 6, 1, 0, APUS_IGNORE_NONE);
  check_shape("hinge, 1000 classes", LOSS_HINGE, 9, 1000, 20, 3, 1, 5);
  check_shape("hinge, many", LOSS_HINGE, 5003, 10, 9, 1, 0, APUS_IGNORE_NONE);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      class_loss kind = (class_loss)check_random_int(LOSS_LABELS, LOSS_HINGE);
      float option = kind == LOSS_HINGE   ? (float)check_random_int(0, 4)
                     : kind == LOSS_FOCAL ? (float)check_random_int(0, 5)
                                          : 0.05f;
      check_shape(name, kind, check_random_int(1, 130), check_random_int(1, 120), (float)check_random_int(1, 30), option,
                  (int)check_random_int(0, 1), check_random_int(0, 1) ? -1 : APUS_IGNORE_NONE);
    }
  }
}
