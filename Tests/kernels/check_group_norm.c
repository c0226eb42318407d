/* Group norm in all of its forms: groups, instances (a channel a group), layers (one group), rows. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "check.h"

typedef struct group_shape {
  int64_t batch, positions, channels, groups;
} group_shape;

typedef struct group_run {
  group_shape s;
  apus_group_norm_plan plan;
  const float *x, *y, *dy, *residual, *gamma, *beta, *mean, *inverse;
  apus_activation activation;
  float *out, *out_mean, *out_inverse, *dgamma, *dbeta, *dresidual;
  void *scratch;
} group_run;

static const float epsilon = 1e-5f;

/* Planned anew at each thread count: nothing in the plan may depend on it. */
static group_run *planned(void *context) {
  group_run *run = context;
  apus_group_norm_plan_make(&run->plan, run->s.batch, run->s.positions, run->s.channels, run->s.groups, NULL);
  return run;
}

static void run_forward(void *context) {
  group_run *run = planned(context);
  apus_group_norm_forward(&run->plan, run->x, run->gamma, run->beta, epsilon, run->residual, run->activation, run->out,
                          run->out_mean, run->out_inverse, run->scratch);
}

static void run_backward(void *context) {
  group_run *run = planned(context);
  apus_group_norm_backward(&run->plan, run->x, run->y, run->dy, run->mean, run->inverse, run->gamma, run->beta, run->activation,
                           run->out, run->dgamma, run->dbeta, run->dresidual, run->scratch);
}

static int plan(group_run *run) {
  apus_error error;
  apus_status status =
      apus_group_norm_plan_make(&run->plan, run->s.batch, run->s.positions, run->s.channels, run->s.groups, &error);
  check_that(status == APUS_OK, "the plan refuses: %s", error.text);
  run->scratch = check_scratch(run->plan.scratch_bytes);
  return status == APUS_OK;
}

static int64_t elements(group_shape s) { return s.batch * s.positions * s.channels; }
static int64_t members(group_shape s) { return s.positions * (s.channels / s.groups); }

/* Of element i: its place among the batch's groups. */
static int64_t group_of(group_shape s, int64_t i) {
  return i / (s.positions * s.channels) * s.groups + i % s.channels / (s.channels / s.groups);
}

static const double *widened(const float *x, int64_t count) { return x ? check_widen(x, count) : NULL; }

/* ---- forward ---------------------------------------------------------------------------------------------------- */

/* A mean is accurate to e = c·eps·Σ|x|/m, which moves y by e·scale, and the deviation by e at most, so y by |x̂|·e·scale too. */
static void check_forward(const group_run *given, int with_residual, apus_activation activation) {
  int outer = check_mark();
  const group_shape s = given->s;
  const int64_t count = elements(s), groups = s.batch * s.groups;
  const float *residual = with_residual ? given->residual : NULL;
  double *want = check_doubles(count), *mean = check_doubles(groups), *inverse = check_doubles(groups);
  apus_group_norm_forward_reference_f64(s.batch, s.positions, s.channels, s.groups, check_widen(given->x, count),
                                        widened(given->gamma, s.channels), widened(given->beta, s.channels), epsilon,
                                        widened(residual, count), activation, want, mean, inverse);
  double *size = check_doubles(groups), *bound = check_doubles(count), *inverse_bound = check_doubles(groups);
  for (int64_t i = 0; i < count; i++)
    size[group_of(s, i)] += fabs((double)given->x[i]) / (double)members(s);
  for (int64_t g = 0; g < groups; g++)
    inverse_bound[g] = inverse[g] * (1 + size[g] * inverse[g]);
  for (int64_t i = 0; i < count; i++) {
    int64_t c = i % s.channels, g = group_of(s, i);
    double x = given->x[i], scale = fabs((given->gamma ? given->gamma[c] : 1) * inverse[g]);
    bound[i] = (1 + fabs(x - mean[g]) * inverse[g]) * (fabs(x) + fabs(mean[g]) + size[g]) * scale +
               (given->beta ? fabs((double)given->beta[c]) : 0) + (residual ? fabs((double)residual[i]) : 0);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    group_run run = *given;
    if (!check_select(isa) || !plan(&run))
      continue;
    run.activation = activation;
    run.residual = residual;
    run.out = check_output(count, NULL);
    run.out_mean = check_output(groups, NULL);
    run.out_inverse = check_output(groups, NULL);
    check_run("forward", run_forward, &run);
    check_close("mean", run.out_mean, mean, size, groups, (double)members(s));
    check_close("inverse deviation", run.out_inverse, inverse, inverse_bound, groups, (double)members(s));
    check_close("y", run.out, want, bound, count, (double)members(s));
    float *fused = check_copy(run.out, count);
    run.x = run.out = check_output(count, given->x);
    check_run("forward in place", run_forward, &run);
    check_same_bits("y in place", run.out, fused, sizeof(float), count);

    /* The steps apart: normalise, add, relu. */
    float *apart = check_output(count, NULL);
    apus_group_norm_forward(&run.plan, given->x, given->gamma, given->beta, epsilon, NULL, APUS_ACTIVATION_NONE, apart,
                            run.out_mean, run.out_inverse, run.scratch);
    if (with_residual) {
      apus_broadcast space = {.axes = 1, .sizes = {count}, .a_strides = {1}, .b_strides = {1}};
      apus_binary_f32(APUS_ADD, &space, apart, given->residual, apart);
    }
    if (activation == APUS_ACTIVATION_RELU)
      apus_relu_forward(count, apart, apart);
    check_same_bits("fused and unfused", fused, apart, sizeof(float), count);
  }
  check_release(outer);
}

/* ---- backward --------------------------------------------------------------------------------------------------- */

typedef struct gradients {
  double *dx, *dgamma, *dbeta, *dresidual;
} gradients;

static gradients make_gradients(group_shape s) {
  return (gradients){check_doubles(elements(s)), check_doubles(s.channels), check_doubles(s.channels),
                     check_doubles(elements(s))};
}

/* Sums of magnitudes of the terms in the header's equations; x − mean counts as |x| + |mean|. */
static gradients backward_magnitudes(const group_run *given, const double *dz) {
  const group_shape s = given->s;
  gradients m = make_gradients(s);
  double *sum = check_doubles(s.batch * s.groups), *dot = check_doubles(s.batch * s.groups);
  for (int pass = 0; pass < 2; pass++)
    for (int64_t i = 0; i < elements(s); i++) {
      int64_t c = i % s.channels, g = group_of(s, i);
      double inverse = given->inverse[g], weighed = fabs(dz[i] * (given->gamma ? given->gamma[c] : 1));
      double normalised = (fabs((double)given->x[i]) + fabs((double)given->mean[g])) * inverse;
      if (pass == 0) {
        m.dbeta[c] += fabs(dz[i]);
        m.dgamma[c] += fabs(dz[i]) * normalised;
        sum[g] += weighed / (double)members(s);
        dot[g] += weighed * normalised / (double)members(s);
      } else {
        m.dx[i] = inverse * (weighed + sum[g] + normalised * dot[g]);
      }
    }
  return m;
}

/* The mask from y and from x: the same bits where forward had no residual. */
static void check_masks(group_run run) {
  const int64_t count = elements(run.s), groups = run.s.batch * run.s.groups;
  float *y = check_input(count), *mean = check_input(groups), *inverse = check_input(groups);
  apus_group_norm_forward(&run.plan, run.x, run.gamma, run.beta, epsilon, NULL, APUS_ACTIVATION_RELU, y, mean, inverse,
                          run.scratch);
  run.mean = mean;
  run.inverse = inverse;
  run.dresidual = NULL;
  run.y = y;
  check_run("backward, mask from y", run_backward, &run);
  float *dx = check_copy(run.out, count), *dgamma = check_copy(run.dgamma, run.s.channels);
  run.y = NULL;
  check_run("backward, mask from x", run_backward, &run);
  check_same_bits("dx, mask from x", run.out, dx, sizeof(float), count);
  check_same_bits("dgamma, mask from x", run.dgamma, dgamma, sizeof(float), run.s.channels);
}

static void check_backward(const group_run *given, apus_activation activation) {
  int outer = check_mark();
  const group_shape s = given->s;
  const int64_t count = elements(s), groups = s.batch * s.groups;
  const double rows = (double)(s.batch * s.positions), m = (double)members(s);
  gradients want = make_gradients(s);
  apus_group_norm_backward_reference_f64(s.batch, s.positions, s.channels, s.groups, check_widen(given->x, count),
                                         check_widen(given->y, count), check_widen(given->dy, count),
                                         check_widen(given->mean, groups), check_widen(given->inverse, groups),
                                         widened(given->gamma, s.channels), widened(given->beta, s.channels), activation, want.dx,
                                         want.dgamma, want.dbeta, want.dresidual);
  gradients bound = backward_magnitudes(given, want.dresidual);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    group_run run = *given;
    if (!check_select(isa) || !plan(&run))
      continue;
    run.activation = activation;
    float *dx = run.out = check_output(count, NULL), *dresidual = run.dresidual = check_output(count, NULL);
    float *dgamma = run.dgamma = check_output(s.channels, NULL), *dbeta = run.dbeta = check_output(s.channels, NULL);
    check_run("backward", run_backward, &run);
    check_exact("dresidual", dresidual, want.dresidual, count);
    check_close("dbeta", dbeta, want.dbeta, bound.dbeta, s.channels, rows);
    check_close("dgamma", dgamma, want.dgamma, bound.dgamma, s.channels, rows);
    check_close("dx", dx, want.dx, bound.dx, count, m);
    float *first_dx = check_copy(dx, count), *first_dgamma = check_copy(dgamma, s.channels);
    run.out = NULL;
    check_run("backward without dx", run_backward, &run);
    check_same_bits("dgamma without dx", dgamma, first_dgamma, sizeof(float), s.channels);
    run.out = dx;
    run.dresidual = NULL;
    check_run("backward without dresidual", run_backward, &run);
    check_same_bits("dx without dresidual", dx, first_dx, sizeof(float), count);
    run.dy = run.dresidual = check_output(count, given->dy);
    check_run("backward, dresidual in dy", run_backward, &run);
    check_same_bits("dx, dresidual in dy", dx, first_dx, sizeof(float), count);
    check_exact("dresidual in dy", run.dresidual, want.dresidual, count);
    run.dy = given->dy;
    if (activation == APUS_ACTIVATION_RELU)
      check_masks(run);
  }
  check_release(outer);
}

/* ---- cases ------------------------------------------------------------------------------------------------------ */

static void check_shape(const char *name, group_shape s, double centre, int affine) {
  if (!check_case(name, "%lld samples of %lld positions, %lld channels in %lld groups around %g, %s gamma and beta",
                  (long long)s.batch, (long long)s.positions, (long long)s.channels, (long long)s.groups, centre,
                  affine ? "with" : "no"))
    return;
  const int64_t count = elements(s), groups = s.batch * s.groups;
  float *tensors[4];
  for (int i = 0; i < 4; i++)
    check_fill(tensors[i] = check_input(count), count);
  for (int64_t i = 0; i < count; i++)
    tensors[0][i] += (float)centre;
  float *gamma = check_input(s.channels), *beta = check_input(s.channels), *mean = check_input(groups),
        *inverse = check_input(groups);
  check_fill(gamma, s.channels);
  check_fill(beta, s.channels);
  gamma[s.channels / 2] = 0; /* must not be divided by */
  check_fill(mean, groups);
  check_fill(inverse, groups);
  for (int64_t g = 0; g < groups; g++) {
    mean[g] += (float)centre;
    inverse[g] = 0.5f + fabsf(inverse[g]);
  }
  group_run given = {.s = s,
                     .x = tensors[0],
                     .y = tensors[1],
                     .dy = tensors[2],
                     .residual = tensors[3],
                     .gamma = affine ? gamma : NULL,
                     .beta = affine ? beta : NULL,
                     .mean = mean,
                     .inverse = inverse};
  for (int steps = 0; steps < 4; steps++)
    check_forward(&given, steps & 1, steps & 2 ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE);
  check_backward(&given, APUS_ACTIVATION_NONE);
  check_backward(&given, APUS_ACTIVATION_RELU);
}

void check_group_norm_family(void) {
  static const struct {
    const char *name;
    group_shape shape;
    double centre;
    int affine;
  } cases[] = {
      {"one value", {1, 1, 1, 1}, 0, 1},
      {"groups of 1 of 3", {2, 5, 3, 3}, 0, 1},
      {"groups of 2, few channels", {3, 7, 6, 3}, 0, 1},
      {"groups of 17 (partial vectors)", {2, 9, 51, 3}, 0, 1},
      {"groups of 16 (whole vectors)", {2, 12, 64, 4}, 0, 0},
      {"groups of one position", {5, 1, 24, 4}, 0, 1},
      {"instances", {3, 35, 20, 20}, 0, 1},
      {"instances, no parameters", {2, 49, 70, 70}, 0, 0},
      {"layers over pixels", {3, 15, 13, 1}, 0, 1},
      {"mean far from 0", {2, 40, 12, 4}, 1000, 1},
      {"layers, mean far from 0", {2, 300, 7, 1}, 1000, 1},
      {"rows", {9, 1, 37, 1}, 0, 1},
      {"rows of 1", {4, 1, 1, 1}, 0, 1},
      {"rows, whole vectors", {5, 1, 128, 1}, 0, 0},
      {"rows over a block", {3, 1, 5003, 1}, 5, 1},
      {"many rows (chunks)", {700, 1, 100, 1}, 0, 1},
      {"many samples (chunks)", {40, 30, 32, 8}, 3, 1},
      {"a large sample (parts)", {1, 1500, 48, 6}, 0, 1},
      {"a large sample of one group (parts)", {2, 1301, 40, 1}, 3, 1},
      {"a large row (parts)", {2, 1, 50021, 1}, 0, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    check_shape(cases[i].name, cases[i].shape, cases[i].centre, cases[i].affine);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t groups = check_random_int(1, 9), each = check_random_int(1, 20);
      group_shape s = {check_random_int(1, 20), check_random_int(1, 60), groups * each, groups};
      check_shape(name, s, check_random_int(0, 2) ? 0 : 10, check_random_int(0, 1));
    }
  }
}
