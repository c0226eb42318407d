/* Group norm in all of its forms: groups, instances (a channel a group), layers (one group), rows; on ordinary numbers and on
 * hard ones. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"

typedef struct group_shape {
  int64_t batch, positions, channels, groups;
} group_shape;

/* Planned anew at each thread count: nothing in the plan may depend on it. */
static group_norm_call *planned(void *context) {
  group_norm_call *run = context;
  const apus_group_norm_plan p = run->plan;
  apus_group_norm_plan_make(&run->plan, p.batch, p.positions, p.channels, p.groups, NULL);
  return run;
}

static void run_forward(void *context) { call_group_norm_forward(planned(context)); }
static void run_backward(void *context) { call_group_norm_backward(planned(context)); }

static group_shape shape_of_call(const group_norm_call *call) {
  return (group_shape){call->plan.batch, call->plan.positions, call->plan.channels, call->plan.groups};
}

/* The sizes of a plan that is still to be made. */
static apus_group_norm_plan sizes(group_shape s) {
  return (apus_group_norm_plan){.batch = s.batch, .positions = s.positions, .channels = s.channels, .groups = s.groups};
}

static int plan(group_norm_call *run) {
  const group_shape s = shape_of_call(run);
  apus_error error;
  apus_status status = apus_group_norm_plan_make(&run->plan, s.batch, s.positions, s.channels, s.groups, &error);
  check_that(status == APUS_OK, "the plan refuses: %s", error.text);
  run->scratch = check_scratch(run->plan.scratch_bytes);
  return status == APUS_OK;
}

static int64_t elements(group_shape s) { return s.batch * s.positions * s.channels; }

/* Of element i: its place among the batch's groups. */
static int64_t group_of(group_shape s, int64_t i) {
  return i / (s.positions * s.channels) * s.groups + i % s.channels / (s.channels / s.groups);
}

static const double *widened(const float *x, int64_t count) { return x ? check_widen(x, count) : NULL; }

/* ---- forward ---------------------------------------------------------------------------------------------------- */

static int64_t *groups_of(group_shape s) {
  int64_t *group = (int64_t *)check_doubles(elements(s));
  for (int64_t i = 0; i < elements(s); i++)
    group[i] = group_of(s, i);
  return group;
}

/* The rounding of what a beta cancels, as terms of check_group_ulps. */
static double *canceled(const group_norm_call *given) {
  const group_shape s = shape_of_call(given);
  double *terms = check_doubles(elements(s));
  for (int64_t i = 0; i < elements(s); i++)
    terms[i] = given->beta ? fabs((double)given->beta[i % s.channels]) * (0x1p-23 / 0x1p-46) : 0;
  return terms;
}

/* y to 4 ulp of the group's largest, whatever the mean. */
static void check_forward(const group_norm_call *given, int with_residual, apus_activation activation) {
  int outer = check_mark();
  const group_shape s = shape_of_call(given);
  const int64_t count = elements(s), groups = s.batch * s.groups, *group = groups_of(s);
  const float *residual = with_residual ? given->residual : NULL;
  double *want = check_doubles(count), *mean = check_doubles(groups), *rest = check_doubles(groups),
         *inverse = check_doubles(groups);
  const apus_group_norm_forward_arguments_f64 exact = {.x = check_widen(given->x, count),
                                                       .gamma = widened(given->gamma, s.channels),
                                                       .beta = widened(given->beta, s.channels),
                                                       .epsilon = given->epsilon,
                                                       .residual = widened(residual, count),
                                                       .activation = activation,
                                                       .y = want,
                                                       .mean = mean,
                                                       .mean_rest = rest,
                                                       .inverse_deviation = inverse};
  apus_group_norm_forward_reference_f64(s.batch, s.positions, s.channels, s.groups, &exact);
  const double *terms = canceled(given);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    group_norm_call run = *given;
    if (!check_select(isa) || !plan(&run))
      continue;
    run.activation = activation;
    run.residual = residual;
    run.out = check_output(count, NULL);
    run.out_mean = check_output(groups, NULL);
    run.out_rest = check_output(groups, NULL);
    run.out_inverse = check_output(groups, NULL);
    check_run("forward", run_forward, &run);
    check_ulps("inverse deviation", run.out_inverse, inverse, groups, 4);
    for (int64_t g = 0; g < groups; g++) {
      const double whole = (double)run.out_mean[g] + (double)run.out_rest[g] / inverse[g];
      check_that(fabs(whole - mean[g]) * inverse[g] <= 0x1p-22, "mean[%lld] is %.9g and %.3g deviations, want %.12g",
                 (long long)g, (double)run.out_mean[g], (double)run.out_rest[g], mean[g]);
    }
    /* A sum or a ReLU behind it may leave little of a group; that they round as the steps apart do is checked below. */
    if (!residual && activation == APUS_ACTIVATION_NONE)
      check_group_ulps("y", run.out, want, terms, group, count, groups, 4);
    float *fused = check_copy(run.out, count);
    run.x = run.out = check_output(count, given->x);
    check_run("forward in place", run_forward, &run);
    check_same_bits("y in place", run.out, fused, sizeof(float), count);

    /* The steps apart: normalize, add, relu. */
    float *apart = check_output(count, NULL);
    group_norm_call steps = run;
    steps.x = given->x, steps.residual = NULL, steps.activation = APUS_ACTIVATION_NONE, steps.out = apart;
    run_forward(&steps);
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

/* Sums of magnitudes of the terms of dgamma and dbeta, and the largest terms of dx. x̂ is exact to units of its group's largest.
 */
static gradients backward_magnitudes(const group_norm_call *given, const double *mean, const double *inverse, const double *dz) {
  const group_shape s = shape_of_call(given);
  gradients m = make_gradients(s);
  double *largest = check_doubles(s.batch * s.groups);
  for (int64_t i = 0; i < elements(s); i++) {
    int64_t g = group_of(s, i);
    largest[g] = fmax(largest[g], fabs((given->x[i] - mean[g]) * inverse[g]));
  }
  for (int64_t i = 0; i < elements(s); i++) {
    int64_t c = i % s.channels, g = group_of(s, i);
    m.dbeta[c] += fabs(dz[i]);
    m.dgamma[c] += fabs(dz[i]) * largest[g];
    m.dx[i] = inverse[g] * fabs(dz[i] * (given->gamma ? (double)given->gamma[c] : 1));
  }
  return m;
}

/* As a caller does it: the numbers of one tier go into its own backward pass. */
static float *make_statistics(group_norm_call *run, apus_activation activation) {
  const int64_t groups = run->plan.batch * run->plan.groups;
  float *y = check_input(elements(shape_of_call(run))), *mean = check_input(groups), *rest = check_input(groups),
        *inverse = check_input(groups);
  group_norm_call forward = *run;
  forward.residual = NULL, forward.activation = activation;
  forward.out = y, forward.out_mean = mean, forward.out_rest = rest, forward.out_inverse = inverse;
  run_forward(&forward);
  run->mean = mean;
  run->rest = rest;
  run->inverse = inverse;
  return y;
}

/* The mask from y and from x: the same bits where forward had no residual. */
static void check_masks(group_norm_call run) {
  const int64_t count = elements(shape_of_call(&run));
  const float *y = make_statistics(&run, APUS_ACTIVATION_RELU);
  run.dresidual = NULL;
  run.y = y;
  check_run("backward, mask from y", run_backward, &run);
  float *dx = check_copy(run.out, count), *dgamma = check_copy(run.dgamma, run.plan.channels);
  run.y = NULL;
  check_run("backward, mask from x", run_backward, &run);
  check_same_bits("dx, mask from x", run.out, dx, sizeof(float), count);
  check_same_bits("dgamma, mask from x", run.dgamma, dgamma, sizeof(float), run.plan.channels);
}

static void check_backward(const group_norm_call *given, apus_activation activation) {
  int outer = check_mark();
  const group_shape s = shape_of_call(given);
  const int64_t count = elements(s), groups = s.batch * s.groups, *group = groups_of(s);
  gradients want = make_gradients(s);
  double *mean = check_doubles(groups), *rest = check_doubles(groups), *inverse = check_doubles(groups),
         *y = check_doubles(count);
  const double *x = check_widen(given->x, count), *gamma = widened(given->gamma, s.channels);
  const apus_group_norm_forward_arguments_f64 forward = {
      .x = x, .gamma = gamma, .epsilon = given->epsilon, .y = y, .mean = mean, .mean_rest = rest, .inverse_deviation = inverse};
  apus_group_norm_forward_reference_f64(s.batch, s.positions, s.channels, s.groups, &forward);
  const apus_group_norm_backward_arguments_f64 backward = {.x = x,
                                                           .dy = check_widen(given->dy, count),
                                                           .y = check_widen(given->y, count),
                                                           .mean = mean,
                                                           .mean_rest = rest,
                                                           .inverse_deviation = inverse,
                                                           .gamma = gamma,
                                                           .beta = widened(given->beta, s.channels),
                                                           .epsilon = given->epsilon,
                                                           .activation = activation,
                                                           .dx = want.dx,
                                                           .dresidual = want.dresidual,
                                                           .dgamma = want.dgamma,
                                                           .dbeta = want.dbeta};
  apus_group_norm_backward_reference_f64(s.batch, s.positions, s.channels, s.groups, &backward);
  gradients bound = backward_magnitudes(given, mean, inverse, want.dresidual);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    group_norm_call run = *given;
    if (!check_select(isa) || !plan(&run))
      continue;
    run.activation = activation;
    make_statistics(&run, APUS_ACTIVATION_NONE);
    float *dx = run.out = check_output(count, NULL), *dresidual = run.dresidual = check_output(count, NULL);
    float *dgamma = run.dgamma = check_output(s.channels, NULL), *dbeta = run.dbeta = check_output(s.channels, NULL);
    check_run("backward", run_backward, &run);
    check_exact("dresidual", dresidual, want.dresidual, count);
    check_close("dbeta", dbeta, want.dbeta, bound.dbeta, s.channels, 1);
    check_close("dgamma", dgamma, want.dgamma, bound.dgamma, s.channels, 1);
    check_group_ulps("dx", dx, want.dx, bound.dx, group, count, groups, 4);
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

/* x = center + spread·r; dy = dy_center + r. */
typedef struct norm_numbers {
  double center, spread, epsilon, dy_center;
} norm_numbers;

static void check_shape(const char *name, group_shape s, norm_numbers n, int affine) {
  if (!check_case(name,
                  "%lld samples of %lld positions, %lld channels in %lld groups around %g, spread %g, epsilon %g, gradients "
                  "around %g, %s gamma and beta",
                  (long long)s.batch, (long long)s.positions, (long long)s.channels, (long long)s.groups, n.center, n.spread,
                  n.epsilon, n.dy_center, affine ? "with" : "no"))
    return;
  const int64_t count = elements(s);
  float *tensors[4];
  for (int i = 0; i < 4; i++)
    check_fill(tensors[i] = check_input(count), count);
  for (int64_t i = 0; i < count; i++) {
    tensors[0][i] = (float)(n.center + n.spread * tensors[0][i]);
    tensors[2][i] = (float)(n.dy_center + tensors[2][i]);
  }
  float *gamma = check_input(s.channels), *beta = check_input(s.channels);
  check_fill(gamma, s.channels);
  check_fill(beta, s.channels);
  gamma[s.channels / 2] = 0; /* must not be divided by */
  group_norm_call given = {.plan = sizes(s),
                           .x = tensors[0],
                           .y = tensors[1],
                           .dy = tensors[2],
                           .residual = tensors[3],
                           .epsilon = n.epsilon,
                           .gamma = affine ? gamma : NULL,
                           .beta = affine ? beta : NULL};
  for (int steps = 0; steps < 4; steps++)
    check_forward(&given, steps & 1, steps & 2 ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE);
  check_backward(&given, APUS_ACTIVATION_NONE);
  check_backward(&given, APUS_ACTIVATION_RELU);
}

static void check_hard_numbers(void) {
  static const norm_numbers hard[] = {
      {1000, 1, 1e-5, 0},   {1e4, 0.02, 1e-5, 0},     {-1e6, 1.5, 1e-5, 0},  {1e30, 1e30, 1e-5, 0},   {0, 1e-30, 1e-5, 0},
      {0, 1e-30, 1e-38, 0}, {1e-30, 1e-30, 1e-30, 0}, {1e36, 1e36, 1e-5, 0}, {1e-40, 1e-40, 1e-5, 0}, {1234.567, 0, 1e-5, 0},
      {3, 1, 0.1, 1000},    {0, 1e-3, 1e-12, -30},    {0, 1e37, 1e-5, 0},
  };
  static const group_shape shapes[] = {
      {3, 1, 2, 1}, {2, 1, 4, 1},    {5, 1, 37, 1},  {70, 1, 256, 1}, {2, 1, 5003, 1},  {1, 1, 50021, 1},
      {2, 3, 6, 3}, {3, 49, 20, 20}, {2, 49, 66, 2}, {2, 33, 7, 1},   {1, 1500, 48, 6}, {1, 1301, 40, 1},
  };
  for (size_t h = 0; h < sizeof hard / sizeof hard[0]; h++)
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
      char name[32];
      snprintf(name, sizeof name, "hard %zu, shape %zu", h, i);
      check_shape(name, shapes[i], hard[h], (int)((h + i) % 2));
    }
}

/* As large as float32 goes: of rows, whose parameters' gradients take x̂, and without parameters. */
static void check_largest(void) {
  check_shape("largest numbers", (group_shape){5, 1, 37, 1}, (norm_numbers){1e38, 1e38, 1e-5, 0}, 0);
  check_shape("largest numbers", (group_shape){2, 1, 5003, 1}, (norm_numbers){0, 1e38, 1e-5, 0}, 0);
}

/* Equal values in a group: beta exactly, whatever they are. */
static void check_constant(group_shape s) {
  if (!check_case("equal values", "%lld samples of %lld positions, %lld channels in %lld groups", (long long)s.batch,
                  (long long)s.positions, (long long)s.channels, (long long)s.groups))
    return;
  const int64_t count = elements(s);
  float *x = check_input(count), *beta = check_input(s.channels), *values = check_copy(x, count);
  check_fill(beta, s.channels);
  check_fill(values, count);
  double *want = check_doubles(count);
  for (int64_t i = 0; i < count; i++) {
    x[i] = 1e4f * values[group_of(s, i)];
    want[i] = beta[i % s.channels];
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    group_norm_call run = {.plan = sizes(s), .x = x, .beta = beta, .epsilon = 1e-5};
    if (!check_select(isa) || !plan(&run))
      continue;
    run.out = check_output(count, NULL);
    run.out_mean = check_output(s.batch * s.groups, NULL);
    run.out_rest = check_output(s.batch * s.groups, NULL);
    run.out_inverse = check_output(s.batch * s.groups, NULL);
    check_run("forward", run_forward, &run);
    check_exact("y", run.out, want, count);
  }
}

void check_group_norm_family(void) {
  const bench_shape *line;
  for (int i = 0; (line = check_line("group_norm", i)); i++) {
    const int64_t *n = line->size;
    const norm_numbers numbers = {shape_number(line, "center"), 1, 1e-5, 0};
    check_shape(line->name, (group_shape){n[0], n[1], n[2], n[3]}, numbers, shape_number(line, "affine") != 0);
  }
  check_hard_numbers();
  check_largest();
  check_constant((group_shape){3, 1, 48, 1});
  check_constant((group_shape){2, 1, 5003, 1});
  check_constant((group_shape){2, 35, 24, 4});
  check_constant((group_shape){1, 1301, 40, 1});
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t groups = check_random_int(1, 9), each = check_random_int(1, 20);
      group_shape s = {check_random_int(1, 20), check_random_int(1, 60), groups * each, groups};
      const double center = check_random_int(0, 2) ? 0 : 10;
      check_shape(name, s, (norm_numbers){center, 1, 1e-5, 0}, (int)check_random_int(0, 1));
    }
  }
}
