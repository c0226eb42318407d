/* Max and average pooling, forward and backward. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "check.h"

typedef enum contents { REALS, TIES, SPECIALS } contents;

static int plan(pool2d_call *run, const apus_pool2d *shape) {
  apus_error error;
  apus_status status = apus_pool2d_plan_make(&run->plan, shape, &error);
  check_that(status == APUS_OK, "the plan refuses: %s", error.text);
  return status == APUS_OK;
}

static void check_max(const apus_pool2d *s, float *x, const float *dy, int64_t x_count, int64_t y_count) {
  int outer = check_mark();
  double *want = check_doubles(y_count), *want_dx = check_doubles(x_count), *magnitude = check_doubles(x_count);
  const int bytes = apus_pool2d_mask_bytes(s);
  void *mask = bytes == 1 ? (void *)check_input_bytes(y_count) : check_input_ints(y_count);
  apus_max_pool2d_forward_reference_f64(s, check_widen(x, x_count), want, mask);
  apus_max_pool2d_backward_reference_f64(s, check_widen(dy, y_count), mask, want_dx);
  apus_max_pool2d_backward_reference_f64(s, check_magnitude(dy, y_count), mask, magnitude);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    pool2d_call run = {.x = x, .dy = dy, .mask = mask};
    if (!check_select(isa) || !plan(&run, s))
      continue;
    run.out = check_output(y_count, NULL);
    run.out_mask = bytes == 1 ? (void *)check_output_bytes(y_count) : check_output_ints(y_count);
    check_run("max forward", call_max_pool2d_forward, &run);
    check_exact("y", run.out, want, y_count);
    check_same_bits("mask", run.out_mask, mask, bytes, y_count);
    run.out_mask = NULL;
    check_run("max forward without mask", call_max_pool2d_forward, &run);
    check_exact("y", run.out, want, y_count);
    run.out = check_output(x_count, NULL);
    check_run("max backward", call_max_pool2d_backward, &run);
    check_close("dx", run.out, want_dx, magnitude, x_count, (double)(s->kernel_h * s->kernel_w));
  }
  check_release(outer);
}

static void check_average(const apus_pool2d *given, float *x, const float *dy, int64_t x_count, int64_t y_count, int excludes) {
  int outer = check_mark();
  apus_pool2d s = *given;
  s.count_excludes_padding = excludes;
  double *want = check_doubles(y_count), *magnitude = check_doubles(y_count);
  double *want_dx = check_doubles(x_count), *magnitude_dx = check_doubles(x_count), terms = (double)(s.kernel_h * s.kernel_w);
  apus_average_pool2d_forward_reference_f64(&s, check_widen(x, x_count), want);
  apus_average_pool2d_forward_reference_f64(&s, check_magnitude(x, x_count), magnitude);
  apus_average_pool2d_backward_reference_f64(&s, check_widen(dy, y_count), want_dx);
  apus_average_pool2d_backward_reference_f64(&s, check_magnitude(dy, y_count), magnitude_dx);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    pool2d_call run = {.x = x, .dy = dy};
    if (!check_select(isa) || !plan(&run, &s))
      continue;
    run.out = check_output(y_count, NULL);
    check_run(excludes ? "average forward, padding not counted" : "average forward", call_average_pool2d_forward, &run);
    check_close("y", run.out, want, magnitude, y_count, terms);
    run.out = check_output(x_count, NULL);
    check_run(excludes ? "average backward, padding not counted" : "average backward", call_average_pool2d_backward, &run);
    check_close("dx", run.out, want_dx, magnitude_dx, x_count, terms);
  }
  check_release(outer);
}

static void check_shape(const char *name, const apus_pool2d *s, contents contents) {
  static const char *const kinds[] = {"reals", "ties", "specials"};
  if (!check_case(name, "x %lldx%lldx%lldx%lld, kernel %lldx%lld, stride %lldx%lld, pad %lld %lld %lld %lld, %s",
                  (long long)s->batch, (long long)s->height, (long long)s->width, (long long)s->channels, (long long)s->kernel_h,
                  (long long)s->kernel_w, (long long)s->stride_h, (long long)s->stride_w, (long long)s->pad_top,
                  (long long)s->pad_left, (long long)s->pad_bottom, (long long)s->pad_right, kinds[contents]))
    return;
  pool2d_call run;
  if (!plan(&run, s))
    return;
  int64_t x_count = s->batch * s->height * s->width * s->channels;
  int64_t y_count = s->batch * run.plan.out_h * run.plan.out_w * s->channels;
  float *x = check_input(x_count), *dy = check_input(y_count);
  if (contents == TIES)
    check_fill_integers(x, x_count, 1);
  else
    check_fill(x, x_count);
  check_fill(dy, y_count);
  /* All-negative images show padding that wins; infinities and NaN show a maximum that depends on the order. */
  static const float specials[] = {-INFINITY, NAN, INFINITY, -0.0f, 0.0f};
  if (contents == SPECIALS)
    for (int64_t i = 0; i < x_count; i++)
      x[i] = check_random_int(0, 9) == 0 ? specials[check_random_int(0, 4)] : -fabsf(x[i]);
  check_max(s, x, dy, x_count, y_count);
  if (contents == REALS) {
    check_average(s, x, dy, x_count, y_count, 0);
    check_average(s, x, dy, x_count, y_count, 1);
  }
}

static apus_pool2d random_shape(void) {
  apus_pool2d s = {0};
  s.batch = check_random_int(1, 3);
  s.height = check_random_int(1, 17);
  s.width = check_random_int(1, 29);
  s.channels = check_random_int(1, 40);
  s.kernel_h = check_random_int(1, 5);
  s.kernel_w = check_random_int(1, 5);
  s.stride_h = check_random_int(1, 4);
  s.stride_w = check_random_int(1, 4);
  s.pad_top = check_random_int(0, s.kernel_h - 1);
  s.pad_left = check_random_int(0, s.kernel_w - 1);
  s.pad_bottom = check_random_int(0, s.kernel_h - 1);
  s.pad_right = check_random_int(0, s.kernel_w - 1);
  const int64_t rows = s.kernel_h - s.pad_top - s.pad_bottom, columns = s.kernel_w - s.pad_left - s.pad_right;
  s.height = s.height < rows ? rows : s.height; /* a window fits, just so in many */
  s.width = s.width < columns ? columns : s.width;
  return s;
}

void check_pool2d_family(void) {
  const bench_shape *line;
  for (int i = 0; (line = check_line("max_pool2d", i)); i++) {
    const apus_pool2d s = call_pool2d_shape(line);
    for (int contents = REALS; contents <= SPECIALS; contents++)
      check_shape(line->name, &s, (enum contents)contents);
  }
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (!check_case(name, "a random shape"))
      continue;
    apus_pool2d s = random_shape();
    check_shape(name, &s, (contents)(i % 3));
  }
}
