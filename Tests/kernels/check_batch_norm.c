/* Batch norm: statistics, folding, application, both backward forms. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "check.h"

typedef struct norm_run {
  apus_batch_norm_plan plan;
  const float *x, *y, *dy, *mean, *inverse, *gamma, *scale, *shift, *residual;
  apus_activation activation;
  int frozen;
  float *out, *out_mean, *out_variance, *dgamma, *dbeta, *dresidual;
  void *scratch;
} norm_run;

/* Planned anew at each thread count: nothing in the plan may depend on it. */
static norm_run *planned(void *context) {
  norm_run *run = context;
  apus_batch_norm_plan_make(&run->plan, run->plan.rows, run->plan.channels, NULL);
  return run;
}

static void run_statistics(void *context) {
  norm_run *run = planned(context);
  apus_batch_norm_statistics(&run->plan, run->x, run->out_mean, run->out_variance, run->scratch);
}

static void run_apply(void *context) {
  norm_run *run = planned(context);
  apus_batch_norm_apply(&run->plan, run->x, run->scale, run->shift, run->residual, run->activation, run->out);
}

static void run_backward(void *context) {
  norm_run *run = planned(context);
  (run->frozen ? apus_batch_norm_backward_frozen : apus_batch_norm_backward)(
      &run->plan, run->x, run->y, run->scale, run->shift, run->dy, run->mean, run->inverse, run->gamma, run->activation, run->out,
      run->dgamma, run->dbeta, run->dresidual, run->scratch);
}

static int plan(norm_run *run, int64_t rows, int64_t channels) {
  apus_error error;
  apus_status status = apus_batch_norm_plan_make(&run->plan, rows, channels, &error);
  check_that(status == APUS_OK, "the plan refuses: %s", error.text);
  return status == APUS_OK;
}

/* ---- statistics ------------------------------------------------------------------------------------------------- */

/* The mean is accurate to e = c·eps·Σ|x|/rows, and the variance (σ + e)² − σ² beside its own rounding: a two-pass sum attains
 * that where the mean is a thousand deviations away from 0; Σx²/rows − mean² does not. */
static void check_statistics(int64_t rows, int64_t channels, const float *x) {
  double *mean = check_doubles(channels), *variance = check_doubles(channels), *magnitude = check_doubles(channels),
         *variance_bound = check_doubles(channels), factor = (4 + sqrt((double)rows)) * (double)FLT_EPSILON;
  apus_batch_norm_statistics_reference_f64(rows, channels, check_widen(x, rows * channels), mean, variance);
  for (int64_t i = 0; i < rows * channels; i++)
    magnitude[i % channels] += fabs(x[i]) / (double)rows;
  for (int64_t c = 0; c < channels; c++) {
    double e = factor * magnitude[c];
    variance_bound[c] = variance[c] + (2 * sqrt(variance[c]) * e + e * e) / factor;
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    norm_run run = {.x = x};
    if (!check_select(isa) || !plan(&run, rows, channels))
      continue;
    run.scratch = check_scratch(run.plan.scratch_bytes);
    run.out_mean = check_output(channels, NULL);
    run.out_variance = check_output(channels, NULL);
    check_run("statistics", run_statistics, &run);
    check_close("mean", run.out_mean, mean, magnitude, channels, (double)rows);
    check_close("variance", run.out_variance, variance, variance_bound, channels, (double)rows);
    int negative = 0;
    for (int64_t c = 0; c < channels; c++)
      negative += !(run.out_variance[c] >= 0);
    check_that(negative == 0, "%d variances are negative", negative);
  }
}

/* ---- fold and apply --------------------------------------------------------------------------------------------- */

static void check_fold(int64_t channels, int with_gamma, int with_beta) {
  float *mean = check_input(channels), *variance = check_input(channels), *gamma = check_input(channels),
        *beta = check_input(channels);
  check_fill(mean, channels);
  check_fill(gamma, channels);
  check_fill(beta, channels);
  for (int64_t c = 0; c < channels; c++)
    variance[c] = c == 0 ? 0.0f : (float)fabs(check_random_real());
  const float epsilon = 1e-5f;
  double *want_scale = check_doubles(channels), *want_shift = check_doubles(channels), *want_inverse = check_doubles(channels),
         *bound = check_doubles(channels);
  apus_batch_norm_fold_reference_f64(
      channels, check_widen(mean, channels), check_widen(variance, channels), with_gamma ? check_widen(gamma, channels) : NULL,
      with_beta ? check_widen(beta, channels) : NULL, epsilon, want_scale, want_shift, want_inverse);
  for (int64_t c = 0; c < channels; c++)
    bound[c] = fabs(mean[c] * want_scale[c]) + (with_beta ? fabs((double)beta[c]) : 0);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    float *scale = check_output(channels, NULL), *shift = check_output(channels, NULL), *inverse = check_output(channels, NULL);
    for (int with_inverse = 0; with_inverse <= 1; with_inverse++)
      apus_batch_norm_fold(channels, mean, variance, with_gamma ? gamma : NULL, with_beta ? beta : NULL, epsilon, scale, shift,
                           with_inverse ? inverse : NULL);
    double *scale_bound = check_doubles(channels);
    for (int64_t c = 0; c < channels; c++)
      scale_bound[c] = fabs(want_scale[c]);
    check_close("scale", scale, want_scale, scale_bound, channels, 1);
    check_close("shift", shift, want_shift, bound, channels, 2);
    check_close("inverse deviation", inverse, want_inverse, want_inverse, channels, 1);
  }
}

static void check_apply(const norm_run *given, int64_t rows, int64_t channels, int with_residual, apus_activation activation) {
  int outer = check_mark();
  int64_t count = rows * channels;
  double *want = check_doubles(count), *magnitude = check_doubles(count);
  apus_batch_norm_apply_reference_f64(rows, channels, check_widen(given->x, count), check_widen(given->scale, channels),
                                      check_widen(given->shift, channels),
                                      with_residual ? check_widen(given->residual, count) : NULL, activation, want);
  apus_batch_norm_apply_reference_f64(rows, channels, check_magnitude(given->x, count), check_magnitude(given->scale, channels),
                                      check_magnitude(given->shift, channels),
                                      with_residual ? check_magnitude(given->residual, count) : NULL, APUS_ACTIVATION_NONE,
                                      magnitude);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    norm_run run = *given;
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
    apus_batch_norm_apply(&run.plan, given->x, given->scale, given->shift, NULL, APUS_ACTIVATION_NONE, apart);
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

/* Sums of magnitudes of the terms in the header's equations; x − mean counts as |x| + |mean|. */
static gradients backward_magnitudes(const norm_run *given, int64_t rows, int64_t channels, const double *dz) {
  gradients m = make_gradients(rows * channels, channels);
  for (int64_t i = 0; i < rows * channels; i++) {
    int64_t c = i % channels;
    m.dbeta[c] += fabs(dz[i]);
    m.dgamma[c] += fabs(dz[i]) * (fabs((double)given->x[i]) + fabs((double)given->mean[c])) * given->inverse[c];
  }
  for (int64_t i = 0; i < rows * channels; i++) {
    int64_t c = i % channels;
    double normalised = (fabs((double)given->x[i]) + fabs((double)given->mean[c])) * given->inverse[c];
    double sums = given->frozen ? 0 : (m.dbeta[c] + normalised * m.dgamma[c]) / (double)rows;
    m.dx[i] = fabs((double)(given->gamma ? given->gamma[c] : 1)) * given->inverse[c] * (fabs(dz[i]) + sums);
  }
  return m;
}

static void check_backward(const norm_run *given, int64_t rows, int64_t channels, int frozen, int with_gamma,
                           apus_activation activation) {
  int outer = check_mark();
  int64_t count = rows * channels;
  norm_run run = *given;
  run.frozen = frozen;
  run.activation = activation;
  run.gamma = with_gamma ? given->gamma : NULL;
  gradients want = make_gradients(count, channels);
  apus_batch_norm_backward_reference_f64(rows, channels, check_widen(run.x, count), check_widen(run.y, count), NULL, NULL,
                                         check_widen(run.dy, count), check_widen(run.mean, channels),
                                         check_widen(run.inverse, channels), with_gamma ? check_widen(run.gamma, channels) : NULL,
                                         activation, frozen, want.dx, want.dgamma, want.dbeta, want.dresidual);
  gradients bound = backward_magnitudes(&run, rows, channels, want.dresidual);
  const char *version = frozen ? "backward frozen" : "backward";
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa) || !plan(&run, rows, channels))
      continue;
    run.dy = given->dy;
    run.scratch = check_scratch(run.plan.scratch_bytes);
    float *dx = run.out = check_output(count, NULL), *dresidual = run.dresidual = check_output(count, NULL);
    float *dgamma = run.dgamma = check_output(channels, NULL), *dbeta = run.dbeta = check_output(channels, NULL);
    check_run(version, run_backward, &run);
    check_exact("dresidual", dresidual, want.dresidual, count);
    check_close("dbeta", dbeta, want.dbeta, bound.dbeta, channels, (double)rows);
    check_close("dgamma", dgamma, want.dgamma, bound.dgamma, channels, (double)rows);
    check_close("dx", dx, want.dx, bound.dx, count, (double)rows);
    float *first_dx = check_copy(dx, count), *first_dgamma = check_copy(dgamma, channels);

    if (activation == APUS_ACTIVATION_RELU) {
      float *forward = check_input(count);
      apus_batch_norm_apply(&run.plan, run.x, run.scale, run.shift, NULL, APUS_ACTIVATION_RELU, forward);
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

/* ---- cases ------------------------------------------------------------------------------------------------------ */

static void check_shape(const char *name, int64_t rows, int64_t channels, double centre) {
  if (!check_case(name, "%lld rows of %lld channels around %g", (long long)rows, (long long)channels, centre))
    return;
  int64_t count = rows * channels;
  float *x = check_input(count), *y = check_input(count), *dy = check_input(count), *residual = check_input(count);
  float *tensors[] = {x, y, dy, residual};
  for (int i = 0; i < 4; i++)
    check_fill(tensors[i], count);
  for (int64_t i = 0; i < count; i++)
    x[i] += (float)centre;
  float *mean = check_input(channels), *inverse = check_input(channels), *gamma = check_input(channels),
        *scale = check_input(channels), *shift = check_input(channels);
  float *vectors[] = {mean, inverse, gamma, scale, shift};
  for (int i = 0; i < 5; i++)
    check_fill(vectors[i], channels);
  for (int64_t c = 0; c < channels; c++) {
    mean[c] += (float)centre;
    inverse[c] = 0.5f + fabsf(inverse[c]);
  }
  norm_run given = {.x = x,
                    .y = y,
                    .dy = dy,
                    .mean = mean,
                    .inverse = inverse,
                    .gamma = gamma,
                    .scale = scale,
                    .shift = shift,
                    .residual = residual};
  check_statistics(rows, channels, x);
  for (int steps = 0; steps < 4; steps++)
    check_apply(&given, rows, channels, steps & 1, steps & 2 ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE);
  for (int frozen = 0; frozen <= 1; frozen++)
    for (int relu = 0; relu <= 1; relu++)
      check_backward(&given, rows, channels, frozen, relu == frozen, relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE);
}

void check_batch_norm_family(void) {
  for (int given = 0; given < 4; given++)
    if (check_case("fold", "37 channels, %s gamma, %s beta", given & 1 ? "with" : "no", given & 2 ? "with" : "no"))
      check_fold(37, given & 1, given & 2);
  check_shape("one value", 1, 1, 0);
  check_shape("one row", 1, 19, 0);
  check_shape("two rows", 2, 33, 0);
  check_shape("one channel", 517, 1, 0);
  check_shape("6 channels", 130, 6, 0);
  check_shape("15 channels", 77, 15, 0);
  check_shape("16 channels", 64, 16, 0);
  check_shape("17 channels", 63, 17, 0);
  check_shape("64 channels (aligned rows)", 150, 64, 0);
  check_shape("70 channels (strips)", 41, 70, 0);
  check_shape("mean far from 0", 300, 20, 1000);
  check_shape("many rows (chunks)", 9001, 12, 3);
  check_shape("many channels", 9, 1030, 0);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t rows = check_random_int(1, 700), channels = check_random_int(1, 80);
      check_shape(name, rows, channels, check_random_int(0, 2) ? 0 : 10);
    }
  }
}
