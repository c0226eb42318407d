/* Extreme geometries of pooling, matrix products, resampling and normalization (check_geometries.h). */
#include <math.h>
#include <string.h>

#include "calls.h"
#include "check_geometries.h"

enum { MOST_ELEMENTS = 20000 };

static const char *const too_large = "more elements than 1099511627776";

/* ---- pooling ---------------------------------------------------------------------------------------------------- */

static apus_pool2d make_pool(geometry_axis *h, geometry_axis *w) {
  apus_pool2d s = {.batch = check_random_int(0, 9) ? check_random_int(1, 2) : check_random_int(0, 3),
                   .channels = check_random_int(1, 20),
                   .count_excludes_padding = (int)check_random_int(0, 1)};
  const int tame = (int)check_random_int(0, 9);
  *h = geometry_axis_make(tame < 4, 1);
  *w = geometry_axis_make(tame == 0 || tame >= 6, 1);
  s.height = h->size, s.width = w->size;
  s.kernel_h = h->kernel, s.kernel_w = w->kernel;
  s.stride_h = h->stride, s.stride_w = w->stride;
  s.pad_top = h->before, s.pad_left = w->before;
  s.pad_bottom = h->after, s.pad_right = w->after;
  if (check_random_int(0, 199) == 0) {
    int64_t *const sizes[] = {&s.batch, &s.channels};
    *sizes[check_random_int(0, 1)] = check_random_int(0, 3) ? geometry_extreme(1 << 20, INT64_MAX) : check_random_int(-2, 0);
  }
  return s;
}

static apus_status expected_pool(const apus_pool2d *s, const geometry_axis *h, const geometry_axis *w, char *text, size_t size) {
#define NUMBER(member, least)                                                                                                    \
  { #member, s->member, least, APUS_MAX_SIZE }
  const geometry_number numbers[] = {
      NUMBER(batch, 0),    NUMBER(height, 1),   NUMBER(width, 1),      NUMBER(channels, 1),
      NUMBER(kernel_h, 1), NUMBER(kernel_w, 1), NUMBER(stride_h, 1),   NUMBER(stride_w, 1),
      NUMBER(pad_top, 0),  NUMBER(pad_left, 0), NUMBER(pad_bottom, 0), NUMBER(pad_right, 0),
  };
#undef NUMBER
  const apus_status status = geometry_expect(numbers, sizeof numbers / sizeof numbers[0], text, size);
  if (status != APUS_OK)
    return status;
  if (s->pad_top >= s->kernel_h || s->pad_bottom >= s->kernel_h || s->pad_left >= s->kernel_w || s->pad_right >= s->kernel_w) {
    strcpy(text, "each must be less than the kernel");
    return APUS_INVALID_ARGUMENT;
  }
  if (s->kernel_h * s->kernel_w > APUS_MAX_SIZE) {
    strcpy(text, "positions, must have at most 2147483647");
    return APUS_OVERFLOW;
  }
  strcpy(text, too_large);
  return geometry_fits(s->batch ? s->batch : 1, s->height + s->pad_top + s->pad_bottom, s->width + s->pad_left + s->pad_right,
                       s->channels)
             ? geometry_expect_windows(h, w, text, size)
             : APUS_OVERFLOW;
}

static void run_pool(const apus_pool2d *s, pool2d_call *r, geometry_tally *tally) {
  const int64_t x_count = s->batch * s->height * s->width * s->channels;
  const int64_t y_count = s->batch * r->plan.out_h * r->plan.out_w * s->channels, bytes = r->plan.mask_bytes;
  float *x = check_input(x_count), *dy = check_input(y_count);
  void *mask = bytes == 1 ? (void *)check_input_bytes(y_count) : check_input_ints(y_count);
  check_fill_integers(x, x_count, 3);
  check_fill_integers(dy, y_count, 3);
  const double *x64 = check_widen(x, x_count), *dy64 = check_widen(dy, y_count);
  double *y = check_doubles(y_count), *dx = check_doubles(x_count), *bound = check_doubles(y_count),
         *dx_bound = check_doubles(x_count);
  void *positions = check_doubles(y_count); /* room for either */
  apus_max_pool2d_forward_reference_f64(s, x64, y, positions);
  apus_max_pool2d_backward_reference_f64(s, dy64, positions, dx);
  memcpy(mask, positions, (size_t)(y_count * bytes));

  r->x = x, r->dy = dy, r->out = check_output(y_count, NULL),
  r->out_mask = bytes == 1 ? (void *)check_output_bytes(y_count) : check_output_ints(y_count);
  geometry_run("max", call_max_pool2d_forward, r, tally);
  check_exact("max y", r->out, y, y_count);
  check_same_bits("mask", r->out_mask, mask, (int)bytes, y_count);
  r->out_mask = NULL;
  geometry_run("max without mask", call_max_pool2d_forward, r, tally);
  check_exact("max y without mask", r->out, y, y_count);
  r->out = check_output(x_count, NULL), r->mask = mask;
  geometry_run("max backward", call_max_pool2d_backward, r, tally);
  check_exact("max dx", r->out, dx, x_count);

  const double terms = (double)(s->height * s->width + 2);
  apus_average_pool2d_forward_reference_f64(s, x64, y);
  apus_average_pool2d_forward_reference_f64(s, check_magnitude(x, x_count), bound);
  apus_average_pool2d_backward_reference_f64(s, dy64, dx);
  apus_average_pool2d_backward_reference_f64(s, check_magnitude(dy, y_count), dx_bound);
  r->out = check_output(y_count, NULL);
  geometry_run("average", call_average_pool2d_forward, r, tally);
  check_close("average y", r->out, y, bound, y_count, terms);
  r->out = check_output(x_count, NULL);
  geometry_run("average backward", call_average_pool2d_backward, r, tally);
  check_close("average dx", r->out, dx, dx_bound, x_count, (double)(r->plan.out_h * r->plan.out_w + 2));
}

void check_geometry_pool2d(const char *name, geometry_tally *tally) {
  geometry_axis h, w;
  apus_pool2d s = make_pool(&h, &w);
  check_case(name, "x %lldx%lldx%lldx%lld, kernel %lldx%lld, stride %lldx%lld, pad %lld %lld %lld %lld", (long long)s.batch,
             (long long)s.height, (long long)s.width, (long long)s.channels, (long long)s.kernel_h, (long long)s.kernel_w,
             (long long)s.stride_h, (long long)s.stride_w, (long long)s.pad_top, (long long)s.pad_left, (long long)s.pad_bottom,
             (long long)s.pad_right);
  s = make_pool(&h, &w);
  char text[256];
  apus_error error;
  pool2d_call run = {.x = NULL};
  const apus_status want = expected_pool(&s, &h, &w, text, sizeof text);
  if (!geometry_check_status(apus_pool2d_plan_make(&run.plan, &s, &error), want, text, &error, tally))
    return;
  check_that(run.plan.out_h == geometry_outputs(&h) && run.plan.out_w == geometry_outputs(&w), "output %lldx%lld, want %lldx%lld",
             (long long)run.plan.out_h, (long long)run.plan.out_w, (long long)geometry_outputs(&h),
             (long long)geometry_outputs(&w));
  check_that(run.plan.mask_bytes == (s.kernel_h * s.kernel_w <= 256 ? 1 : 4), "the mask has %d bytes", run.plan.mask_bytes);
  const double x_size = (double)s.batch * (double)s.height * (double)s.width * (double)s.channels;
  const double y_size = (double)s.batch * (double)run.plan.out_h * (double)run.plan.out_w * (double)s.channels;
  if (fmax(x_size, y_size) > MOST_ELEMENTS) {
    tally->large++;
    return;
  }
  tally->ran++;
  run_pool(&s, &run, tally);
}

/* ---- matrix products -------------------------------------------------------------------------------------------- */

/* Few elements, and rows as far apart as may be where there is one row or none. */
static int64_t row_length(int64_t rows, int64_t columns) {
  const int64_t shortest = columns < 1 ? 1 : columns;
  if (check_random_int(0, 39) == 0)
    return geometry_extreme(0, INT64_MAX);
  if (shortest > APUS_MAX_ELEMENTS)
    return shortest;
  if (rows > 1)
    return shortest + check_random_int(0, 3);
  return check_random_int(0, 1) ? shortest : geometry_extreme(shortest, APUS_MAX_ELEMENTS);
}

static apus_gemm make_gemm(void) {
  apus_gemm s = {.m = check_random_int(0, 18), .n = check_random_int(0, 40), .k = check_random_int(0, 30)};
  if (check_random_int(0, 1))
    *(check_random_int(0, 1) ? &s.m : check_random_int(0, 1) ? &s.n : &s.k) = check_random_int(0, 1);
  if (check_random_int(0, 29) == 0)
    *(check_random_int(0, 1) ? &s.m : check_random_int(0, 1) ? &s.n : &s.k) = geometry_extreme(-2, INT64_MAX);
  s.transpose_a = (int)check_random_int(0, 1), s.transpose_b = (int)check_random_int(0, 1),
  s.accumulate = (int)check_random_int(0, 1);
  s.lda = s.transpose_a ? row_length(s.k, s.m) : row_length(s.m, s.k);
  s.ldb = s.transpose_b ? row_length(s.n, s.k) : row_length(s.k, s.n);
  s.ldc = row_length(s.m, s.n);
  return s;
}

static apus_status expected_gemm(const apus_gemm *s, char *text, size_t size) {
  const geometry_number numbers[] = {{"m", s->m, 0, APUS_MAX_ELEMENTS},     {"n", s->n, 0, APUS_MAX_ELEMENTS},
                                     {"k", s->k, 0, APUS_MAX_ELEMENTS},     {"lda", s->lda, 1, APUS_MAX_ELEMENTS},
                                     {"ldb", s->ldb, 1, APUS_MAX_ELEMENTS}, {"ldc", s->ldc, 1, APUS_MAX_ELEMENTS}};
  const apus_status status = geometry_expect(numbers, 6, text, size);
  if (status != APUS_OK)
    return status;
  const int64_t rows[] = {s->transpose_a ? s->k : s->m, s->transpose_b ? s->n : s->k, s->m};
  const int64_t columns[] = {s->transpose_a ? s->m : s->k, s->transpose_b ? s->k : s->n, s->n},
                lengths[] = {s->lda, s->ldb, s->ldc};
  for (int i = 0; i < 3; i++) {
    if (lengths[i] < columns[i]) {
      strcpy(text, "elements, but ld");
      return APUS_INVALID_ARGUMENT;
    }
    if (!geometry_fits(rows[i], lengths[i], 1, 1)) {
      strcpy(text, too_large);
      return APUS_OVERFLOW;
    }
  }
  return APUS_OK;
}

/* Elements from the first to the last. */
static int64_t span(int64_t rows, int64_t length, int64_t columns) {
  return rows < 1 || columns < 1 ? 0 : (rows - 1) * length + columns;
}

static int run_gemm(const apus_gemm *s, geometry_tally *tally) {
  const int64_t a_count = s->transpose_a ? span(s->k, s->lda, s->m) : span(s->m, s->lda, s->k);
  const int64_t b_count = s->transpose_b ? span(s->n, s->ldb, s->k) : span(s->k, s->ldb, s->n),
                c_count = span(s->m, s->ldc, s->n);
  if (a_count > MOST_ELEMENTS || b_count > MOST_ELEMENTS || c_count > MOST_ELEMENTS)
    return 0;
  float *a = check_input(a_count), *b = check_input(b_count), *initial = check_input(c_count);
  check_fill_integers(a, a_count, 3);
  check_fill_integers(b, b_count, 3);
  check_fill_integers(initial, c_count, 3);
  double *want = check_widen(initial, c_count);
  apus_gemm_reference_f64(s, check_widen(a, a_count), check_widen(b, b_count), NULL, APUS_ACTIVATION_NONE, want);
  const int mark = check_mark();
  for (int i = 0; i < APUS_GEMM_IMPLEMENTATIONS; i++, check_release(mark)) {
    const apus_gemm_options options = {.precision = i == APUS_GEMM_BF16 ? APUS_PRECISION_BF16 : APUS_PRECISION_DEFAULT};
    gemm_call run = {.a = a, .b = b};
    if (apus_gemm_plan_force(&run.plan, s, &options, (apus_gemm_implementation)i, NULL) != APUS_OK)
      continue;
    run.c = check_output(c_count, initial);
    run.scratch = check_scratch(run.plan.scratch_bytes);
    geometry_run(apus_gemm_implementation_name((apus_gemm_implementation)i), call_gemm, &run, tally);
    check_exact("C", run.c, want, c_count);
  }
  return 1;
}

void check_geometry_gemm(const char *name, geometry_tally *tally) {
  apus_gemm s = make_gemm();
  check_case(name, "m %lld, n %lld, k %lld, lda %lld, ldb %lld, ldc %lld, transposed %d %d", (long long)s.m, (long long)s.n,
             (long long)s.k, (long long)s.lda, (long long)s.ldb, (long long)s.ldc, s.transpose_a, s.transpose_b);
  s = make_gemm();
  char text[256];
  apus_error error;
  apus_gemm_plan plan;
  const apus_status want = expected_gemm(&s, text, sizeof text);
  if (!geometry_check_status(apus_gemm_plan_make(&plan, &s, NULL, &error), want, text, &error, tally))
    return;
  const int has_run = s.m <= 100 && s.n <= 100 && s.k <= 100 && run_gemm(&s, tally);
  tally->ran += has_run, tally->large += !has_run;
}

/* ---- resampling ------------------------------------------------------------------------------------------------- */

static apus_resample make_resample(void) {
  apus_resample s = {check_random_int(0, 3), check_random_int(1, 9), check_random_int(0, 9), check_random_int(0, 9), 1};
  s.taps = check_random_int(1, s.in_size);
  if (check_random_int(0, 3) == 0) {
    int64_t *const numbers[] = {&s.outer, &s.inner, &s.in_size, &s.taps};
    *numbers[check_random_int(0, 2)] = geometry_extreme(-1, check_random_int(0, 1) ? APUS_MAX_ELEMENTS : INT64_MAX);
    *numbers[check_random_int(0, 1)] = check_random_int(0, 1);
  }
  return s;
}

void check_geometry_resample(const char *name, geometry_tally *tally) {
  apus_resample s = make_resample();
  check_case(name, "[%lld, %lld, %lld] to %lld, %lld taps", (long long)s.outer, (long long)s.in_size, (long long)s.inner,
             (long long)s.out_size, (long long)s.taps);
  s = make_resample();
  int64_t first[9] = {0};
  for (int64_t o = 0; o < s.out_size && o < 9; o++)
    first[o] = s.taps > 0 && s.in_size > s.taps ? (int64_t)(check_random() % (uint64_t)(s.in_size - s.taps)) : 0;
  const geometry_number numbers[] = {{"outer", s.outer, 0, APUS_MAX_ELEMENTS},
                                     {"in_size", s.in_size, 0, APUS_MAX_ELEMENTS},
                                     {"out_size", s.out_size, 0, APUS_MAX_ELEMENTS},
                                     {"inner", s.inner, 0, APUS_MAX_ELEMENTS},
                                     {"taps", s.taps, 1, APUS_MAX_ELEMENTS}};
  char text[256];
  apus_error error;
  apus_status want = geometry_expect(numbers, 5, text, sizeof text);
  if (want == APUS_OK && !(geometry_fits(s.outer, s.in_size, s.inner, 1) && geometry_fits(s.outer, s.out_size, s.inner, 1) &&
                           geometry_fits(s.out_size, s.taps, 1, 1))) {
    want = APUS_OVERFLOW;
    strcpy(text, too_large);
  } else if (want == APUS_OK && s.out_size > 0 && s.taps > s.in_size) {
    want = APUS_INVALID_ARGUMENT;
    strcpy(text, "takes elements");
  }
  if (!geometry_check_status(apus_resample_check(&s, first, &error), want, text, &error, tally))
    return;
  const double outside = (double)s.outer * (double)s.inner;
  if (outside * (double)s.in_size > MOST_ELEMENTS || outside * (double)s.out_size > MOST_ELEMENTS ||
      s.out_size * s.taps > MOST_ELEMENTS) {
    tally->large++;
    return;
  }
  const int64_t all = s.outer == 0 || s.inner == 0 ? 0 : s.outer * s.inner; /* beside a 0 the other may be any */
  const int64_t x_count = all * s.in_size, y_count = all * s.out_size, w_count = s.out_size * s.taps;
  tally->ran++;
  float *x = check_input(x_count), *weights = check_input(w_count);
  check_fill_integers(x, x_count, 3);
  check_fill_integers(weights, w_count, 3);
  double *y = check_doubles(y_count);
  apus_resample_reference_f64(&s, first, check_widen(weights, w_count), check_widen(x, x_count), y);
  resample_call run = {s, first, weights, x, check_output(y_count, NULL)};
  geometry_run("resample", call_resample, &run, tally);
  check_exact("y", run.y, y, y_count);
}

/* ---- normalization ---------------------------------------------------------------------------------------------- */

/* Sizes are all that batch and group norm have, so that what is extreme cannot be run: their bounds alone. */
static void check_sizes(geometry_tally *tally) {
  const int64_t most = check_random_int(0, 1) ? APUS_MAX_ELEMENTS : INT64_MAX;
  const int64_t batch = geometry_extreme(0, most),
                positions = check_random_int(0, 1) ? check_random_int(1, 3) : geometry_extreme(0, most);
  const int64_t channels = check_random_int(1, 3);
  const geometry_number rows[] = {{"rows", batch, 1, APUS_MAX_ELEMENTS}, {"channels", channels, 1, APUS_MAX_ELEMENTS}};
  const geometry_number samples[] = {{"batch", batch, 1, APUS_MAX_ELEMENTS},
                                     {"positions", positions, 1, APUS_MAX_ELEMENTS},
                                     {"channels", channels, 1, APUS_MAX_ELEMENTS}};
  char text[256];
  apus_error error;
  apus_batch_norm_plan batch_plan;
  apus_group_norm_plan group_plan;
  apus_status want = geometry_expect(rows, 2, text, sizeof text);
  if (want == APUS_OK && !geometry_fits(batch, channels, 1, 1)) {
    want = APUS_OVERFLOW;
    strcpy(text, too_large);
  }
  tally->large +=
      geometry_check_status(apus_batch_norm_plan_make(&batch_plan, batch, channels, &error), want, text, &error, tally);
  want = geometry_expect(samples, 3, text, sizeof text);
  if (want == APUS_OK && !geometry_fits(batch, positions, channels, 1)) {
    want = APUS_OVERFLOW;
    strcpy(text, too_large);
  }
  tally->made++;
  tally->large += geometry_check_status(apus_group_norm_plan_make(&group_plan, batch, positions, channels, 1, &error), want, text,
                                        &error, tally);
}

/* Windows over far more channels than there are. */
void check_geometry_norm(const char *name, geometry_tally *tally) {
  if (check_random_int(0, 1)) {
    check_sizes(tally);
    return;
  }
  const int64_t rows = check_random_int(1, 4), channels = check_random_int(1, 40), count = rows * channels;
  const int64_t size = check_random_int(0, 3) ? geometry_extreme(1, APUS_MAX_SIZE) : geometry_extreme(-1, INT64_MAX);
  check_case(name, "local response norm of [%lld, %lld], window %lld", (long long)rows, (long long)channels, (long long)size);
  const geometry_number numbers[] = {{"size", size, 1, APUS_MAX_SIZE}};
  char text[256] = "";
  apus_error error;
  local_response_norm_call r = {.x = NULL};
  const apus_status want = geometry_expect(numbers, 1, text, sizeof text);
  if (!geometry_check_status(apus_local_response_norm_plan_make(&r.plan, rows, channels, size, 1, 0.75f, 1, &error), want, text,
                             &error, tally))
    return;
  tally->ran++;
  float *x = check_input(count), *dy = check_input(count);
  check_fill_integers(x, count, 3);
  check_fill_integers(dy, count, 3);
  double *y = check_doubles(count), *dx = check_doubles(count), *bound = check_doubles(count);
  const apus_local_response_norm norm = {rows, channels, size, 1, 0.75, 1};
  apus_local_response_norm_forward_reference_f64(&norm, check_widen(x, count), y);
  apus_local_response_norm_backward_reference_f64(&norm, check_widen(x, count), check_widen(dy, count), dx);
  for (int64_t i = 0; i < count; i++)
    bound[i] = 32; /* 3 of x and dy, and a sum of at most as many channels as make the denominator grow */
  r.x = x, r.dy = dy, r.out = check_output(count, NULL), r.scratch = check_scratch(r.plan.scratch_bytes);
  geometry_run("local response norm", call_local_response_norm_forward, &r, tally);
  check_close("y", r.out, y, bound, count, (double)channels);
  r.out = check_output(count, NULL);
  geometry_run("local response norm backward", call_local_response_norm_backward, &r, tally);
  check_close("dx", r.out, dx, bound, count, (double)channels);
}
