/* Stochastic gradient descent and Adam: several parameters in one call. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { MAX_ITEMS = 8 };

typedef struct sgd_run {
  int64_t items;
  apus_sgd_item item[MAX_ITEMS];
  float learning_rate, momentum;
  int nesterov;
} sgd_run;

static void run_sgd(void *context) {
  sgd_run *run = context;
  apus_sgd_step(run->items, run->item, run->learning_rate, run->momentum, run->nesterov);
}

/* The terms of the step all with a positive sign: absolute values, and −learning_rate for the subtraction. */
static void reference(const sgd_run *run, int i, const float *value, const float *velocity, int magnitudes, double *want_value,
                      double *want_velocity) {
  const apus_sgd_item *item = &run->item[i];
  for (int64_t j = 0; j < item->count; j++) {
    want_value[j] = magnitudes ? fabs((double)value[j]) : (double)value[j];
    want_velocity[j] = !velocity ? 0 : magnitudes ? fabs((double)velocity[j]) : (double)velocity[j];
  }
  const double *gradient = magnitudes ? check_magnitude(item->gradient, item->count) : check_widen(item->gradient, item->count);
  apus_sgd_step_reference_f64(item->count, want_value, gradient, velocity ? want_velocity : NULL, item->weight_decay,
                              magnitudes ? -(double)run->learning_rate : (double)run->learning_rate, run->momentum,
                              run->nesterov);
}

static void check_items(const char *name, int64_t items, const int64_t *counts, float momentum, int nesterov) {
  if (!check_case(name, "%lld parameters, the first of %lld, momentum %g%s", (long long)items, (long long)(items ? counts[0] : 0),
                  (double)momentum, nesterov ? " (Nesterov)" : ""))
    return;
  sgd_run run = {.items = items, .learning_rate = 0.1f, .momentum = momentum, .nesterov = nesterov};
  float *value[MAX_ITEMS], *velocity[MAX_ITEMS];
  double *want[MAX_ITEMS], *want_velocity[MAX_ITEMS], *bound[MAX_ITEMS], *bound_velocity[MAX_ITEMS];
  for (int i = 0; i < items; i++) {
    int64_t count = counts[i];
    float *gradient = check_input(count);
    check_fill(gradient, count);
    check_fill(value[i] = check_input(count), count);
    velocity[i] = momentum == 0 ? NULL : check_input(count);
    if (velocity[i])
      check_fill(velocity[i], count);
    run.item[i] = (apus_sgd_item){.count = count, .gradient = gradient, .weight_decay = i % 2 ? 0 : 0.01f * (float)(i + 1)};
    want[i] = check_doubles(count);
    want_velocity[i] = check_doubles(count);
    bound[i] = check_doubles(count);
    bound_velocity[i] = check_doubles(count);
    reference(&run, i, value[i], velocity[i], 0, want[i], want_velocity[i]);
    reference(&run, i, value[i], velocity[i], 1, bound[i], bound_velocity[i]);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    for (int i = 0; i < items; i++) {
      run.item[i].value = check_output(counts[i], value[i]);
      run.item[i].velocity = velocity[i] ? check_output(counts[i], velocity[i]) : NULL;
    }
    check_run("sgd", run_sgd, &run);
    for (int i = 0; i < items; i++) {
      check_close("value", run.item[i].value, want[i], bound[i], counts[i], 4);
      if (velocity[i])
        check_close("velocity", run.item[i].velocity, want_velocity[i], bound_velocity[i], counts[i], 3);
    }
  }
}

/* ---- Adam ------------------------------------------------------------------------------------------------------- */

typedef struct adam_run {
  int64_t items;
  apus_adam_item item[MAX_ITEMS];
  apus_adam_options options;
} adam_run;

static void run_adam(void *context) {
  adam_run *run = context;
  apus_adam_step(run->items, run->item, &run->options);
}

/* What a parameter holds before the step, after it in double, and the sums of the terms' magnitudes. */
typedef struct adam_case {
  float *value, *m, *v;
  double *want, *want_m, *want_v, *bound, *bound_m, *bound_v;
} adam_case;

static adam_case make_adam(apus_adam_item *item, const apus_adam_options *o, int64_t count, float weight_decay) {
  adam_case c = {.value = check_input(count), .m = check_input(count), .v = check_input(count)};
  float *gradient = check_input(count);
  float *all[] = {c.value, c.m, c.v, gradient};
  for (int i = 0; i < 4; i++)
    check_fill(all[i], count);
  for (int64_t j = 0; j < count; j++)
    c.v[j] = c.v[j] * c.v[j] + 0.01f; /* a mean of squares */
  *item = (apus_adam_item){.count = count, .gradient = gradient, .weight_decay = weight_decay};
  c.want = check_widen(c.value, count);
  c.want_m = check_widen(c.m, count);
  c.want_v = check_widen(c.v, count);
  apus_adam_step_reference_f64(count, c.want, check_widen(gradient, count), c.want_m, c.want_v, weight_decay, o);
  c.bound = check_doubles(count);
  c.bound_m = check_doubles(count);
  c.bound_v = check_doubles(count);
  const double unbias1 = 1 - pow(o->beta1, (double)o->step), unbias2 = 1 - pow(o->beta2, (double)o->step);
  for (int64_t j = 0; j < count; j++) {
    const double w = fabs((double)c.value[j]), g = fabs((double)gradient[j]) + (o->decoupled ? 0 : weight_decay * w);
    c.bound_m[j] = o->beta1 * fabs((double)c.m[j]) + (1 - (double)o->beta1) * g;
    c.bound_v[j] = o->beta2 * (double)c.v[j] + (1 - (double)o->beta2) * g * g;
    /* An error of v counts by its share of v. */
    c.bound[j] = w + o->learning_rate * (c.bound_m[j] / unbias1) / (sqrt(c.want_v[j] / unbias2) + o->epsilon) *
                         (1 + c.bound_v[j] / c.want_v[j]);
  }
  return c;
}

static void check_adam(const char *name, int64_t items, const int64_t *counts, int64_t step, int decoupled) {
  if (!check_case(name, "%lld parameters, step %lld of %s", (long long)items, (long long)step, decoupled ? "AdamW" : "Adam"))
    return;
  adam_run run = {
      .items = items,
      .options = {.learning_rate = 0.1f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-3f, .step = step, .decoupled = decoupled}};
  adam_case c[MAX_ITEMS];
  for (int i = 0; i < items; i++)
    c[i] = make_adam(&run.item[i], &run.options, counts[i], i % 2 ? 0 : 0.1f * (float)(i + 1));
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    for (int i = 0; i < items; i++) {
      run.item[i].value = check_output(counts[i], c[i].value);
      run.item[i].first_moment = check_output(counts[i], c[i].m);
      run.item[i].second_moment = check_output(counts[i], c[i].v);
    }
    check_run("adam", run_adam, &run);
    for (int i = 0; i < items; i++) {
      check_close("value", run.item[i].value, c[i].want, c[i].bound, counts[i], 8);
      check_close("first moment", run.item[i].first_moment, c[i].want_m, c[i].bound_m, counts[i], 3);
      check_close("second moment", run.item[i].second_moment, c[i].want_v, c[i].bound_v, counts[i], 3);
    }
  }
}

void check_optimizer_family(void) {
  static const int64_t lenet[] = {150, 6, 2400, 16, 48000, 120, 10080, 84}, edges[] = {1, 0, 15, 16, 17, 33, 3, 64},
                       large[] = {200003, 1};
  static const float momenta[] = {0, 0.9f};
  for (int i = 0; i < 2; i++)
    for (int nesterov = 0; nesterov <= i; nesterov++) {
      check_items("no parameters", 0, edges, momenta[i], nesterov);
      check_items("lenet's parameters", 8, lenet, momenta[i], nesterov);
      check_items("edges", 8, edges, momenta[i], nesterov);
      check_items("one large parameter", 2, large, momenta[i], nesterov);
    }
  for (int decoupled = 0; decoupled <= 1; decoupled++) {
    check_adam("no parameters", 0, edges, 1, decoupled);
    check_adam("the first step", 8, edges, 1, decoupled);
    check_adam("the tenth step", 8, lenet, 10, decoupled);
    check_adam("a late step, one large parameter", 2, large, 100000, decoupled);
  }
}
