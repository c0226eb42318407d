/* The activation functions of one element. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "activation/check_activation.h"
#include "activation/functions.h"
#include "check.h"

/* A function with parameters. */
typedef struct function_case {
  apus_nonlinearity number;
  const nonlinearity *function;
  double p[2];
  float a, b;
  double ulps;
  char name[96];
} function_case;

typedef struct nonlinearity_run {
  const function_case *f;
  int64_t count;
  const float *v, *dy;
  float *out;
} nonlinearity_run;

static void run_forward(void *context) {
  nonlinearity_run *run = context;
  apus_nonlinearity_forward(run->f->number, run->count, run->f->a, run->f->b, run->v, run->out);
}

static void run_backward(void *context) {
  nonlinearity_run *run = context;
  apus_nonlinearity_backward(run->f->number, run->count, run->f->a, run->f->b, run->v, run->dy, run->out);
}

/* Every kind of number, and those where a formula changes or something begins to be subnormal. */
static const float special_values[] = {0.0f,       -0.0f,       INFINITY,   -INFINITY,   NAN,         FLT_MAX, -FLT_MAX, FLT_MIN,
                                       -FLT_MIN,   0.625f,      -0.625f,    0x1p-149f,   -0x1p-149f,  1,       -1,       15,
                                       -15,        -16.6f,      -13.2f,     -14.1f,      -25,         3,       -3,       6,
                                       2.9999998f, -2.9999998f, -87.33655f, -103.98f,    -104.5f,     -200,    200,      88.8f,
                                       -88.75f,    1e20f,       -1e20f,     0.99999994f, -0.99999994f};
enum { special_count = sizeof special_values / sizeof special_values[0] };

/* A third specials, a third near 0, a third wide. */
static void fill_mixed(float *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    x[i] = i % 3 == 2   ? special_values[check_random_int(0, special_count - 1)]
           : i % 3 == 1 ? (float)(3 * check_random_real())
                        : (float)(110 * check_random_real());
}

static double unit_of(double value) { return value == 0 || !isfinite(value) ? 0 : ldexp(1, ilogb(value) - (FLT_MANT_DIG - 1)); }

/* The argument of σ where it is rounded. */
static double rounded_argument(const function_case *f, double x) {
  return f->function->argument ? f->function->argument(x, f->p) : 0;
}

/* check_close allows (4 + √terms)·ε times the magnitude: this turns so many units in the last place of `want` into one. */
static void bounds_forward(const function_case *f, int64_t count, const double *x, const double *want, double *magnitude) {
  for (int64_t i = 0; i < count; i++) {
    double t = fabs(rounded_argument(f, x[i]));
    magnitude[i] = f->ulps * unit_of(want[i]) * (want[i] == 0 ? 0 : 1 + t) / (4 * (double)FLT_EPSILON);
  }
}

/* Of derivatives that are sums the terms, each times |dy|; else the units of the result. */
static void bounds_backward(const function_case *f, int64_t count, const double *v, const double *dy, const double *want,
                            double *magnitude) {
  for (int64_t i = 0; i < count; i++) {
    double terms = fabs(want[i]), t = rounded_argument(f, v[i]);
    if (f->function->terms)
      terms = fabs(dy[i]) * f->function->terms(v[i], f->p);
    magnitude[i] = terms == 0 ? 0 : terms * (isinf(t) || isnan(t) ? 1 : 1 + fabs(t));
  }
}

static void check_function(const function_case *f, int64_t count) {
  if (!check_case(f->name, "%lld elements, every kind of number among them", (long long)count))
    return;
  float *x = check_input(count), *dy = check_input(count), *v = x;
  fill_mixed(x, count);
  check_fill(dy, count);
  double *wide = check_widen(x, count), *want = check_doubles(count), *magnitude = check_doubles(count);
  apus_nonlinearity_forward_reference_f64(f->number, count, f->p[0], f->p[1], wide, want);
  bounds_forward(f, count, wide, want, magnitude);

  if (!apus_nonlinearity_reads_input(f->number)) {
    v = check_input(count);
    for (int64_t i = 0; i < count; i++)
      v[i] = (float)want[i];
  }
  double *wide_v = check_widen(v, count), *wide_dy = check_widen(dy, count);
  double *want_back = check_doubles(count), *magnitude_back = check_doubles(count);
  apus_nonlinearity_backward_reference_f64(f->number, count, f->p[0], f->p[1], wide_v, wide_dy, want_back);
  bounds_backward(f, count, wide_v, wide_dy, want_back, magnitude_back);

  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    nonlinearity_run run = {.f = f, .count = count, .v = x, .dy = dy, .out = check_output(count, NULL)};
    check_run("forward", run_forward, &run);
    check_close("y", run.out, want, magnitude, count, 0);
    float *apart = check_copy(run.out, count);
    run.v = v;
    check_run("backward", run_backward, &run);
    check_close("dx", run.out, want_back, magnitude_back, count, 0);
    float *apart_back = check_copy(run.out, count);

    run.v = run.out = check_output(count, x);
    check_run("forward in place", run_forward, &run);
    check_same_bits("y in place", run.out, apart, sizeof(float), count);
    run.v = v;
    run.dy = run.out = check_output(count, dy);
    check_run("backward in place", run_backward, &run);
    check_same_bits("dx in place", run.out, apart_back, sizeof(float), count);
  }
}

/* Over all floats, a step of 2¹² or so between two of them: within the same bounds, and nothing but NaN gives NaN. */
static void check_sweep(const function_case *f) {
  char name[96];
  snprintf(name, sizeof name, "%.63s over all numbers", f->name);
  if (!check_case(name, "every 4099th float"))
    return;
  const int64_t count = (INT64_C(1) << 32) / 4099 + 1;
  float *x = check_input(count), *y = check_output(count, NULL);
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)(i * 4099);
    memcpy(x + i, &bits, sizeof bits);
  }
  double *wide = check_widen(x, count), *want = check_doubles(count), *magnitude = check_doubles(count);
  apus_nonlinearity_forward_reference_f64(f->number, count, f->p[0], f->p[1], wide, want);
  bounds_forward(f, count, wide, want, magnitude);
  const int reads_input = apus_nonlinearity_reads_input(f->number);
  float *v = check_input(count), *ones = check_input(count);
  for (int64_t i = 0; i < count; i++) {
    v[i] = reads_input ? x[i] : (float)want[i];
    ones[i] = 1;
  }
  double *wide_v = check_widen(v, count), *one = check_widen(ones, count), *slope = check_doubles(count);
  double *slope_magnitude = check_doubles(count);
  apus_nonlinearity_backward_reference_f64(f->number, count, f->p[0], f->p[1], wide_v, one, slope);
  bounds_backward(f, count, wide_v, one, slope, slope_magnitude);
  for (int64_t i = 0; i < count; i++)
    if (isnan(slope[i]) != isnan(v[i])) {
      check_that(0, "the reference's derivative at %g is %g", (double)v[i], slope[i]);
      break;
    }
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    apus_nonlinearity_forward(f->number, count, f->a, f->b, x, y);
    check_close("y", y, want, magnitude, count, 0);
    apus_nonlinearity_backward(f->number, count, f->a, f->b, v, ones, y);
    check_close("slope", y, slope, slope_magnitude, count, 0);
  }
}

/* ---- derivatives against finite differences --------------------------------------------------------------------- */

typedef struct derivative_case {
  const function_case *f;
  int64_t count;
  double *x, *y, *cotangent;
} derivative_case;

static double loss(void *context) {
  derivative_case *d = context;
  double sum = 0;
  apus_nonlinearity_forward_reference_f64(d->f->number, d->count, d->f->p[0], d->f->p[1], d->x, d->y);
  for (int64_t i = 0; i < d->count; i++)
    sum += d->y[i] * d->cotangent[i];
  return sum;
}

/* From −4 to 4, never at 0, where some have a kink. */
static void check_derivative(const function_case *f) {
  char name[96];
  snprintf(name, sizeof name, "%.63s, derivative", f->name);
  if (!check_case(name, "64 elements"))
    return;
  derivative_case d = {.f = f, .count = 64};
  d.x = check_doubles(d.count);
  d.y = check_doubles(d.count);
  d.cotangent = check_doubles(d.count);
  check_fill_doubles(d.cotangent, d.count);
  for (int64_t i = 0; i < d.count; i++)
    d.x[i] = ((double)i - 31.5) / 8;
  double *dx = check_doubles(d.count);
  loss(&d);
  const double *v = apus_nonlinearity_reads_input(f->number) ? d.x : d.y;
  apus_nonlinearity_backward_reference_f64(f->number, d.count, f->p[0], f->p[1], v, d.cotangent, dx);
  check_gradient("dx", loss, &d, d.x, dx, d.count);
}

void check_nonlinearities(void) {
  static const int64_t counts[] = {0, 1, 15, 16, 17, 67, 1000, 30001};
  for (int number = 0; number < APUS_NONLINEARITY_COUNT; number++) {
    const nonlinearity *function = apus_nonlinearities[number];
    for (int s = 0; s < function->setting_count; s++) {
      const nonlinearity_setting *setting = function->settings + s;
      function_case f = {.number = (apus_nonlinearity)number, .function = function, .ulps = setting->ulps};
      f.a = setting->parameters[0];
      f.b = setting->parameters[1];
      f.p[0] = (double)f.a;
      f.p[1] = (double)f.b;
      snprintf(f.name, sizeof f.name, "%s %g %g", function->name, f.p[0], f.p[1]);
      for (int i = 0; i < 8; i++)
        check_function(&f, counts[i]);
      check_sweep(&f);
      check_derivative(&f);
    }
  }
}
