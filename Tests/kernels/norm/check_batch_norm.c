/* Batch norm: statistics, folding, application, both backward forms; on ordinary numbers and on hard ones. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"

/* Planned anew at each thread count: nothing in the plan may depend on it. */
static batch_norm_call *planned(void *context) {
  batch_norm_call *run = context;
  apus_batch_norm_plan_make(&run->plan, run->plan.rows, run->plan.channels, NULL);
  return run;
}

static void run_statistics(void *context) { call_batch_norm_statistics(planned(context)); }
static void run_apply(void *context) { call_batch_norm_apply(planned(context)); }
static void run_backward(void *context) { call_batch_norm_backward(planned(context)); }

static int plan(batch_norm_call *run, int64_t rows, int64_t channels) {
  apus_error error;
  apus_status status = apus_batch_norm_plan_make(&run->plan, rows, channels, &error);
  check_that(status == APUS_OK, "the plan refuses: %s", error.text);
  return status == APUS_OK;
}

/* ---- statistics ------------------------------------------------------------------------------------------------- */

/* Whatever the mean: mean + rest·deviation to 2 ulp of the deviation, the variance to 4 ulp beside what epsilon hides, and where
 * float32 cannot hold it infinity. */
static void check_statistics(int64_t rows, int64_t channels, const float *x, double epsilon) {
  double *mean = check_doubles(channels), *rest = check_doubles(channels), *variance = check_doubles(channels),
         *inverse = check_doubles(channels);
  apus_batch_norm_statistics_reference_f64(rows, channels, check_widen(x, rows * channels), epsilon, mean, rest, variance,
                                           inverse);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    batch_norm_call run = {.x = x, .epsilon = epsilon};
    if (!check_select(isa) || !plan(&run, rows, channels))
      continue;
    run.scratch = check_scratch(run.plan.scratch_bytes);
    run.out_mean = check_output(channels, NULL);
    run.out_rest = check_output(channels, NULL);
    run.out_variance = check_output(channels, NULL);
    run.out_inverse = check_output(channels, NULL);
    check_run("statistics", run_statistics, &run);
    check_ulps("inverse deviation", run.out_inverse, inverse, channels, 4);
    for (int64_t c = 0; c < channels; c++) {
      const double whole = (double)run.out_mean[c] + (double)run.out_rest[c] / inverse[c], got = (double)run.out_variance[c];
      check_that(fabs(whole - mean[c]) * inverse[c] <= 0x1p-22, "mean[%lld] is %.9g and %.3g deviations, want %.12g",
                 (long long)c, (double)run.out_mean[c], (double)run.out_rest[c], mean[c]);
      check_that(variance[c] > (double)FLT_MAX ? got > (double)FLT_MAX
                                               : fabs(got - variance[c]) <= 4 * (double)FLT_EPSILON * variance[c] +
                                                                                epsilon * 0x1p-26 + (double)FLT_TRUE_MIN,
                 "variance[%lld] is %.9g, want %.9g", (long long)c, got, variance[c]);
      check_that(got >= 0, "variance[%lld] is %g", (long long)c, got);
    }
  }
}

/* ---- fold and apply --------------------------------------------------------------------------------------------- */

static void check_fold(int64_t channels, int with_gamma, int with_beta, int with_rest) {
  float *rest = check_input(channels), *variance = check_input(channels), *gamma = check_input(channels),
        *beta = check_input(channels);
  check_fill(rest, channels);
  check_fill(gamma, channels);
  check_fill(beta, channels);
  for (int64_t c = 0; c < channels; c++)
    variance[c] = c == 0 ? 0.0f : (float)fabs(check_random_real());
  double *want_scale = check_doubles(channels), *want_shift = check_doubles(channels), *want_inverse = check_doubles(channels),
         *bound = check_doubles(channels), *scale_bound = check_doubles(channels);
  apus_batch_norm_deviation_reference_f64(channels, check_widen(variance, channels), 1e-5, want_inverse);
  apus_batch_norm_fold_reference_f64(channels, with_rest ? check_widen(rest, channels) : NULL, want_inverse,
                                     with_gamma ? check_widen(gamma, channels) : NULL,
                                     with_beta ? check_widen(beta, channels) : NULL, want_scale, want_shift);
  for (int64_t c = 0; c < channels; c++) {
    bound[c] = fabs(rest[c] * (with_gamma ? (double)gamma[c] : 1)) + (with_beta ? fabs((double)beta[c]) : 0);
    scale_bound[c] = fabs(want_scale[c]);
  }
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    float *scale = check_output(channels, NULL), *shift = check_output(channels, NULL), *inverse = check_output(channels, NULL);
    apus_batch_norm_deviation(channels, variance, 1e-5, inverse);
    apus_batch_norm_fold(channels, with_rest ? rest : NULL, inverse, with_gamma ? gamma : NULL, with_beta ? beta : NULL, scale,
                         shift);
    check_close("scale", scale, want_scale, scale_bound, channels, 1);
    check_close("shift", shift, want_shift, bound, channels, 2);
    check_ulps("inverse deviation", inverse, want_inverse, channels, 1);
  }
}

static void check_apply(const batch_norm_call *given, int64_t rows, int64_t channels, int with_residual,
                        apus_activation activation) {
  int outer = check_mark();
  int64_t count = rows * channels;
  double *want = check_doubles(count), *magnitude = check_doubles(count);
  const apus_batch_norm_map_f64 exact = {check_widen(given->mean, channels), check_widen(given->scale, channels),
                                         check_widen(given->shift, channels),
                                         with_residual ? check_widen(given->residual, count) : NULL, activation};
  apus_batch_norm_apply_reference_f64(rows, channels, check_widen(given->x, count), &exact, want);
  double *mean = check_magnitude(given->mean, channels); /* taken away: of its magnitude the opposite */
  for (int64_t c = 0; c < channels; c++)
    mean[c] = -mean[c];
  const apus_batch_norm_map_f64 sizes = {mean, check_magnitude(given->scale, channels), check_magnitude(given->shift, channels),
                                         with_residual ? check_magnitude(given->residual, count) : NULL, APUS_ACTIVATION_NONE};
  apus_batch_norm_apply_reference_f64(rows, channels, check_magnitude(given->x, count), &sizes, magnitude);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    batch_norm_call run = *given;
    if (!check_select(isa) || !plan(&run, rows, channels))
      continue;
    run.activation = activation;
    run.residual = with_residual ? given->residual : NULL;
    run.out = check_output(count, NULL);
    check_run("apply", run_apply, &run);
    check_close("y", run.out, want, magnitude, count, 3);
    float *fused = check_copy(run.out, count);
    run.x = run.out = check_output(count, given->x);
    check_run("apply in place", run_apply, &run);
    check_same_bits("y in place", run.out, fused, sizeof(float), count);

    /* The steps apart: scale and shift, add, relu. */
    float *apart = check_output(count, NULL);
    const apus_batch_norm_map affine = {.mean = given->mean, .scale = given->scale, .shift = given->shift};
    apus_batch_norm_apply(&run.plan, given->x, &affine, apart);
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

static gradients make_gradients(int64_t count, int64_t channels) {
  return (gradients){check_doubles(count), check_doubles(channels), check_doubles(channels), check_doubles(count)};
}

/* Sums of magnitudes of the terms of dgamma and dbeta, and the largest terms of dx, by the statistics in double. */
static gradients backward_magnitudes(const batch_norm_call *given, int64_t rows, int64_t channels, const double *dz) {
  gradients m = make_gradients(rows * channels, channels);
  double *mean = check_doubles(channels), *rest = check_doubles(channels), *variance = check_doubles(channels),
         *inverse = check_doubles(channels);
  apus_batch_norm_statistics_reference_f64(rows, channels, check_widen(given->x, rows * channels), given->epsilon, mean, rest,
                                           variance, inverse);
  for (int64_t i = 0; i < rows * channels; i++) {
    int64_t c = i % channels;
    const double center = given->frozen ? (double)given->mean[c] : mean[c],
                 by = given->frozen ? (double)given->inverse[c] : inverse[c];
    m.dbeta[c] += fabs(dz[i]);
    m.dgamma[c] += fabs(dz[i] * (given->x[i] - center) * by);
    m.dx[i] = fabs((given->gamma ? (double)given->gamma[c] : 1) * by * dz[i]);
  }
  return m;
}

/* As a caller does it: the numbers of one tier go into its own backward pass. */
static void make_statistics(batch_norm_call *run, int64_t channels) {
  float *mean = check_input(channels), *rest = check_input(channels), *variance = check_input(channels),
        *inverse = check_input(channels), *scale = check_input(channels), *shift = check_input(channels);
  apus_batch_norm_statistics(&run->plan, run->x, run->epsilon, mean, rest, variance, inverse, run->scratch);
  apus_batch_norm_fold(channels, rest, inverse, run->gamma, run->beta, scale, shift);
  run->mean = mean;
  run->rest = rest;
  run->inverse = inverse;
  run->scale = scale;
  run->shift = shift;
}

static int64_t *channel_of(int64_t rows, int64_t channels) {
  int64_t *group = (int64_t *)check_doubles(rows * channels);
  for (int64_t i = 0; i < rows * channels; i++)
    group[i] = i % channels;
  return group;
}

static void check_backward(const batch_norm_call *given, int64_t rows, int64_t channels, int frozen, int with_gamma,
                           apus_activation activation) {
  int outer = check_mark();
  int64_t count = rows * channels, *group = channel_of(rows, channels);
  batch_norm_call run = *given;
  run.frozen = frozen;
  run.activation = activation;
  run.gamma = with_gamma ? given->gamma : NULL;
  gradients want = make_gradients(count, channels);
  const apus_batch_norm_backward_arguments_f64 exact = {.x = check_widen(run.x, count),
                                                        .dy = check_widen(run.dy, count),
                                                        .y = check_widen(run.y, count),
                                                        .mean = check_widen(run.mean, channels),
                                                        .mean_rest = frozen ? NULL : check_doubles(channels),
                                                        .inverse_deviation = check_widen(run.inverse, channels),
                                                        .gamma = with_gamma ? check_widen(run.gamma, channels) : NULL,
                                                        .epsilon = run.epsilon,
                                                        .activation = activation,
                                                        .dx = want.dx,
                                                        .dresidual = want.dresidual,
                                                        .dgamma = want.dgamma,
                                                        .dbeta = want.dbeta};
  apus_batch_norm_backward_reference_f64(rows, channels, &exact);
  gradients bound = backward_magnitudes(&run, rows, channels, want.dresidual);
  const char *version = frozen ? "backward frozen" : "backward";
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa) || !plan(&run, rows, channels))
      continue;
    run.dy = given->dy;
    run.scratch = check_scratch(run.plan.scratch_bytes);
    if (!frozen)
      make_statistics(&run, channels);
    float *dx = run.out = check_output(count, NULL), *dresidual = run.dresidual = check_output(count, NULL);
    float *dgamma = run.dgamma = check_output(channels, NULL), *dbeta = run.dbeta = check_output(channels, NULL);
    check_run(version, run_backward, &run);
    check_exact("dresidual", dresidual, want.dresidual, count);
    check_close("dbeta", dbeta, want.dbeta, bound.dbeta, channels, 1);
    check_close("dgamma", dgamma, want.dgamma, bound.dgamma, channels, 1);
    check_group_ulps("dx", dx, want.dx, bound.dx, group, count, channels, 4);
    float *first_dx = check_copy(dx, count), *first_dgamma = check_copy(dgamma, channels);

    if (activation == APUS_ACTIVATION_RELU) {
      float *forward = check_input(count);
      const apus_batch_norm_map map = {run.mean, run.scale, run.shift, NULL, APUS_ACTIVATION_RELU};
      apus_batch_norm_apply(&run.plan, run.x, &map, forward);
      run.y = forward;
      check_run(version, run_backward, &run);
      float *dx_by_y = check_copy(dx, count), *dgamma_by_y = check_copy(dgamma, channels);
      run.y = NULL;
      check_run("backward, mask from x", run_backward, &run);
      check_same_bits("dx, mask from x", dx, dx_by_y, sizeof(float), count);
      check_same_bits("dgamma, mask from x", dgamma, dgamma_by_y, sizeof(float), channels);
      run.y = given->y;
    }

    run.out = NULL;
    check_run("backward without dx", run_backward, &run);
    check_same_bits("dgamma without dx", dgamma, first_dgamma, sizeof(float), channels);
    run.out = dx;
    run.dresidual = NULL;
    check_run("backward without dresidual", run_backward, &run);
    check_same_bits("dx without dresidual", dx, first_dx, sizeof(float), count);
    run.dy = run.dresidual = check_output(count, given->dy);
    check_run("backward, dresidual in dy", run_backward, &run);
    check_same_bits("dx, dresidual in dy", dx, first_dx, sizeof(float), count);
    check_exact("dresidual in dy", run.dresidual, want.dresidual, count);
    run.dresidual = NULL;
    run.dy = run.out = check_output(count, given->dy);
    check_run("backward, dx in dy", run_backward, &run);
    check_same_bits("dx in dy", run.out, first_dx, sizeof(float), count);
  }
  check_release(outer);
}

/* ---- the whole forward pass ------------------------------------------------------------------------------------- */

/* Statistics, fold and application against the equation in double: 4 ulp of the channel's largest. */
static void check_normalized(const batch_norm_call *given, int64_t rows, int64_t channels) {
  int outer = check_mark();
  const int64_t count = rows * channels, *group = channel_of(rows, channels);
  double *mean = check_doubles(channels), *rest = check_doubles(channels), *variance = check_doubles(channels),
         *inverse = check_doubles(channels), *want = check_doubles(count), *shift = check_doubles(channels);
  const double *x = check_widen(given->x, count);
  apus_batch_norm_statistics_reference_f64(rows, channels, x, given->epsilon, mean, rest, variance, inverse);
  for (int64_t i = 0; i < count; i++) {
    const int64_t c = i % channels;
    want[i] = (x[i] - mean[c]) * inverse[c] * (given->gamma ? (double)given->gamma[c] : 1) +
              (given->beta ? (double)given->beta[c] : shift[c]);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    batch_norm_call run = *given;
    if (!check_select(isa) || !plan(&run, rows, channels))
      continue;
    run.scratch = check_scratch(run.plan.scratch_bytes);
    make_statistics(&run, channels);
    run.residual = NULL;
    run.out = check_output(count, NULL);
    check_run("normalize", run_apply, &run);
    check_group_ulps("y", run.out, want, NULL, group, count, channels, 4);
  }
  check_release(outer);
}

/* ---- cases ------------------------------------------------------------------------------------------------------ */

/* x = center + spread·r; dy = dy_center + r. */
typedef struct norm_numbers {
  double center, spread, epsilon, dy_center;
} norm_numbers;

static void check_shape(const char *name, int64_t rows, int64_t channels, norm_numbers n) {
  if (!check_case(name, "%lld rows of %lld channels around %g, spread %g, epsilon %g, gradients around %g", (long long)rows,
                  (long long)channels, n.center, n.spread, n.epsilon, n.dy_center))
    return;
  int64_t count = rows * channels;
  float *x = check_input(count), *y = check_input(count), *dy = check_input(count), *residual = check_input(count);
  float *tensors[] = {x, y, dy, residual};
  for (int i = 0; i < 4; i++)
    check_fill(tensors[i], count);
  for (int64_t i = 0; i < count; i++) {
    x[i] = (float)(n.center + n.spread * x[i]);
    dy[i] = (float)(n.dy_center + dy[i]);
  }
  float *mean = check_input(channels), *inverse = check_input(channels), *gamma = check_input(channels),
        *beta = check_input(channels), *scale = check_input(channels), *shift = check_input(channels);
  float *vectors[] = {mean, inverse, gamma, beta, scale, shift};
  for (int i = 0; i < 6; i++)
    check_fill(vectors[i], channels);
  for (int64_t c = 0; c < channels; c++) {
    mean[c] = (float)(n.center + n.spread * mean[c]);
    inverse[c] = 0.5f + fabsf(inverse[c]);
  }
  batch_norm_call given = {.x = x,
                           .y = y,
                           .dy = dy,
                           .epsilon = n.epsilon,
                           .mean = mean,
                           .inverse = inverse,
                           .gamma = gamma,
                           .beta = beta,
                           .scale = scale,
                           .shift = shift,
                           .residual = residual};
  check_statistics(rows, channels, x, n.epsilon);
  check_normalized(&given, rows, channels);
  given.gamma = given.beta = NULL;
  check_normalized(&given, rows, channels);
  given.gamma = gamma;
  given.beta = beta;
  for (int steps = 0; steps < 4; steps++)
    check_apply(&given, rows, channels, steps & 1, steps & 2 ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE);
  for (int frozen = 0; frozen <= (n.spread < 1e20); frozen++)
    for (int relu = 0; relu <= 1; relu++)
      check_backward(&given, rows, channels, frozen, relu == frozen, relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE);
}

/* Gradients that are a multiple of x̂ but for a small part, and channels of which only some are so. */
static void check_explained(int64_t rows, int64_t channels) {
  if (!check_case("gradients along x", "%lld rows of %lld channels", (long long)rows, (long long)channels))
    return;
  const int64_t count = rows * channels;
  float *x = check_input(count), *dy = check_input(count), *y = check_input(count);
  check_fill(x, count);
  check_fill(dy, count);
  check_fill(y, count);
  for (int64_t i = 0; i < count; i++)
    if (i % channels % 3 == 0)
      dy[i] = 5 * x[i] + 2 + 1e-3f * dy[i];
  batch_norm_call given = {.x = x, .y = y, .dy = dy, .epsilon = 1e-5, .mean = x, .inverse = x};
  check_backward(&given, rows, channels, 0, 0, APUS_ACTIVATION_NONE);
}

static void check_hard_numbers(void) {
  static const norm_numbers hard[] = {
      {1000, 1, 1e-5, 0},   {1e4, 0.02, 1e-5, 0},     {-1e6, 1.5, 1e-5, 0},  {1e30, 1e30, 1e-5, 0},   {0, 1e-30, 1e-5, 0},
      {0, 1e-30, 1e-38, 0}, {1e-30, 1e-30, 1e-30, 0}, {1e36, 1e36, 1e-5, 0}, {1e-40, 1e-40, 1e-5, 0}, {1234.567, 0, 1e-5, 0},
      {3, 1, 0.1, 1000},    {0, 1e-3, 1e-12, -30},    {1e19, 1e18, 1e-5, 0}, {0, 1e37, 1e-5, 0},
  };
  static const int64_t shapes[][2] = {{2, 5}, {3, 17}, {4, 1}, {16, 3}, {70, 48}, {4096, 1}, {1031, 33}};
  for (size_t h = 0; h < sizeof hard / sizeof hard[0]; h++)
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
      char name[64];
      snprintf(name, sizeof name, "hard %zu, %lld by %lld", h, (long long)shapes[s][0], (long long)shapes[s][1]);
      check_shape(name, shapes[s][0], shapes[s][1], hard[h]);
    }
  check_explained(300, 20);
  check_explained(7, 100);
}

/* Equal rows: beta exactly, whatever they are. */
static void check_constant(int64_t rows, int64_t channels) {
  if (!check_case("equal rows", "%lld rows of %lld channels", (long long)rows, (long long)channels))
    return;
  float *x = check_input(rows * channels), *beta = check_input(channels);
  check_fill(x, rows * channels);
  check_fill(beta, channels);
  double *want = check_doubles(rows * channels);
  for (int64_t i = 0; i < rows * channels; i++) {
    x[i] = i < channels ? 1e4f * x[i] : x[i % channels];
    want[i] = beta[i % channels];
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    batch_norm_call run = {.x = x, .beta = beta, .epsilon = 1e-5};
    if (!check_select(isa) || !plan(&run, rows, channels))
      continue;
    run.scratch = check_scratch(run.plan.scratch_bytes);
    make_statistics(&run, channels);
    run.out = check_output(rows * channels, NULL);
    check_run("normalize", run_apply, &run);
    check_exact("y", run.out, want, rows * channels);
  }
}

void check_batch_norm_family(void) {
  for (int given = 0; given < 8; given++)
    if (check_case("fold", "37 channels, %s gamma, %s beta, %s rest", given & 1 ? "with" : "no", given & 2 ? "with" : "no",
                   given & 4 ? "with" : "no"))
      check_fold(37, given & 1, (given & 2) != 0, (given & 4) != 0);
  const bench_shape *line;
  for (int i = 0; (line = check_line("batch_norm", i)); i++)
    check_shape(line->name, line->size[0], line->size[1], (norm_numbers){shape_number(line, "center"), 1, 1e-5, 0});
  check_hard_numbers();
  check_constant(48, 3);
  check_constant(257, 1);
  check_constant(70, 100);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t rows = check_random_int(1, 700), channels = check_random_int(1, 80);
      check_shape(name, rows, channels, (norm_numbers){check_random_int(0, 2) ? 0 : 10, 1, 1e-5, 0});
    }
  }
}
