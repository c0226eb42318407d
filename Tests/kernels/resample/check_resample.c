/* Linear resampling along one axis: tables of random taps, and the transposed table as gradient. */
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "check.h"

enum { MOST_OUTPUTS = 128 };

static void check_shape(const char *name, apus_resample s) {
  if (!check_case(name, "[%lld, %lld, %lld] to %lld, %lld taps", (long long)s.outer, (long long)s.in_size, (long long)s.inner,
                  (long long)s.out_size, (long long)s.taps))
    return;
  int64_t first[MOST_OUTPUTS];
  for (int64_t o = 0; o < s.out_size; o++)
    first[o] = check_random_int(0, s.in_size - s.taps);
  const int64_t x_count = s.outer * s.in_size * s.inner, y_count = s.outer * s.out_size * s.inner, w_count = s.out_size * s.taps;
  float *x = check_input(x_count), *weights = check_input(w_count);
  check_fill(x, x_count);
  check_fill(weights, w_count);
  apus_error error;
  check_that(apus_resample_check(&s, first, &error) == APUS_OK, "refused: %s", error.text);
  double *want = check_doubles(y_count), *bound = check_doubles(y_count);
  apus_resample_reference_f64(&s, first, check_widen(weights, w_count), check_widen(x, x_count), want);
  apus_resample_reference_f64(&s, first, check_magnitude(weights, w_count), check_magnitude(x, x_count), bound);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    resample_call r = {.shape = s, .first = first, .weights = weights, .x = x, .y = check_output(y_count, NULL)};
    check_run("resample", call_resample, &r);
    check_close("y", r.y, want, bound, y_count, (double)s.taps);
  }
}

static void check_refusals(void) {
  if (!check_case("refusals", "sizes below 0, no taps, taps outside"))
    return;
  const int64_t first[] = {0, 3};
  apus_error error;
  apus_resample s = {.outer = 1, .in_size = 4, .out_size = 2, .inner = 1, .taps = 2};
  check_error("a tap behind the last element", apus_resample_check(&s, first, &error), APUS_INVALID_ARGUMENT, &error);
  s.taps = 0;
  check_error("no taps", apus_resample_check(&s, first, &error), APUS_INVALID_ARGUMENT, &error);
  s.taps = 1;
  s.inner = -1;
  check_error("a size below 0", apus_resample_check(&s, first, &error), APUS_INVALID_ARGUMENT, &error);
  s.inner = INT64_MAX / 4;
  check_error("too large", apus_resample_check(&s, first, &error), APUS_OVERFLOW, &error);
}

void check_resample_family(void) {
  check_refusals();
  const bench_shape *line;
  for (int i = 0; (line = check_line("resample", i)); i++)
    check_shape(line->name, call_resample_shape(line));
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    const int64_t in_size = check_random_int(1, 40);
    check_shape(name, (apus_resample){check_random_int(1, 4), in_size, check_random_int(1, 60), check_random_int(1, 70),
                                      check_random_int(1, in_size)});
  }
}
