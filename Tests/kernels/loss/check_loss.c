/* Softmax. */
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"

typedef struct loss_run {
  int64_t rows, classes;
  const float *logits, *probabilities, *dy;
  float *out;
} loss_run;

static void run_softmax(void *context) {
  loss_run *run = context;
  apus_softmax_forward(run->rows, run->classes, run->logits, run->out);
}

static void run_softmax_backward(void *context) {
  loss_run *run = context;
  apus_softmax_backward(run->rows, run->classes, run->probabilities, run->dy, run->out);
}

/* exp(z − max) inherits the rounding of z − max, |z − max|·eps relative; the sum inherits the weighted mean of those. */
static void magnitudes(const loss_run *run, const double *probabilities, double *probability) {
  for (int64_t i = 0; i < run->rows; i++) {
    const float *z = run->logits + i * run->classes;
    const double *p = probabilities + i * run->classes;
    double greatest = -INFINITY, mean_distance = 0;
    for (int64_t j = 0; j < run->classes; j++)
      greatest = fmax(greatest, z[j]);
    for (int64_t j = 0; j < run->classes; j++)
      mean_distance += p[j] * (greatest - z[j]);
    for (int64_t j = 0; j < run->classes; j++)
      probability[i * run->classes + j] = p[j] * (1 + (greatest - z[j]) + mean_distance);
  }
}

static void check_forward(const loss_run *given, double *want_p, double *bound_p) {
  int64_t rows = given->rows, classes = given->classes, count = rows * classes;
  apus_softmax_forward_reference_f64(rows, classes, check_widen(given->logits, count), want_p);
  magnitudes(given, want_p, bound_p);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    loss_run run = *given;
    if (!check_select(isa))
      continue;
    run.out = check_output(count, NULL);
    check_run("softmax", run_softmax, &run);
    check_close("softmax", run.out, want_p, bound_p, count, (double)classes);
    float *softmax = check_copy(run.out, count);
    run.logits = run.out = check_output(count, given->logits);
    check_run("softmax in place", run_softmax, &run);
    check_same_bits("softmax in place", run.out, softmax, sizeof(float), count);
  }
}

static void check_backward(const loss_run *given) {
  int64_t rows = given->rows, classes = given->classes, count = rows * classes;
  double *want = check_doubles(count), *bound = check_doubles(count);
  apus_softmax_backward_reference_f64(rows, classes, check_widen(given->probabilities, count), check_widen(given->dy, count),
                                      want);
  for (int64_t i = 0; i < rows; i++) {
    double sum = 0;
    for (int64_t j = i * classes; j < (i + 1) * classes; j++)
      sum += fabs((double)given->dy[j] * given->probabilities[j]);
    for (int64_t j = i * classes; j < (i + 1) * classes; j++)
      bound[j] = fabs((double)given->probabilities[j]) * (fabs((double)given->dy[j]) + sum);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    loss_run run = *given;
    if (!check_select(isa))
      continue;
    run.out = check_output(count, NULL);
    check_run("softmax backward", run_softmax_backward, &run);
    check_close("dx", run.out, want, bound, count, (double)classes);
    float *apart = check_copy(run.out, count);
    run.dy = run.out = check_output(count, given->dy);
    check_run("softmax backward in place", run_softmax_backward, &run);
    check_same_bits("dx in place", run.out, apart, sizeof(float), count);
  }
}

static void check_shape(const char *name, int64_t rows, int64_t classes, float spread) {
  if (!check_case(name, "%lld rows of %lld classes, logits up to %g", (long long)rows, (long long)classes, (double)spread))
    return;
  int64_t count = rows * classes;
  float *logits = check_input(count), *probabilities = check_input(count), *dy = check_input(count);
  check_fill(logits, count);
  check_fill(dy, count);
  for (int64_t i = 0; i < count; i++)
    logits[i] *= spread;
  loss_run run = {.rows = rows, .classes = classes, .logits = logits, .probabilities = probabilities, .dy = dy};
  double *want_p = check_doubles(count), *bound_p = check_doubles(count);
  check_forward(&run, want_p, bound_p);
  for (int64_t i = 0; i < count; i++)
    probabilities[i] = (float)want_p[i];
  check_backward(&run);
}

/* A logit that is not finite must show: nothing may be turned into a number silently. */
static void check_specials(void) {
  if (!check_case("NaN and infinite logits", "4 rows of 5 classes"))
    return;
  const float logits[] = {1, NAN, 0, 2, 1, 1, INFINITY, 0, 2, 1, 1, -INFINITY, 0, 2, 1, 1, 2, 3, 4, 5};
  const int32_t labels[] = {0, 0, 0, 4};
  const apus_label_rows rows = {4, 5, labels, APUS_IGNORE_NONE};
  double want_loss[4], want_p[20];
  double wide[20];
  for (int i = 0; i < 20; i++)
    wide[i] = logits[i];
  apus_label_cross_entropy_forward_reference_f64(&rows, NULL, 0, wide, want_loss, want_p);
  check_that(isnan(want_p[0]) && isnan(want_p[5]) && want_p[11] == 0 && isfinite(want_loss[2]),
             "the reference turns NaN or infinity into numbers");
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    float *losses = check_output(4, NULL), *p = check_output(20, NULL);
    apus_label_cross_entropy_forward(&rows, NULL, 0, logits, losses, p);
    for (int i = 0; i < 4; i++)
      check_that(isnan(losses[i]) == isnan(want_loss[i]), "loss %d is %g, want %g", i, (double)losses[i], want_loss[i]);
    for (int i = 0; i < 20; i++)
      check_that(isnan(p[i]) == isnan(want_p[i]), "probability %d is %g, want %g", i, (double)p[i], want_p[i]);
    check_that(p[11] == 0, "the probability of −inf is %g", (double)p[11]);
    apus_softmax_forward(4, 5, logits, p);
    for (int i = 0; i < 20; i++)
      check_that(isnan(p[i]) == isnan(want_p[i]), "softmax %d is %g, want %g", i, (double)p[i], want_p[i]);
  }
}

void check_loss_family(void) {
  check_specials();
  const bench_shape *line;
  for (int i = 0; (line = check_line("loss", i)); i++)
    check_shape(line->name, line->size[0], line->size[1], (float)shape_number(line, "spread"));
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t rows = check_random_int(1, 130), classes = check_random_int(1, 120);
      check_shape(name, rows, classes, (float)check_random_int(1, 30));
    }
  }
}
