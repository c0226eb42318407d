/* ReLU, bias and the backward of both. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "activation/check_activation.h"
#include "calls.h"
#include "check.h"

/* Zeros of both signs, infinities, NaN, the smallest numbers. */
static const float special_values[] = {0.0f,     -0.0f,        INFINITY,      -INFINITY, NAN, FLT_MIN,
                                       -FLT_MIN, FLT_TRUE_MIN, -FLT_TRUE_MIN, 1,         -1};
enum { special_count = sizeof special_values / sizeof special_values[0] };

static void sprinkle(float *x, int64_t count) {
  for (int64_t i = 0; i < count; i += 3)
    x[i] = special_values[check_random_int(0, special_count - 1)];
}

static void check_relu(int64_t count) {
  if (!check_case("relu", "%lld elements, zeros, infinities and NaN among them", (long long)count))
    return;
  float *x = check_input(count), *dy = check_input(count);
  check_fill(x, count);
  sprinkle(x, count);
  check_fill(dy, count);
  double *want = check_doubles(count), *want_backward = check_doubles(count);
  apus_relu_forward_reference_f64(count, check_widen(x, count), want);
  apus_relu_backward_reference_f64(count, check_widen(x, count), check_widen(dy, count), want_backward);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    bias_activation_call run = {.count = count, .x = x, .y = x, .dy = dy, .out = check_output(count, NULL)};
    check_run("forward", call_relu_forward, &run);
    check_exact("y", run.out, want, count);
    check_run("backward", call_relu_backward, &run);
    check_exact("dx", run.out, want_backward, count);
    run.x = run.out = check_output(count, x);
    check_run("forward in place", call_relu_forward, &run);
    check_exact("y", run.out, want, count);
    run.dy = run.out = check_output(count, dy);
    check_run("backward in place", call_relu_backward, &run);
    check_exact("dx", run.out, want_backward, count);
  }
}

static void check_bias_forward(const bias_activation_call *given) {
  bias_activation_call run = *given;
  double *want = check_doubles(run.count), *magnitude = check_doubles(run.count);
  apus_bias_activation_forward_reference_f64(run.rows, run.channels, check_widen(run.x, run.count),
                                             check_widen(run.bias, run.channels), run.activation, want);
  apus_bias_activation_forward_reference_f64(run.rows, run.channels, check_magnitude(run.x, run.count),
                                             check_magnitude(run.bias, run.channels), APUS_ACTIVATION_NONE, magnitude);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    run.out = check_output(run.count, NULL);
    check_run("bias forward", call_bias_activation_forward, &run);
    check_close("y", run.out, want, magnitude, run.count, 1);
    float *apart = check_copy(run.out, run.count);
    bias_activation_call in_place = run;
    in_place.x = in_place.out = check_output(run.count, run.x);
    check_run("bias forward in place", call_bias_activation_forward, &in_place);
    check_same_bits("y in place", in_place.out, apart, sizeof(float), run.count);
  }
}

static void check_bias_backward(const bias_activation_call *given) {
  bias_activation_call run = *given;
  double *want = check_doubles(run.count), *want_bias = check_doubles(run.channels), *magnitude = check_doubles(run.channels);
  apus_bias_activation_backward_reference_f64(run.rows, run.channels, check_widen(run.y, run.count),
                                              check_widen(run.dy, run.count), run.activation, want, want_bias);
  apus_bias_activation_backward_reference_f64(run.rows, run.channels, check_widen(run.y, run.count),
                                              check_magnitude(run.dy, run.count), run.activation, NULL, magnitude);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    run.scratch = check_scratch(apus_bias_activation_backward_scratch(run.rows, run.channels));
    float *dz = run.out = check_output(run.count, NULL), *dbias = run.dbias = check_output(run.channels, NULL);
    check_run("bias backward", call_bias_activation_backward, &run);
    check_exact("dz", dz, want, run.count);
    check_close("dbias", dbias, want_bias, magnitude, run.channels, (double)run.rows);
    float *together_dz = check_copy(dz, run.count), *together_dbias = check_copy(dbias, run.channels);

    run.out = NULL;
    check_run("bias gradient alone", call_bias_activation_backward, &run);
    check_same_bits("dbias alone", dbias, together_dbias, sizeof(float), run.channels);
    run.out = dz;
    run.dbias = NULL;
    check_run("dz alone", call_bias_activation_backward, &run);
    check_same_bits("dz alone", dz, together_dz, sizeof(float), run.count);
    run.dy = run.out = check_output(run.count, given->dy);
    run.dbias = dbias;
    check_run("bias backward in place", call_bias_activation_backward, &run);
    check_same_bits("dz in place", run.out, together_dz, sizeof(float), run.count);
    check_same_bits("dbias in place", dbias, together_dbias, sizeof(float), run.channels);

    /* The two steps apart: ReLU's backward, then the bias gradient of a sum without activation. */
    run.dy = check_copy(together_dz, run.count);
    if (run.activation == APUS_ACTIVATION_RELU) {
      float *masked = check_output(run.count, NULL);
      apus_relu_backward(run.count, run.y, given->dy, masked);
      check_same_bits("fused dz and relu backward", together_dz, masked, sizeof(float), run.count);
      run.dy = masked;
    }
    run.activation = APUS_ACTIVATION_NONE;
    run.y = NULL;
    run.out = NULL;
    call_bias_activation_backward(&run);
    check_same_bits("fused dbias and bias backward", together_dbias, dbias, sizeof(float), run.channels);
    run = *given;
  }
}

static void check_bias(const char *name, int64_t rows, int64_t channels) {
  for (int relu = 0; relu <= 1; relu++) {
    if (!check_case(name, "%lld rows of %lld channels%s", (long long)rows, (long long)channels, relu ? ", relu" : ""))
      return;
    int64_t count = rows * channels;
    float *x = check_input(count), *y = check_input(count), *dy = check_input(count), *bias = check_input(channels);
    check_fill(x, count);
    check_fill(y, count);
    check_fill(dy, count);
    check_fill(bias, channels);
    bias_activation_call run = {.rows = rows,
                                .channels = channels,
                                .count = count,
                                .x = x,
                                .y = y,
                                .dy = dy,
                                .bias = bias,
                                .activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE};
    check_bias_forward(&run);
    check_bias_backward(&run);
  }
}

void check_activation_family(void) {
  check_nonlinearities();
  check_prelu_and_maxout();
  static const int64_t counts[] = {0, 1, 3, 15, 16, 17, 31, 67, 1000, 70001};
  for (int i = 0; i < 10; i++)
    check_relu(counts[i]);
  const bench_shape *line;
  for (int i = 0; (line = check_line("activation", i)); i++)
    check_bias(line->name, line->size[0], line->size[1]);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[32];
    snprintf(name, sizeof name, "random %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t rows = check_random_int(1, 400), channels = check_random_int(1, 70);
      check_bias(name, rows, channels);
    }
  }
}
