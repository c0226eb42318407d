/* The activation functions of one element. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "activation/check_activation.h"
#include "check.h"

/* How far a version may be from the double reference: `ulps` units in the last place, times 1 + |t| where the function goes
 * through σ(t) with a t that is rounded. */
static const struct {
  const char *name;
  apus_nonlinearity function;
  float a;
  double ulps;
} functions[] = {
    {"threshold", APUS_THRESHOLD, 0, 0},
    {"sigmoid", APUS_SIGMOID, 0, 2},
    {"tanh", APUS_TANH, 0, 2},
    {"leaky relu 0.01", APUS_LEAKY_RELU, 0.01f, 0.5001},
    {"leaky relu 0", APUS_LEAKY_RELU, 0, 0},
    {"elu", APUS_ELU, 1, 2},
    {"elu 0.3", APUS_ELU, 0.3f, 3},
    {"swish", APUS_SWISH, 1, 3},
    {"swish 1.7", APUS_SWISH, 1.7f, 3},
    {"gelu", APUS_GELU, 0, 4},
    {"gelu by tanh", APUS_GELU_TANH, 0, 4},
    {"softplus", APUS_SOFTPLUS, 0, 3},
};
enum { function_count = sizeof functions / sizeof functions[0] };

typedef struct nonlinearity_run {
  apus_nonlinearity function;
  int64_t count;
  float a;
  const float *v, *dy;
  float *out;
} nonlinearity_run;

static void run_forward(void *context) {
  nonlinearity_run *run = context;
  apus_nonlinearity_forward(run->function, run->count, run->a, run->v, run->out);
}

static void run_backward(void *context) {
  nonlinearity_run *run = context;
  apus_nonlinearity_backward(run->function, run->count, run->a, run->v, run->dy, run->out);
}

/* Every kind of number, and those where a formula changes or something begins to be subnormal. */
static const float special_values[] = {0.0f,     -0.0f,  INFINITY, -INFINITY, NAN,        FLT_MAX,    -FLT_MAX,    FLT_MIN,
                                       -FLT_MIN, 0.625f, -0.625f,  0x1p-149f, -0x1p-149f, 1,          -1,          15,
                                       -15,      -16.6f, -13.2f,   -14.1f,    -25,        -87.33655f, -103.98f,    -104.5f,
                                       -200,     200,    88.8f,    -88.75f,   1e20f,      -1e20f,     0.99999994f, -0.99999994f};
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
static double rounded_argument(apus_nonlinearity function, double a, double x) {
  if (function == APUS_SWISH && a != 1)
    return a * x;
  if (function == APUS_GELU_TANH)
    return 2 * 0.7978845608 * (x + 0.044715 * x * x * x);
  return 0;
}

/* check_close allows (4 + √terms)·ε times the magnitude: this turns so many units in the last place of `want` into one. */
static void bounds_forward(int which, int64_t count, const double *x, const double *want, double *magnitude) {
  for (int64_t i = 0; i < count; i++) {
    double t = fabs(rounded_argument(functions[which].function, (double)functions[which].a, x[i]));
    magnitude[i] = functions[which].ulps * unit_of(want[i]) * (want[i] == 0 ? 0 : 1 + t) / (4 * (double)FLT_EPSILON);
  }
}

/* Of derivatives that are sums the terms: |dy|·(|σ or Φ| + |what is added|); else the units of the result. */
static void bounds_backward(int which, int64_t count, const double *v, const double *dy, const double *want, double *magnitude) {
  const apus_nonlinearity function = functions[which].function;
  for (int64_t i = 0; i < count; i++) {
    double x = v[i], terms = fabs(want[i]), t = rounded_argument(function, (double)functions[which].a, x);
    if (function == APUS_GELU)
      terms = fabs(dy[i]) * (erfc(-x / sqrt(2)) / 2 + (isinf(x) ? 0 : fabs(x) * exp(-x * x / 2) * 0.4));
    if (function == APUS_SWISH || function == APUS_GELU_TANH) {
      double u = function == APUS_SWISH ? (double)functions[which].a * x : t, s = 1 / (1 + exp(-u)), rest = 1 / (1 + exp(u));
      double slope = function == APUS_SWISH ? u : 2 * 0.7978845608 * (x + 3 * 0.044715 * x * x * x);
      terms = fabs(dy[i]) * (s + (s == 0 || rest == 0 ? 0 : fabs(slope) * s * rest));
      if (isnan(terms) || isinf(u))
        terms = fabs(want[i]);
    }
    magnitude[i] = terms == 0 ? 0 : terms * (isinf(t) || isnan(t) ? 1 : 1 + fabs(t));
  }
}

static void check_function(int which, int64_t count) {
  if (!check_case(functions[which].name, "%lld elements, every kind of number among them", (long long)count))
    return;
  const apus_nonlinearity function = functions[which].function;
  const float a = functions[which].a;
  float *x = check_input(count), *dy = check_input(count), *v = x;
  fill_mixed(x, count);
  check_fill(dy, count);
  double *wide = check_widen(x, count), *want = check_doubles(count), *magnitude = check_doubles(count);
  apus_nonlinearity_forward_reference_f64(function, count, (double)a, wide, want);
  bounds_forward(which, count, wide, want, magnitude);

  if (!apus_nonlinearity_reads_input(function)) {
    v = check_input(count);
    for (int64_t i = 0; i < count; i++)
      v[i] = (float)want[i];
  }
  double *wide_v = check_widen(v, count), *wide_dy = check_widen(dy, count);
  double *want_back = check_doubles(count), *magnitude_back = check_doubles(count);
  apus_nonlinearity_backward_reference_f64(function, count, (double)a, wide_v, wide_dy, want_back);
  bounds_backward(which, count, wide_v, wide_dy, want_back, magnitude_back);

  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    nonlinearity_run run = {.function = function, .count = count, .a = a, .v = x, .dy = dy, .out = check_output(count, NULL)};
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
static void check_sweep(int which) {
  char name[64];
  snprintf(name, sizeof name, "%s over all numbers", functions[which].name);
  if (!check_case(name, "every 4099th float"))
    return;
  const int64_t count = (INT64_C(1) << 32) / 4099 + 1;
  float *x = check_input(count), *y = check_output(count, NULL);
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)(i * 4099);
    memcpy(x + i, &bits, sizeof bits);
  }
  double *wide = check_widen(x, count), *want = check_doubles(count), *magnitude = check_doubles(count);
  apus_nonlinearity_forward_reference_f64(functions[which].function, count, (double)functions[which].a, wide, want);
  bounds_forward(which, count, wide, want, magnitude);
  const int reads_input = apus_nonlinearity_reads_input(functions[which].function);
  float *v = check_input(count), *ones = check_input(count);
  for (int64_t i = 0; i < count; i++) {
    v[i] = reads_input ? x[i] : (float)want[i];
    ones[i] = 1;
  }
  double *wide_v = check_widen(v, count), *one = check_widen(ones, count), *slope = check_doubles(count);
  double *slope_magnitude = check_doubles(count);
  apus_nonlinearity_backward_reference_f64(functions[which].function, count, (double)functions[which].a, wide_v, one, slope);
  bounds_backward(which, count, wide_v, one, slope, slope_magnitude);
  for (int64_t i = 0; i < count; i++)
    if (isnan(slope[i]) != isnan(v[i])) {
      check_that(0, "the reference's derivative at %g is %g", (double)v[i], slope[i]);
      break;
    }
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    apus_nonlinearity_forward(functions[which].function, count, functions[which].a, x, y);
    check_close("y", y, want, magnitude, count, 0);
    apus_nonlinearity_backward(functions[which].function, count, functions[which].a, v, ones, y);
    check_close("slope", y, slope, slope_magnitude, count, 0);
  }
}

/* ---- derivatives against finite differences --------------------------------------------------------------------- */

typedef struct derivative_case {
  int which;
  int64_t count;
  double *x, *y, *cotangent;
} derivative_case;

static double loss(void *context) {
  derivative_case *d = context;
  double sum = 0;
  apus_nonlinearity_forward_reference_f64(functions[d->which].function, d->count, (double)functions[d->which].a, d->x, d->y);
  for (int64_t i = 0; i < d->count; i++)
    sum += d->y[i] * d->cotangent[i];
  return sum;
}

/* From −4 to 4, never at 0, where some have a kink. */
static void check_derivative(int which) {
  char name[64];
  snprintf(name, sizeof name, "%s, derivative", functions[which].name);
  if (!check_case(name, "64 elements"))
    return;
  const apus_nonlinearity function = functions[which].function;
  derivative_case d = {.which = which, .count = 64};
  d.x = check_doubles(d.count);
  d.y = check_doubles(d.count);
  d.cotangent = check_doubles(d.count);
  check_fill_doubles(d.cotangent, d.count);
  for (int64_t i = 0; i < d.count; i++)
    d.x[i] = ((double)i - 31.5) / 8;
  double *dx = check_doubles(d.count);
  loss(&d);
  const double *v = apus_nonlinearity_reads_input(function) ? d.x : d.y;
  apus_nonlinearity_backward_reference_f64(function, d.count, (double)functions[which].a, v, d.cotangent, dx);
  check_gradient("dx", loss, &d, d.x, dx, d.count);
}

void check_nonlinearities(void) {
  static const int64_t counts[] = {0, 1, 15, 16, 17, 67, 1000, 30001};
  for (int which = 0; which < function_count; which++) {
    for (int i = 0; i < 8; i++)
      check_function(which, counts[i]);
    check_sweep(which);
    check_derivative(which);
  }
}
