/* Optimizers: every rule over several parameters in one call. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "check.h"

enum { MAX_ITEMS = CALL_MOST_ITEMS, STATES = APUS_OPTIMIZER_STATES };

/* What a parameter holds before the step, after it in double, and what an error is measured by. */
typedef struct parameter {
  float *value, *gradient, *state[STATES];
  double *want, *want_state[STATES], *bound, *bound_state[STATES];
} parameter;

/* Magnitudes of the terms of one element after the step: how far rounding may move value and states. */
static void bound_element(const optimizer_variant *v, const apus_optimizer_item *item, parameter *p, int64_t j) {
  const apus_optimizer_options *o = &v->options;
  const double rate = o->learning_rate * item->rate, w = fabs((double)p->value[j]), decay = item->weight_decay;
  const int coupled = v->rule != APUS_SIGN_SGD && v->rule != APUS_ASCENT && !o->decoupled;
  const double g = fabs((double)p->gradient[j]) + (coupled ? decay * w : 0);
  double before[STATES], *state[STATES], want[STATES];
  for (int s = 0; s < STATES; s++) {
    before[s] = p->state[s] ? fabs((double)p->state[s][j]) : 0;
    state[s] = &p->bound_state[s][j];
    want[s] = p->state[s] ? p->want_state[s][j] : 0;
  }
  const double unbias1 = o->bias_correction ? 1 - pow(o->beta1, (double)item->step) : 1;
  const double unbias2 = o->bias_correction ? 1 - pow(o->beta2, (double)item->step) : 1;
  double move = 0; /* of the value, with what errors of the states do to it */
  switch (v->rule) {
  case APUS_SGD:
    *state[0] = o->momentum * before[0] + g;
    move = p->state[0] ? (o->nesterov ? g + o->momentum * *state[0] : *state[0]) : g;
    break;
  case APUS_ADAM:
    *state[0] = before[0] + (1 - o->beta1) * g;
    *state[1] = before[1] + (1 - o->beta2) * g * g;
    move = *state[0] / unbias1 / (sqrt(want[1] / unbias2) + o->epsilon) * (1 + *state[1] / want[1]);
    break;
  case APUS_RMSPROP: {
    *state[0] = before[0] + (1 - o->beta2) * g * g;
    *state[1] = before[1] + (1 - o->beta2) * g;
    const double t = want[0] - want[1] * want[1];
    const double root = o->epsilon_inside ? sqrt(t + o->epsilon) : sqrt(t) + o->epsilon;
    move = g / root * (1 + (*state[0] + 2 * *state[1] * *state[1]) / t);
    if (p->state[2])
      *state[2] = move = o->momentum * before[2] + move;
    break;
  }
  case APUS_ADAGRAD:
    *state[0] = before[0] + g * g;
    move = 2 * g / (sqrt(want[0]) + o->epsilon);
    break;
  case APUS_SIGN_SGD:
    *state[0] = before[0] + (1 - o->momentum) * g;
    /* A sum that is 0 but for rounding may have either sign. */
    move = 1 + (p->state[0] && fabs(want[0]) < 1e-6 * *state[0] ? 1e8 : 0);
    break;
  case APUS_ASCENT:
    *state[0] = w + rate * g;
    break;
  case APUS_OPTIMIZER_COUNT:
    break;
  }
  p->bound[j] = w + rate * move;
}

static parameter make(const optimizer_variant *v, apus_optimizer_item *item, int64_t count) {
  parameter p = {.value = check_input(count), .gradient = check_input(count)};
  check_fill(p.value, count);
  check_fill(p.gradient, count);
  double *state[STATES] = {NULL};
  for (int s = 0; s < STATES; s++) {
    p.bound_state[s] = check_doubles(count);
    if (!(v->states >> s & 1))
      continue;
    check_fill(p.state[s] = check_input(count), count);
    for (int64_t j = 0; j < count && v->squares >> s & 1; j++) /* more than the square of a mean */
      p.state[s][j] = p.state[s][j] * p.state[s][j] + 1.01f;
    p.want_state[s] = state[s] = check_widen(p.state[s], count);
  }
  p.want = check_widen(p.value, count);
  p.bound = check_doubles(count);
  item->count = count;
  item->gradient = p.gradient;
  apus_optimizer_step_reference_f64(v->rule, item, p.want, check_widen(p.gradient, count), state, &v->options);
  for (int64_t j = 0; j < count; j++)
    bound_element(v, item, &p, j);
  return p;
}

static void check_items(const char *name, const optimizer_variant *v, int64_t items, const int64_t *counts, int64_t step) {
  if (!check_case(name, "%s over %lld parameters, the first of %lld, step %lld", v->name, (long long)items,
                  (long long)(items ? counts[0] : 0), (long long)step))
    return;
  optimizer_call r = {.rule = v->rule, .items = items, .options = v->options};
  parameter p[MAX_ITEMS];
  for (int i = 0; i < items; i++) {
    r.item[i] = (apus_optimizer_item){
        .rate = i == 2 ? 0.5 : 1, .weight_decay = i % 2 ? 0 : 0.01 * (i + 1), .step = step + (i == 3) /* its own number */};
    p[i] = make(v, &r.item[i], counts[i]);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    for (int i = 0; i < items; i++) {
      r.item[i].value = check_output(counts[i], p[i].value);
      for (int s = 0; s < STATES; s++)
        r.item[i].state[s] = p[i].state[s] ? check_output(counts[i], p[i].state[s]) : NULL;
    }
    check_run(v->name, call_optimizer, &r);
    for (int i = 0; i < items; i++) {
      check_close("value", r.item[i].value, p[i].want, p[i].bound, counts[i], 8);
      for (int s = 0; s < STATES; s++)
        if (p[i].state[s])
          check_close("state", r.item[i].state[s], p[i].want_state[s], p[i].bound_state[s], counts[i], 4);
    }
  }
}

/* A sign is 0 where the gradient is, and a NaN is not hidden. */
static void check_signs(void) {
  if (!check_case("signs of 0 and NaN", "sign-SGD over %d elements", 19))
    return;
  enum { COUNT = 19 };
  float *gradient = check_input(COUNT);
  double want[COUNT];
  for (int i = 0; i < COUNT; i++) {
    gradient[i] = (float)(i % 3 - 1) * 1e-30f;
    want[i] = 1 - 0.5 * (i % 3 - 1);
  }
  gradient[4] = NAN;
  want[4] = NAN;
  gradient[16] = -INFINITY;
  want[16] = 1.5;
  float ones[COUNT];
  for (int i = 0; i < COUNT; i++)
    ones[i] = 1;
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    optimizer_call r = {
        .rule = APUS_SIGN_SGD,
        .items = 1,
        .item = {{.count = COUNT, .value = check_output(COUNT, ones), .gradient = gradient, .rate = 1, .step = 1}},
        .options = {.learning_rate = 0.5}};
    check_run("sign-SGD", call_optimizer, &r);
    check_exact("value", r.item[0].value, want, COUNT);
  }
}

/* Equal gradients leave a mean of squares that rounding may put below the square of the mean: their variance is then 0. */
static void check_variance_below_zero(void) {
  enum { COUNT = 19 };
  if (!check_case("variance below 0", "centered RMSProp over %d elements", COUNT))
    return;
  const apus_optimizer_options options = {.learning_rate = 0.5, .beta2 = 0.875, .epsilon = 0.25, .centered = 1};
  float *gradient = check_input(COUNT), before[3][COUNT];
  double want[COUNT];
  for (int i = 0; i < COUNT; i++) {
    gradient[i] = 1;
    before[0][i] = 1;            /* the value */
    before[1][i] = 1 - 0x1p-20f; /* the mean of squares */
    before[2][i] = 1;            /* the mean */
    want[i] = 1 - 0.5 * (1 / 0.25);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    optimizer_call r = {.rule = APUS_RMSPROP, .items = 1, .options = options};
    r.item[0] = (apus_optimizer_item){.count = COUNT, .gradient = gradient, .rate = 1, .step = 1};
    r.item[0].value = check_output(COUNT, before[0]);
    r.item[0].state[0] = check_output(COUNT, before[1]);
    r.item[0].state[1] = check_output(COUNT, before[2]);
    check_run("centered RMSProp", call_optimizer, &r);
    check_exact("value", r.item[0].value, want, COUNT);
  }
}

/* Whoever adds a rule adds a variant. */
static void check_variants(void) {
  if (!check_case("every rule", "a variant of each of %d", APUS_OPTIMIZER_COUNT))
    return;
  for (int rule = 0; rule < APUS_OPTIMIZER_COUNT; rule++) {
    const optimizer_variant *v = call_optimizer_variants;
    while (v->name && v->rule != (apus_optimizer)rule)
      v++;
    check_that(v->name != NULL, "%s has none", apus_optimizer_name((apus_optimizer)rule));
  }
}

void check_optimizer_family(void) {
  static const int64_t lenet[] = {150, 6, 2400, 16, 48000, 120, 10080, 84}, edges[] = {1, 0, 15, 16, 17, 33, 3, 64},
                       large[] = {200003, 1};
  for (const optimizer_variant *v = call_optimizer_variants; v->name; v++) {
    check_items("no parameters", v, 0, edges, 1);
    check_items("edges", v, 8, edges, 1);
    check_items("lenet's parameters", v, 8, lenet, 10);
    check_items("one large parameter", v, 2, large, 100000);
  }
  check_signs();
  check_variance_below_zero();
  check_variants();
}
