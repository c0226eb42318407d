/* Extreme geometries of convolution: three passes, every implementation that takes them (check_geometries.h). */
#include <math.h>
#include <string.h>

#include "calls.h"
#include "check_geometries.h"
#include "conv/check_conv2d.h"

enum { MOST_ELEMENTS = 20000, MOST_PRODUCTS = 40000 };

/* Channels and groups that every implementation finds its own among: few, a vector and some, one a group, few a group. */
static void make_channels(apus_conv2d *s) {
  const int64_t each = check_random_int(1, 5);
  s->groups = 1;
  switch (check_random_int(0, 5)) {
  case 0:
    s->in_channels = s->out_channels = s->groups = check_random_int(1, 19);
    break;
  case 1:
    s->groups = check_random_int(2, 5);
    s->in_channels = s->groups * check_random_int(1, 4), s->out_channels = s->groups * check_random_int(1, 4);
    break;
  case 2:
    s->in_channels = check_random_int(1, 20), s->out_channels = check_random_int(1, 35);
    break;
  default:
    s->in_channels = each, s->out_channels = check_random_int(1, 5);
  }
}

static apus_conv2d make_shape(geometry_axis *h, geometry_axis *w) {
  apus_conv2d s = {.batch = check_random_int(0, 9) ? check_random_int(1, 2) : check_random_int(0, 3)};
  make_channels(&s);
  const int tame = (int)check_random_int(0, 9); /* one axis in most, none in some */
  *h = geometry_axis_make(tame < 5, 0);
  *w = geometry_axis_make(tame == 0 || tame >= 6, 0);
  if (check_random_int(0, 15) == 0) /* what Winograd takes */
    h->kernel = w->kernel = check_random_int(0, 1) ? 3 : 5, h->stride = w->stride = h->dilation = w->dilation = 1;
  s.height = h->size, s.width = w->size;
  s.kernel_h = h->kernel, s.kernel_w = w->kernel;
  s.stride_h = h->stride, s.stride_w = w->stride;
  s.dilation_h = h->dilation, s.dilation_w = w->dilation;
  s.pad_top = h->before, s.pad_left = w->before;
  s.pad_bottom = h->after, s.pad_right = w->after;
  if (check_random_int(0, 199) == 0) {
    int64_t *const sizes[] = {&s.batch, &s.in_channels, &s.out_channels, &s.groups};
    *sizes[check_random_int(0, 3)] = check_random_int(0, 3) ? geometry_extreme(1 << 20, INT64_MAX) : check_random_int(-2, 0);
  }
  return s;
}

/* By the header's words. */
static apus_status expected(const apus_conv2d *s, const geometry_axis *h, const geometry_axis *w, char *text, size_t size) {
#define NUMBER(member, least)                                                                                                    \
  { #member, s->member, least, APUS_MAX_SIZE }
  const geometry_number numbers[] = {
      NUMBER(batch, 0),        NUMBER(height, 1),     NUMBER(width, 1),      NUMBER(in_channels, 1),
      NUMBER(out_channels, 1), NUMBER(kernel_h, 1),   NUMBER(kernel_w, 1),   NUMBER(stride_h, 1),
      NUMBER(stride_w, 1),     NUMBER(dilation_h, 1), NUMBER(dilation_w, 1), NUMBER(pad_top, 0),
      NUMBER(pad_left, 0),     NUMBER(pad_bottom, 0), NUMBER(pad_right, 0),  NUMBER(groups, 1),
  };
#undef NUMBER
  const apus_status status = geometry_expect(numbers, sizeof numbers / sizeof numbers[0], text, size);
  if (status != APUS_OK)
    return status;
  if (s->in_channels % s->groups || s->out_channels % s->groups) {
    strcpy(text, "multiples of groups");
    return APUS_INVALID_ARGUMENT;
  }
  const int64_t channels = s->in_channels > s->out_channels ? s->in_channels : s->out_channels;
  strcpy(text, "more elements than 1099511627776");
  return geometry_fits(s->batch ? s->batch : 1, s->height + s->pad_top + s->pad_bottom, s->width + s->pad_left + s->pad_right,
                       channels) &&
                 geometry_fits(s->kernel_h, s->kernel_w, s->in_channels / s->groups, s->out_channels)
             ? geometry_expect_windows(h, w, text, size)
             : APUS_OVERFLOW;
}

/* Winograd's large tiles have irrational constants: their outputs are whole numbers to 2⁻¹⁰ of the largest. */
static void compare(const char *what, int v, const float *got, const double *want, int64_t count) {
  if (conv2d_versions[v].implementation != APUS_CONV2D_WINOGRAD || conv2d_versions[v].precision == APUS_PRECISION_STRICT) {
    check_exact(what, got, want, count);
    return;
  }
  double largest = 1, worst = 0;
  for (int64_t i = 0; i < count; i++) {
    const double error = fabs(got[i] - want[i]);
    largest = fmax(largest, fabs(want[i]));
    if (!(error <= worst)) /* a NaN too */
      worst = error;
  }
  check_that(worst <= 1e-3 * largest, "%s: Winograd is off by %g, the largest is %g", what, worst, largest);
}

static void check_pass_of(conv2d_call *r, apus_conv2d_pass pass, const apus_conv2d *s, const float *initial, const double *want,
                          int64_t count, geometry_tally *tally) {
  static const char *const results[] = {"y", "dx", "dw"};
  const int outer = check_mark();
  for (int v = 0; v < CONV2D_VERSIONS; v++) {
    const apus_conv2d_options options = {.accumulate = initial != NULL, .precision = conv2d_versions[v].precision};
    const char *name = apus_conv2d_implementation_name(conv2d_versions[v].implementation);
    apus_error error;
    const apus_status status = apus_conv2d_plan_force(&r->plan, pass, s, &options, conv2d_versions[v].implementation, &error);
    if (status != APUS_OK) {
      check_error(name, status, APUS_UNSUPPORTED, &error);
      continue;
    }
    r->out = check_output(count, initial);
    r->scratch = check_scratch(r->plan.scratch_bytes);
    geometry_run(name, call_conv2d, r, tally);
    compare(results[pass], v, r->out, want, count);
    check_release(outer);
  }
}

void check_geometry_conv2d(const char *name, geometry_tally *tally) {
  geometry_axis h, w;
  apus_conv2d s = make_shape(&h, &w);
  char text[256];
  conv2d_shape_text(&s, text, sizeof text);
  check_case(name, "%s", text);
  s = make_shape(&h, &w); /* the same once more: a case begins with its seed */

  apus_error error;
  int64_t out_h, out_w;
  const apus_status want = expected(&s, &h, &w, text, sizeof text);
  if (!geometry_check_status(apus_conv2d_output_size(&s, &out_h, &out_w, &error), want, text, &error, tally))
    return;
  check_that(out_h == geometry_outputs(&h) && out_w == geometry_outputs(&w), "output %lldx%lld, want %lldx%lld", (long long)out_h,
             (long long)out_w, (long long)geometry_outputs(&h), (long long)geometry_outputs(&w));
  apus_conv2d_plan plan;
  for (int pass = APUS_CONV2D_FORWARD; pass <= APUS_CONV2D_BACKWARD_WEIGHTS; pass++)
    check_that(apus_conv2d_plan_make(&plan, (apus_conv2d_pass)pass, &s, NULL, &error) == APUS_OK, "the plan refuses: %s",
               error.text);
  const double x_size = (double)s.batch * (double)s.height * (double)s.width * (double)s.in_channels;
  const double y_size = (double)s.batch * (double)out_h * (double)out_w * (double)s.out_channels;
  const double w_size = (double)s.kernel_h * (double)s.kernel_w * (double)(s.in_channels / s.groups) * (double)s.out_channels;
  const double products =
      fmax(y_size, x_size) * w_size / (double)(s.out_channels > s.in_channels ? s.in_channels : s.out_channels);
  if (fmax(x_size, fmax(y_size, w_size)) > MOST_ELEMENTS || products > MOST_PRODUCTS) {
    tally->large++;
    return;
  }
  tally->ran++;
  const int64_t x_count = (int64_t)x_size, y_count = (int64_t)y_size, w_count = (int64_t)w_size;
  float *x = check_input(x_count), *filters = check_input(w_count), *dy = check_input(y_count);
  check_fill_integers(x, x_count, 3);
  check_fill_integers(filters, w_count, 3);
  check_fill_integers(dy, y_count, 3);
  const double *x64 = check_widen(x, x_count), *w64 = check_widen(filters, w_count), *dy64 = check_widen(dy, y_count);
  double *y = check_doubles(y_count);
  apus_conv2d_forward_reference_f64(&s, x64, w64, NULL, y);
  /* One of the backward passes adds to what is there. */
  const int adds = (int)check_random_int(0, 1);
  float *old_dx = adds ? check_input(x_count) : NULL, *old_dw = adds ? NULL : check_input(w_count);
  if (adds)
    check_fill_integers(old_dx, x_count, 3);
  else
    check_fill_integers(old_dw, w_count, 3);
  double *dx = adds ? check_widen(old_dx, x_count) : check_doubles(x_count);
  double *dw = adds ? check_doubles(w_count) : check_widen(old_dw, w_count);
  apus_conv2d_backward_data_reference_f64(&s, dy64, w64, adds, dx);
  apus_conv2d_backward_weights_reference_f64(&s, x64, dy64, !adds, dw);
  conv2d_call run = {.x = x, .w = filters, .dy = dy};
  check_pass_of(&run, APUS_CONV2D_FORWARD, &s, NULL, y, y_count, tally);
  check_pass_of(&run, APUS_CONV2D_BACKWARD_DATA, &s, old_dx, dx, x_count, tally);
  check_pass_of(&run, APUS_CONV2D_BACKWARD_WEIGHTS, &s, old_dw, dw, w_count, tally);
}
