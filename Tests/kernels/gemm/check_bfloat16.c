/* How far products of operands rounded to bfloat16 are from exact ones: the bound of apus/types.h, at its edge. Numbers in the
 * middle of two neighbors are rounded by 2⁻⁸ of themselves, all in one direction here, so that no errors cancel: a sum is then
 * off by almost 2⁻⁷ of Σ|x||w|. */
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"

/* Midpoints of neighbors with 8 significant bits, 1 and 1 + 2⁻⁷ or those times a power of two; the even one of the two is below.
 * `above`: a little more, which rounds up. The sign is that of the element's index, in both operands alike. */
static void fill_midpoints(float *x, int64_t count, int64_t row, int above) {
  for (int64_t i = 0; i < count; i++) {
    const double sign = i / row % 2 ? -1 : 1;
    x[i] = (float)(sign * ldexp(1 + 0x1p-8 + (above ? 0x1p-20 : 0), (int)check_random_int(-3, 3)));
  }
}

/* The largest error in units of the sum of magnitudes must be in (2⁻⁸, 2⁻⁷]. */
static void check_edge(const char *what, const float *got, const double *want, const double *magnitude, int64_t count) {
  double worst = 0;
  for (int64_t i = 0; i < count; i++) {
    const double error = fabs(got[i] - want[i]) / magnitude[i];
    if (!(error <= worst))
      worst = error;
  }
  check_that(worst > 0x1p-8 && worst <= 0x1p-7,
             "%s: off by %.4g of the sum of magnitudes, expected more than 2^-8 (%.4g), at most 2^-7", what, worst, 0x1p-8);
  if (check_chosen.verbose)
    printf("  %s: off by %.4g of the sum of magnitudes, 2^-7 is %.4g\n", what, worst, 0x1p-7);
}

static int has_bfloat16(void) {
  const apus_gemm shape = {.m = 1, .n = 1, .k = 1, .lda = 1, .ldb = 1, .ldc = 1};
  const apus_gemm_options options = {.precision = APUS_PRECISION_BF16};
  apus_gemm_plan plan;
  return apus_gemm_plan_force(&plan, &shape, &options, APUS_GEMM_BF16, NULL) == APUS_OK;
}

static void check_product(int above) {
  enum { M = 17, N = 35, K = 67 };
  const apus_gemm s = {.m = M, .n = N, .k = K, .lda = K, .ldb = N, .ldc = N};
  const apus_gemm_options options = {.precision = APUS_PRECISION_BF16};
  apus_gemm_plan plan;
  apus_error error;
  const apus_status status = apus_gemm_plan_force(&plan, &s, &options, APUS_GEMM_BF16, &error);
  check_that(status == APUS_OK, "the product is refused: %s", error.text);
  if (status != APUS_OK)
    return;
  float *a = check_input(M * K), *b = check_input(K * N), *c = check_output(M * N, NULL);
  fill_midpoints(a, M * K, 1, above); /* signs of k */
  fill_midpoints(b, K * N, N, above);
  for (int i = 0; i < M * K; i++)
    a[i] = fabsf(a[i]) * (i % K % 2 ? -1 : 1);
  double *want = check_doubles(M * N), *magnitude = check_doubles(M * N);
  apus_gemm_reference_f64(&s, check_widen(a, M * K), check_widen(b, K * N), NULL, APUS_ACTIVATION_NONE, want);
  apus_gemm_reference_f64(&s, check_magnitude(a, M * K), check_magnitude(b, K * N), NULL, APUS_ACTIVATION_NONE, magnitude);
  apus_gemm_run(&plan, a, b, NULL, APUS_ACTIVATION_NONE, c, check_scratch(plan.scratch_bytes));
  check_edge(above ? "product, rounded up" : "product, rounded down", c, want, magnitude, M * N);
}

static void check_convolution(int above) {
  const apus_conv2d s = {2, 6, 7, 18, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const apus_conv2d_options options = {.precision = APUS_PRECISION_BF16};
  const int64_t x_count = 2 * 6 * 7 * 18, w_count = 9 * 18 * 33, y_count = 2 * 6 * 7 * 33;
  float *x = check_input(x_count), *w = check_input(w_count), *dy = check_input(y_count);
  fill_midpoints(x, x_count, 1, above); /* signs of the channels that are summed over */
  fill_midpoints(w, w_count, 33, above);
  fill_midpoints(dy, y_count, y_count, above);
  for (int pass = APUS_CONV2D_FORWARD; pass <= APUS_CONV2D_BACKWARD_DATA; pass++) {
    const int64_t count = pass == APUS_CONV2D_FORWARD ? y_count : x_count;
    apus_conv2d_plan plan;
    apus_error error;
    const apus_status status = apus_conv2d_plan_force(&plan, (apus_conv2d_pass)pass, &s, &options, APUS_CONV2D_BF16, &error);
    check_that(status == APUS_OK, "the convolution is refused: %s", error.text);
    if (status != APUS_OK)
      return;
    float *out = check_output(count, NULL);
    double *want = check_doubles(count), *magnitude = check_doubles(count);
    call_conv2d(&(conv2d_call){.plan = plan, .x = x, .w = w, .dy = dy, .out = out, .scratch = check_scratch(plan.scratch_bytes)});
    if (pass == APUS_CONV2D_FORWARD) {
      apus_conv2d_forward_reference_f64(&s, check_widen(x, x_count), check_widen(w, w_count), NULL, want);
      apus_conv2d_forward_reference_f64(&s, check_magnitude(x, x_count), check_magnitude(w, w_count), NULL, magnitude);
    } else {
      apus_conv2d_backward_data_reference_f64(&s, check_widen(dy, y_count), check_widen(w, w_count), 0, want);
      apus_conv2d_backward_data_reference_f64(&s, check_magnitude(dy, y_count), check_magnitude(w, w_count), 0, magnitude);
    }
    check_edge(pass == APUS_CONV2D_FORWARD ? "convolution" : "convolution, backward data", out, want, magnitude, count);
  }
}

void check_bfloat16_family(void) {
  if (!check_select(APUS_ISA_AVX512) || !has_bfloat16()) {
    check_that(1, "no tier here multiplies bfloat16");
    return;
  }
  for (int above = 0; above <= 1; above++)
    if (check_case("midpoints", "rounded %s", above ? "up" : "down")) {
      check_product(above);
      check_convolution(above);
    }
}
