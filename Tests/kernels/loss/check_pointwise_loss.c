/* Losses of elements and their targets. */
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"

typedef struct pointwise_double {
  const pointwise_loss_call *run;
  double *weights, *x, *targets, *dlosses, *losses;
} pointwise_double;

static double weighed_losses(void *context) {
  const pointwise_double *d = context;
  double sum = 0;
  apus_pointwise_loss_forward_reference_f64(&d->run->loss, d->run->rows, d->run->columns, d->weights, d->x, d->targets,
                                            d->losses);
  for (int64_t i = 0; i < d->run->rows * d->run->columns; i++)
    sum += d->losses[i] * d->dlosses[i];
  return sum;
}

static double softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }

/* The sum of the magnitudes of what makes the loss and its derivative. */
static void magnitudes(const pointwise_double *d, double *loss, double *derivative) {
  const apus_pointwise_loss *l = &d->run->loss;
  for (int64_t i = 0; i < d->run->rows * d->run->columns; i++) {
    double x = d->x[i], t = d->targets[i], size = fabs(x - t),
           positive = d->weights ? d->weights[i % d->run->columns] : l->positive;
    double u = t > 0 ? x : -x, rate = l->gamma * (1 + softplus(u));
    switch (l->kind) {
    case APUS_LOSS_SQUARED:
      loss[i] = size * size;
      derivative[i] = 2 * size;
      break;
    case APUS_LOSS_ABSOLUTE:
      loss[i] = size;
      derivative[i] = 1;
      break;
    case APUS_LOSS_SMOOTH_L1:
      loss[i] = size < l->beta ? size * size / l->beta : size + l->beta;
      derivative[i] = fmin(1, size / l->beta);
      break;
    case APUS_LOSS_BINARY_CROSS_ENTROPY:
      loss[i] = positive * t * softplus(-x) + l->negative * (1 - t) * softplus(x);
      derivative[i] = positive * t * exp(-softplus(x)) + l->negative * (1 - t) * exp(-softplus(-x));
      break;
    case APUS_LOSS_BINARY_FOCAL:
      loss[i] = d->losses[i] * (1 + rate);
      derivative[i] = (t > 0 ? l->positive : l->negative) * exp(-l->gamma * softplus(u)) *
                      (exp(-softplus(u)) + l->gamma * softplus(-u)) * (1 + rate);
      break;
    }
    derivative[i] *= fabs(d->dlosses[i]);
  }
}

static void check_loss(const char *name, apus_pointwise_loss loss, int64_t rows, int64_t columns, float spread, int weighted) {
  static const char *const kinds[] = {"squared", "absolute", "smooth L1", "binary cross-entropy", "binary focal"};
  if (!check_case(name, "%s, %lld rows of %lld, up to %g%s", kinds[loss.kind], (long long)rows, (long long)columns,
                  (double)spread, weighted ? ", weighted" : ""))
    return;
  const int binary = loss.kind >= APUS_LOSS_BINARY_CROSS_ENTROPY;
  int64_t count = rows * columns;
  float *x = check_input(count), *targets = check_input(count), *dlosses = check_input(count), *weights = check_input(columns);
  check_fill(x, count);
  check_fill(targets, count);
  check_fill(dlosses, count);
  check_fill(weights, columns);
  for (int64_t i = 0; i < count; i++) {
    x[i] *= spread;
    if (loss.kind == APUS_LOSS_BINARY_FOCAL)
      targets[i] = targets[i] > 0;
    else if (binary)
      targets[i] = i % 3 == 0 ? (float)(i % 2) : fabsf(targets[i]);
    else if (i % 11 == 3)
      targets[i] = x[i]; /* no difference */
  }
  for (int64_t j = 0; j < columns; j++)
    weights[j] = fabsf(weights[j]);
  pointwise_loss_call given = {loss, rows, columns, weighted ? weights : NULL, x, targets, dlosses, NULL};
  pointwise_double d = {&given,
                        weighted ? check_widen(weights, columns) : NULL,
                        check_widen(x, count),
                        check_widen(targets, count),
                        check_widen(dlosses, count),
                        check_doubles(count)};
  double *want = check_doubles(count), *bound = check_doubles(count), *bound_derivative = check_doubles(count);
  apus_pointwise_loss_backward_reference_f64(&loss, rows, columns, d.weights, d.x, d.targets, d.dlosses, want);
  if (binary && spread <= 10) /* the others have kinks, which Swift's checks go round */
    check_gradient("derivative", weighed_losses, &d, d.x, want, count < 60 ? count : 60);
  weighed_losses(&d);
  magnitudes(&d, bound, bound_derivative);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    pointwise_loss_call r = given;
    if (!check_select(isa))
      continue;
    r.out = check_output(count, NULL);
    check_run("losses", call_pointwise_loss_forward, &r);
    check_close("losses", r.out, d.losses, bound, count, 64);
    float *apart = check_copy(r.out, count);
    r.x = r.out = check_output(count, x);
    check_run("losses in x", call_pointwise_loss_forward, &r);
    check_same_bits("losses in x", r.out, apart, sizeof(float), count);
    r.x = x;
    r.out = check_output(count, NULL);
    check_run("derivatives", call_pointwise_loss_backward, &r);
    check_close("dx", r.out, want, bound_derivative, count, 64);
    apart = check_copy(r.out, count);
    r.dlosses = r.out = check_output(count, dlosses);
    check_run("derivatives in dlosses", call_pointwise_loss_backward, &r);
    check_same_bits("dx in dlosses", r.out, apart, sizeof(float), count);
  }
}

/* A NaN must show, and what is infinite. */
static void check_specials(void) {
  if (!check_case("NaN and infinity", "in x"))
    return;
  const float x[] = {NAN, INFINITY, -INFINITY, 1}, targets[] = {1, 0, 1, 0};
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    for (int kind = APUS_LOSS_SQUARED; kind <= APUS_LOSS_BINARY_FOCAL; kind++) {
      const apus_pointwise_loss loss = {(apus_pointwise_kind)kind, 1, 2, 1, 1};
      float y[4];
      apus_pointwise_loss_forward(&loss, 1, 4, NULL, x, targets, y);
      check_that(isnan(y[0]) && !isfinite(y[1]) && !isfinite(y[2]) && isfinite(y[3]), "kind %d gives %g %g %g %g", kind,
                 (double)y[0], (double)y[1], (double)y[2], (double)y[3]);
    }
  }
}

void check_pointwise_loss_family(void) {
  static const apus_pointwise_loss losses[] = {
      {APUS_LOSS_SQUARED, 0, 0, 0, 0},
      {APUS_LOSS_ABSOLUTE, 0, 0, 0, 0},
      {APUS_LOSS_SMOOTH_L1, 1, 0, 0, 0},
      {APUS_LOSS_SMOOTH_L1, 0.25, 0, 0, 0},
      {APUS_LOSS_BINARY_CROSS_ENTROPY, 0, 0, 1, 1},
      {APUS_LOSS_BINARY_CROSS_ENTROPY, 0, 0, 3.5, 1},
      {APUS_LOSS_BINARY_FOCAL, 0, 2, 0.25, 0.75},
      {APUS_LOSS_BINARY_FOCAL, 0, 0, 1, 1},
      {APUS_LOSS_BINARY_FOCAL, 0, 0.5, 1, 1},
  };
  check_specials();
  for (int i = 0; i < (int)(sizeof losses / sizeof losses[0]); i++) {
    char name[32];
    snprintf(name, sizeof name, "loss %d", i);
    check_loss(name, losses[i], 1, 1, 1, 0);
    check_loss(name, losses[i], 0, 7, 1, 0);
    check_loss(name, losses[i], 7, 13, 3, 0);
    check_loss(name, losses[i], 3, 31, 60, 0);
    check_loss(name, losses[i], 1, 40007, 4, 0);
  }
  check_loss("weighted, one column", losses[4], 33, 1, 4, 1);
  check_loss("weighted, 3 columns", losses[4], 33, 3, 4, 1);
  check_loss("weighted, 80 columns", losses[4], 700, 80, 4, 1);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t which = check_random_int(0, 8);
      check_loss(name, losses[which], check_random_int(1, 60), check_random_int(1, 90), (float)check_random_int(1, 20),
                 losses[which].kind == APUS_LOSS_BINARY_CROSS_ENTROPY && check_random_int(0, 1));
    }
  }
}
