/* Convolution: three passes, every implementation that does not decline, every tier. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "conv/check_conv2d.h"

/* What the tensors hold. Whole numbers make every sum exact, so that one missing or doubled term shows. Specials: an infinity
 * at the border of x and dy and in a corner of w, which padding that is multiplied by zero turns into NaN elsewhere. */
typedef enum contents { REALS, INTEGERS, SPECIALS } contents;

/* Which steps the epilogue has. */
enum { BIAS = 1, SCALE = 2, RESIDUAL = 4, RELU = 8, FUNCTION = 16, EPILOGUES = 32 };

/* It moves no two numbers apart, so that errors keep their bound. */
static const apus_activation_function function = {APUS_HARDTANH, -0.25, 0.75};

typedef struct tensors {
  apus_conv2d shape;
  int64_t out_h, out_w, x_count, w_count, y_count;
  contents contents;
  float *x, *w, *y, *bias, *mean, *scale, *shift, *residual; /* y: dy of the backward passes */
} tensors;

static const char *version_name(const conv2d_version *v) {
  return v->precision == APUS_PRECISION_STRICT ? "winograd, strict"
                                               : apus_conv2d_implementation_name((apus_conv2d_implementation)v->implementation);
}

/* A plan and its scratch for each thread count. */
typedef struct conv_run {
  apus_conv2d_plan plan[CHECK_MOST_COUNTS];
  void *scratch[CHECK_MOST_COUNTS];
  conv2d_call call;
} conv_run;

static void run_pass(void *context) {
  conv_run *run = context;
  run->call.plan = run->plan[check_running()];
  run->call.scratch = run->scratch[check_running()];
  call_conv2d(&run->call);
}

static void fill(float *x, int64_t count, contents contents) {
  if (contents == INTEGERS)
    check_fill_integers(x, count, 4);
  else
    check_fill(x, count);
  if (contents == SPECIALS && count > 0) {
    x[0] = INFINITY;
    x[count - 1] = -INFINITY;
  }
}

static int make_tensors(tensors *t, const apus_conv2d *shape, contents contents) {
  apus_error error;
  memset(t, 0, sizeof *t);
  t->shape = *shape;
  t->contents = contents;
  apus_status status = apus_conv2d_output_size(shape, &t->out_h, &t->out_w, &error);
  check_that(status == APUS_OK, "apus_conv2d_output_size refuses: %s", error.text);
  if (status != APUS_OK)
    return 0;
  t->x_count = shape->batch * shape->height * shape->width * shape->in_channels;
  t->w_count = shape->kernel_h * shape->kernel_w * (shape->in_channels / shape->groups) * shape->out_channels;
  t->y_count = shape->batch * t->out_h * t->out_w * shape->out_channels;
  fill(t->x = check_input(t->x_count), t->x_count, contents);
  fill(t->w = check_input(t->w_count), t->w_count, contents);
  fill(t->y = check_input(t->y_count), t->y_count, contents);
  fill(t->residual = check_input(t->y_count), t->y_count, contents == SPECIALS ? REALS : contents);
  float **vectors[] = {&t->bias, &t->mean, &t->scale, &t->shift};
  for (int i = 0; i < 4; i++)
    fill(*vectors[i] = check_input(shape->out_channels), shape->out_channels, contents == SPECIALS ? REALS : contents);
  return 1;
}

/* Winograd's outputs share the errors of their tile, so that each is measured by the largest; its large tiles have irrational
 * constants, with which sums of whole numbers are not exact. An infinity spreads over the tiles that see it, but does not vanish.
 */
static void compare_winograd(const char *what, const tensors *t, const float *got, const double *want, const double *magnitude,
                             int64_t count, int64_t terms) {
  double largest = 0;
  for (int64_t i = 0; i < count; i++) {
    largest = magnitude[i] > largest ? magnitude[i] : largest;
    if (t->contents == SPECIALS && !isfinite(want[i]))
      check_that(!isfinite(got[i]), "%s[%lld] is %g, want %g", what, (long long)i, (double)got[i], want[i]);
  }
  if (t->contents == SPECIALS)
    return;
  double *bound = check_doubles(count);
  for (int64_t i = 0; i < count; i++)
    bound[i] = largest;
  check_close(what, got, want, bound, count, (double)terms);
}

/* bfloat16 holds the whole numbers; of the reals, each product may be off by 2⁻⁷, which is 2¹⁶ ε: the bound that a sum of 2³²
 * terms has. check_bfloat16.c goes to that edge. */
static const double ROUNDED_TERMS = 4294967296.0;

static void compare(const char *what, const conv2d_version *v, const tensors *t, const float *got, const double *want,
                    const double *magnitude, int64_t count, int64_t terms) {
  const int is_winograd = v->implementation == APUS_CONV2D_WINOGRAD, is_strict = v->precision == APUS_PRECISION_STRICT;
  if (is_winograd && !(is_strict && t->contents == INTEGERS))
    compare_winograd(what, t, got, want, magnitude, count, terms);
  else if (t->contents != INTEGERS && v->precision == APUS_PRECISION_BF16)
    check_close(what, got, want, magnitude, count, ROUNDED_TERMS + (double)terms);
  else if (t->contents == INTEGERS)
    check_exact(what, got, want, count);
  else
    check_close(what, got, want, magnitude, count, (double)terms);
}

/* Plans with one implementation for each thread count; 0 where it declines, which must be said in words. */
static int plan_forced(conv_run *run, apus_conv2d_pass pass, const tensors *t, int accumulate, const conv2d_version *v) {
  const int implementation = v->implementation;
  const char *name = apus_conv2d_implementation_name((apus_conv2d_implementation)implementation);
  const apus_conv2d_options options = {.accumulate = accumulate, .precision = v->precision};
  int counts[CHECK_MOST_COUNTS], plans = check_thread_counts(counts), good = 0;
  for (int i = 0; i < plans; i++) {
    apus_conv2d_plan *plan = &run->plan[i];
    apus_error error;
    apus_thread_count_set(counts[i]);
    apus_status status =
        apus_conv2d_plan_force(plan, pass, &t->shape, &options, (apus_conv2d_implementation)implementation, &error);
    if (status != APUS_OK) {
      check_error(name, status, APUS_UNSUPPORTED, &error);
      check_that(implementation != APUS_CONV2D_REFERENCE, "the reference declines: %s", error.text);
      break;
    }
    good = (int)plan->implementation == implementation && plan->out_h == t->out_h && plan->out_w == t->out_w &&
           plan->threads >= 1 && plan->threads <= counts[i];
    check_that(good, "%s: the plan does not hold what was asked", name);
    run->scratch[i] = check_scratch(plan->scratch_bytes);
  }
  apus_thread_count_set(0);
  return good;
}

/* Once more with weights that were packed before, by the first plan for all of them: the same bits. */
static void check_packed(conv_run *run, const conv2d_version *v, const float *initial, int64_t count) {
  int counts[CHECK_MOST_COUNTS], plans = check_thread_counts(counts);
  const float *plain = check_copy(run->call.out, count), *w = run->call.w;
  for (int i = 0; i < plans; i++) {
    const apus_conv2d_plan before = run->plan[i];
    apus_conv2d_options options = before.options;
    options.packed_weights = 1;
    apus_thread_count_set(counts[i]);
    apus_status status = apus_conv2d_plan_force(&run->plan[i], before.pass, &before.shape, &options, before.implementation, NULL);
    check_that(status == APUS_OK && run->plan[i].packed_bytes == run->plan[0].packed_bytes, "packed weights: another plan");
    run->scratch[i] = check_scratch(run->plan[i].scratch_bytes);
  }
  apus_thread_count_set(0);
  if (run->plan[0].packed_bytes > 0) {
    const int64_t floats = (int64_t)(run->plan[0].packed_bytes / sizeof(float));
    float *packed = check_output(floats, NULL);
    apus_conv2d_pack_weights(&run->plan[0], w, packed);
    run->call.w = check_copy(packed, floats);
  }
  run->call.out = check_output(count, initial);
  check_run(version_name(v), run_pass, run);
  check_same_bits("packed weights", run->call.out, plain, sizeof(float), count);
}

/* The reference is slow, the same on every tier, and has the bits of separate operations on its own tier alone, where a product
 * is rounded before the sum. */
static int worth_running(int isa, const conv2d_version *v) {
  return v->implementation != APUS_CONV2D_REFERENCE || isa == APUS_ISA_REFERENCE;
}

/* ---- forward ---------------------------------------------------------------------------------------------------- */

static apus_conv2d_epilogue epilogue_of(const tensors *t, int steps) {
  apus_conv2d_epilogue e = {0};
  e.bias = steps & BIAS ? t->bias : NULL;
  e.mean = steps & SCALE ? t->mean : NULL;
  e.scale = steps & SCALE ? t->scale : NULL;
  e.shift = steps & SCALE ? t->shift : NULL;
  e.residual = steps & RESIDUAL ? t->residual : NULL;
  e.activation = steps & RELU ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE;
  e.function = steps & FUNCTION ? &function : NULL;
  return e;
}

/* The same steps as separate operations on z. */
static void apply_unfused(const tensors *t, int steps, float *z) {
  int64_t rows = t->shape.batch * t->out_h * t->out_w, channels = t->shape.out_channels;
  apus_activation activation = steps & RELU ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE;
  if (steps & BIAS)
    apus_bias_activation_forward(rows, channels, z, t->bias, steps == (BIAS | RELU) ? activation : APUS_ACTIVATION_NONE, z);
  if (steps == (BIAS | RELU))
    return;
  apus_batch_norm_plan plan;
  if (steps & SCALE && rows > 0 && apus_batch_norm_plan_make(&plan, rows, channels, NULL) == APUS_OK) {
    const apus_batch_norm_map map = {t->mean, t->scale, t->shift, steps & RESIDUAL ? t->residual : NULL, activation};
    apus_batch_norm_apply(&plan, z, &map, z);
    return;
  }
  if (steps & RESIDUAL) {
    apus_broadcast space = {.axes = 1, .sizes = {t->y_count}, .a_strides = {1}, .b_strides = {1}};
    apus_binary_f32(APUS_ADD, &space, z, t->residual, z);
  }
  if (steps & RELU)
    apus_relu_forward(t->y_count, z, z);
}

static void check_forward_version(const tensors *t, int steps, const conv2d_version *v, const double *want,
                                  const double *magnitude) {
  conv_run run = {.call = {.x = t->x, .w = t->w}};
  const char *name = version_name(v);
  apus_conv2d_epilogue epilogue = epilogue_of(t, steps);
  int64_t terms = t->shape.kernel_h * t->shape.kernel_w * (t->shape.in_channels / t->shape.groups) + 4;
  int mark = check_mark();
  if (plan_forced(&run, APUS_CONV2D_FORWARD, t, 0, v)) {
    run.call.out = check_output(t->y_count, NULL);
    run.call.epilogue = steps ? &epilogue : NULL;
    check_run(name, run_pass, &run);
    compare("y", v, t, run.call.out, want, magnitude, t->y_count, terms);
    float *fused = check_copy(run.call.out, t->y_count);
    if (steps && t->contents != SPECIALS) {
      run.call.epilogue = NULL;
      run_pass(&run);
      apply_unfused(t, steps & ~FUNCTION, run.call.out);
      if (steps & FUNCTION)
        apus_nonlinearity_forward(function.kind, t->y_count, (float)function.a, (float)function.b, run.call.out, run.call.out);
      check_same_bits("fused and unfused", fused, run.call.out, sizeof(float), t->y_count);
    }
    if (steps & RESIDUAL) {
      epilogue.residual = run.call.out = check_output(t->y_count, t->residual);
      run.call.epilogue = &epilogue;
      check_run(name, run_pass, &run);
      check_same_bits("residual in y", run.call.out, fused, sizeof(float), t->y_count);
    }
    epilogue.residual = steps & RESIDUAL ? t->residual : NULL;
    run.call.epilogue = steps ? &epilogue : NULL;
    run.call.out = fused;
    check_packed(&run, v, NULL, t->y_count);
  }
  check_release(mark);
}

static void check_forward(const tensors *t, int steps) {
  int mark = check_mark();
  double *want = check_doubles(t->y_count), *magnitude = check_doubles(t->y_count);
  int64_t co = t->shape.out_channels;
  const apus_conv2d_epilogue_f64 steps64 = {.bias = steps & BIAS ? check_widen(t->bias, co) : NULL,
                                            .mean = steps & SCALE ? check_widen(t->mean, co) : NULL,
                                            .scale = steps & SCALE ? check_widen(t->scale, co) : NULL,
                                            .shift = steps & SCALE ? check_widen(t->shift, co) : NULL,
                                            .residual = steps & RESIDUAL ? check_widen(t->residual, t->y_count) : NULL,
                                            .activation = steps & RELU ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE,
                                            .function = steps & FUNCTION ? &function : NULL};
  apus_conv2d_forward_reference_f64(&t->shape, check_widen(t->x, t->x_count), check_widen(t->w, t->w_count), &steps64, want);
  double *mean = check_magnitude(t->mean, co); /* taken away: of its magnitude the opposite */
  for (int64_t c = 0; c < co; c++)
    mean[c] = -mean[c];
  const apus_conv2d_epilogue_f64 sizes = {.bias = steps & BIAS ? check_magnitude(t->bias, co) : NULL,
                                          .mean = steps & SCALE ? mean : NULL,
                                          .scale = steps & SCALE ? check_magnitude(t->scale, co) : NULL,
                                          .shift = steps & SCALE ? check_magnitude(t->shift, co) : NULL,
                                          .residual = steps & RESIDUAL ? check_magnitude(t->residual, t->y_count) : NULL};
  apus_conv2d_forward_reference_f64(&t->shape, check_magnitude(t->x, t->x_count), check_magnitude(t->w, t->w_count), &sizes,
                                    magnitude);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
    for (int i = 0; i < CONV2D_VERSIONS && check_select(isa); i++)
      if (worth_running(isa, &conv2d_versions[i]))
        check_forward_version(t, steps, &conv2d_versions[i], want, magnitude);
  check_release(mark);
}

/* ---- backward --------------------------------------------------------------------------------------------------- */

static void check_backward(const tensors *t, apus_conv2d_pass pass, int accumulate) {
  int mark = check_mark(), data = pass == APUS_CONV2D_BACKWARD_DATA;
  int64_t count = data ? t->x_count : t->w_count;
  int64_t terms = 1 + (data ? t->shape.kernel_h * t->shape.kernel_w * (t->shape.out_channels / t->shape.groups)
                            : t->shape.batch * t->out_h * t->out_w);
  float *initial = check_input(count);
  fill(initial, count, t->contents == SPECIALS ? REALS : t->contents);
  double *want = check_widen(initial, count), *magnitude = check_magnitude(initial, count);
  if (data) {
    apus_conv2d_backward_data_reference_f64(&t->shape, check_widen(t->y, t->y_count), check_widen(t->w, t->w_count), accumulate,
                                            want);
    apus_conv2d_backward_data_reference_f64(&t->shape, check_magnitude(t->y, t->y_count), check_magnitude(t->w, t->w_count),
                                            accumulate, magnitude);
  } else {
    apus_conv2d_backward_weights_reference_f64(&t->shape, check_widen(t->x, t->x_count), check_widen(t->y, t->y_count),
                                               accumulate, want);
    apus_conv2d_backward_weights_reference_f64(&t->shape, check_magnitude(t->x, t->x_count), check_magnitude(t->y, t->y_count),
                                               accumulate, magnitude);
  }
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
    for (int i = 0; i < CONV2D_VERSIONS && check_select(isa); i++) {
      const conv2d_version *v = &conv2d_versions[i];
      conv_run run = {.call = {.x = t->x, .w = t->w, .dy = t->y}};
      int version_mark = check_mark();
      if (worth_running(isa, v) && plan_forced(&run, pass, t, accumulate, v)) {
        run.call.out = check_output(count, accumulate ? initial : NULL);
        check_run(version_name(v), run_pass, &run);
        compare(data ? (accumulate ? "dx +=" : "dx") : (accumulate ? "dw +=" : "dw"), v, t, run.call.out, want, magnitude, count,
                terms);
        if (data)
          check_packed(&run, v, accumulate ? initial : NULL, count);
      }
      check_release(version_mark);
    }
  check_release(mark);
}

/* ---- cases ------------------------------------------------------------------------------------------------------ */

static void check_shape(const char *name, const apus_conv2d *shape, contents contents, int first_epilogue, int last_epilogue) {
  static const char *const kinds[] = {"reals", "integers", "specials"};
  char text[256];
  tensors t;
  conv2d_shape_text(shape, text, sizeof text);
  if (!check_case(name, "%s, %s", text, kinds[contents]) || !make_tensors(&t, shape, contents))
    return;
  for (int steps = first_epilogue; steps <= last_epilogue; steps++)
    check_forward(&t, steps);
  int accumulate = (int)check_random_int(0, 1);
  check_backward(&t, APUS_CONV2D_BACKWARD_DATA, accumulate);
  check_backward(&t, APUS_CONV2D_BACKWARD_WEIGHTS, !accumulate);
}

void check_conv2d_family(void) {
  const bench_shape *line;
  for (int i = 0; (line = check_line("conv2d", i)); i++) {
    const apus_conv2d s = call_conv2d_shape(line);
    /* Each epilogue in turn on reals, the bare sum on integers. */
    check_shape(line->name, &s, REALS, i % EPILOGUES, i % EPILOGUES);
    check_shape(line->name, &s, INTEGERS, 0, 0);
    if (s.pad_top + s.pad_left + s.pad_bottom + s.pad_right > 0)
      check_shape(line->name, &s, SPECIALS, 0, 0);
  }
  const apus_conv2d every_epilogue[] = {{2, 5, 6, 4, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                                        {1, 5, 15, 17, 33, 3, 3, 2, 1, 1, 1, 1, 0, 1, 2, 1},
                                        {2, 6, 5, 19, 19, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 19},
                                        {2, 6, 5, 12, 12, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 3}};
  for (int i = 0; i < 4; i++)
    check_shape("every epilogue", &every_epilogue[i], REALS, 0, EPILOGUES - 1);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (!check_case(name, "a random shape"))
      continue;
    apus_conv2d s = conv2d_random_shape();
    int steps = (int)check_random_int(0, EPILOGUES - 1);
    check_shape(name, &s, check_random_int(0, 1) ? REALS : INTEGERS, steps, steps);
  }
}
