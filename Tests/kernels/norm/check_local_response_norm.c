/* Local response norm. */
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"

/* Planned anew at each thread count: nothing in the plan but its scratch may depend on it. */
static local_response_norm_call *planned(void *context) {
  local_response_norm_call *run = context;
  const apus_local_response_norm_plan p = run->plan;
  apus_local_response_norm_plan_make(&run->plan, p.rows, p.channels, p.size, p.alpha, p.beta, p.k, NULL);
  return run;
}

static void run_forward(void *context) { call_local_response_norm_forward(planned(context)); }
static void run_backward(void *context) { call_local_response_norm_backward(planned(context)); }

typedef struct lrn_shape {
  int64_t rows, channels, size;
  float alpha, beta, k, factor;
} lrn_shape;

/* Scratch for the most threads that a run will use. */
static int plan(local_response_norm_call *run, const lrn_shape *s) {
  int counts[CHECK_MOST_COUNTS], most = 1, known = check_thread_counts(counts);
  for (int i = 0; i < known; i++)
    most = counts[i] > most ? counts[i] : most;
  apus_error error;
  apus_status status =
      apus_local_response_norm_plan_make(&run->plan, s->rows, s->channels, s->size, s->alpha, s->beta, s->k, &error);
  check_that(status == APUS_OK, "the plan refuses: %s", error.text);
  run->scratch = check_scratch(run->plan.scratch_bytes / (size_t)run->plan.threads * (size_t)most);
  return status == APUS_OK;
}

static void check_shape(const char *name, lrn_shape s) {
  if (!check_case(name, "%lld rows of %lld channels, windows of %lld, alpha %g, beta %g, k %g, x times %g", (long long)s.rows,
                  (long long)s.channels, (long long)s.size, (double)s.alpha, (double)s.beta, (double)s.k, (double)s.factor))
    return;
  const int64_t count = s.rows * s.channels;
  float *x = check_input(count), *dy = check_input(count);
  check_fill(x, count);
  check_fill(dy, count);
  for (int64_t i = 0; i < count; i++)
    x[i] *= s.factor;
  double *want = check_doubles(count), *want_dx = check_doubles(count), *bound_dx = check_doubles(count);
  const apus_local_response_norm norm = {s.rows, s.channels, s.size, (double)s.alpha, (double)s.beta, (double)s.k};
  apus_local_response_norm_forward_reference_f64(&norm, check_widen(x, count), want);
  apus_local_response_norm_backward_reference_f64(&norm, check_widen(x, count), check_widen(dy, count), want_dx);
  /* d is a sum of positive terms, so accurate to (4 + √size)·eps; d^−beta to beta times that, and where it goes through the
   * logarithm to |beta·log d| ulp besides. */
  double most = fabs(log((double)s.k));
  for (int64_t i = 0; i < count; i++) {
    double d = s.k + (double)s.alpha * x[i] * x[i];
    most = fmax(most, fabs(log(d)));
  }
  const double wider = 1 + s.beta * (1 + most);
  double *magnitude = check_doubles(count);
  const double *size_x = check_magnitude(x, count), *size_dy = check_magnitude(dy, count);
  /* On magnitudes dx is the direct term less the one across channels: twice the first less it is their sum. */
  apus_local_response_norm_backward_reference_f64(&norm, size_x, size_dy, magnitude);
  for (int64_t i = 0; i < count; i++) {
    double direct = x[i] == 0 ? size_dy[i] * pow(s.k, -(double)s.beta) : fabs(dy[i] * want[i] / x[i]);
    bound_dx[i] = wider * (2 * direct - magnitude[i]);
  }
  int64_t *row = (int64_t *)check_doubles(count);
  for (int64_t i = 0; i < count; i++)
    row[i] = i / s.channels;
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    local_response_norm_call run = {.x = x, .dy = dy};
    if (!check_select(isa) || !plan(&run, &s))
      continue;
    run.out = check_output(count, NULL);
    check_run("forward", run_forward, &run);
    check_group_ulps("y", run.out, want, NULL, row, count, s.rows, 4);
    check_run("backward", run_backward, &run);
    check_close("dx", run.out, want_dx, bound_dx, count, (double)s.size);
  }
}

void check_local_response_norm_family(void) {
  const bench_shape *line;
  for (int i = 0; (line = check_line("local_response_norm", i)); i++)
    check_shape(line->name, (lrn_shape){line->size[0], line->size[1], line->size[2], (float)shape_number(line, "alpha"),
                                        (float)shape_number(line, "beta"), (float)shape_number(line, "k"),
                                        (float)shape_number(line, "times")});
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      lrn_shape s = {check_random_int(1, 60), check_random_int(1, 70), check_random_int(1, 9), 0, 0, 0, 2};
      s.alpha = (float)fabs(check_random_real());
      s.beta = check_random_int(0, 1) ? 0.75f : (float)fabs(check_random_real());
      s.k = 0.5f + (float)fabs(check_random_real());
      check_shape(name, s);
    }
  }
}
