/* Winograd's matrices, and how far its results are from exact ones: compared with direct convolution on the same data. */
#include <math.h>
#include <stdio.h>

#include "calls.h"
#include "check.h"
#include "conv/winograd/winograd_matrices.h"

/* ---- the matrices are an identity ------------------------------------------------------------------------------- */

/* F(outputs, taps) of one row: y = Aᵀ[(G g) ⊙ (Bᵀ d)]; at [outputs][size], g [size][taps], bt [size][size]. */
static void check_identity(const char *name, int outputs, int taps, const double *at, const double *g, const double *bt) {
  const int size = outputs + taps - 1;
  if (!check_case(name, "random rows in double"))
    return;
  for (int trial = 0; trial < 20; trial++) {
    double d[6], filter[5], m[6];
    check_fill_doubles(d, size);
    check_fill_doubles(filter, taps);
    for (int p = 0; p < size; p++) {
      double u = 0, v = 0;
      for (int k = 0; k < taps; k++)
        u += g[p * taps + k] * filter[k];
      for (int k = 0; k < size; k++)
        v += bt[p * size + k] * d[k];
      m[p] = u * v;
    }
    for (int o = 0; o < outputs; o++) {
      double y = 0, want = 0;
      for (int k = 0; k < taps; k++)
        want += d[o + k] * filter[k];
      for (int p = 0; p < size; p++)
        y += at[o * size + p] * m[p];
      check_that(fabs(y - want) < 1e-12, "output %d is %.17g, want %.17g", o, y, want);
    }
  }
}

/* ---- errors ----------------------------------------------------------------------------------------------------- */

typedef struct conv_error {
  double most, rms;
} conv_error;

/* Standard normal, by Box and Muller. */
static void fill_normal(float *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const double radius = sqrt(-2 * log(1 - fabs(check_random_real()))), angle = 3.14159265358979323846 * check_random_real();
    x[i] = (float)(radius * cos(angle));
  }
}

typedef struct conv_case {
  apus_conv2d shape;
  const float *x, *w, *dy;
  const double *want[3]; /* of each pass */
  int64_t counts[3];
} conv_case;

static void run_pass(const apus_conv2d_plan *plan, const conv_case *c, float *out) {
  call_conv2d(&(conv2d_call){
      .plan = *plan, .x = c->x, .w = c->w, .dy = c->dy, .out = out, .scratch = check_scratch(plan->scratch_bytes)});
}

static conv_error error_of(const conv_case *c, int pass, apus_conv2d_implementation implementation, apus_precision precision) {
  const apus_conv2d_options options = {.precision = precision};
  conv_error result = {0, 0};
  apus_conv2d_plan plan;
  apus_error error;
  const int mark = check_mark();
  const apus_status status = apus_conv2d_plan_force(&plan, (apus_conv2d_pass)pass, &c->shape, &options, implementation, &error);
  check_that(status == APUS_OK, "refused: %s", error.text);
  if (status == APUS_OK) {
    float *out = check_output(c->counts[pass], NULL);
    run_pass(&plan, c, out);
    for (int64_t i = 0; i < c->counts[pass]; i++) {
      const double e = fabs(out[i] - c->want[pass][i]);
      result.most = e > result.most ? e : result.most;
      result.rms += e * e / (double)c->counts[pass];
    }
    result.rms = sqrt(result.rms);
  }
  check_release(mark);
  return result;
}

/* Winograd's errors in units of those that plain sums in float have: the reference's. Without fused multiply-adds the transforms
 * round more often. */
static void check_errors(const char *name, int64_t batch, int64_t size, int64_t channels, int64_t kernel) {
  static const char *const passes[] = {"forward", "backward data", "backward weights"};
  if (!check_case(name, "x %lldx%lldx%lldx%lld, normal data", (long long)batch, (long long)size, (long long)size,
                  (long long)channels))
    return;
  conv_case c = {.shape = {batch, size, size, channels, channels, kernel, kernel, 1, 1, 1, 1, kernel / 2, kernel / 2, kernel / 2,
                           kernel / 2, 1}};
  const int64_t pixels = batch * size * size * channels, weights = kernel * kernel * channels * channels;
  float *x = check_input(pixels), *w = check_input(weights), *dy = check_input(pixels);
  fill_normal(x, pixels);
  fill_normal(w, weights);
  fill_normal(dy, pixels);
  c.x = x, c.w = w, c.dy = dy;
  const double *x64 = check_widen(x, pixels), *w64 = check_widen(w, weights), *dy64 = check_widen(dy, pixels);
  double *y = check_doubles(pixels), *dx = check_doubles(pixels), *dw = check_doubles(weights);
  apus_conv2d_forward_reference_f64(&c.shape, x64, w64, NULL, y);
  apus_conv2d_backward_data_reference_f64(&c.shape, dy64, w64, 0, dx);
  apus_conv2d_backward_weights_reference_f64(&c.shape, x64, dy64, 0, dw);
  c.want[0] = y, c.want[1] = dx, c.want[2] = dw;
  c.counts[0] = c.counts[1] = pixels, c.counts[2] = weights;
  for (int pass = 0; pass < 3; pass++) {
    const conv_error plain = error_of(&c, pass, APUS_CONV2D_REFERENCE, APUS_PRECISION_DEFAULT);
    for (int isa = APUS_ISA_GENERIC; isa < APUS_ISA_COUNT; isa++) {
      if (!check_select(isa))
        continue;
      const conv_error large = error_of(&c, pass, APUS_CONV2D_WINOGRAD, APUS_PRECISION_DEFAULT);
      /* Strict: F(2×2, 3×3), which rounds less than a plain sum. 5×5 kernels have no such tiles. */
      const conv_error small = kernel == 3 ? error_of(&c, pass, APUS_CONV2D_WINOGRAD, APUS_PRECISION_STRICT) : (conv_error){0, 0};
      const double most = large.most / plain.most, rms = large.rms / plain.rms;
      const double strict_most = small.most / plain.most, strict_rms = small.rms / plain.rms;
      check_that(most <= (isa == APUS_ISA_GENERIC ? 3 : 2.5) && rms <= 3, "%s: tiles of 6x6 err by %.2f times the most, %.2f rms",
                 passes[pass], most, rms);
      check_that(strict_most <= 1 && strict_rms <= 1, "%s: strict errs by %.2f times the most, %.2f rms", passes[pass],
                 strict_most, strict_rms);
      if (check_chosen.verbose)
        printf("  %s %s: tiles of 6x6 most %.2f, rms %.2f; strict most %.2f, rms %.2f\n", apus_isa_name((apus_isa)isa),
               passes[pass], most, rms, strict_most, strict_rms);
    }
  }
}

/* ---- groups of tiles -------------------------------------------------------------------------------------------- */

/* So many channels that the transformed tiles exceed the bound of scratch and are done in groups. The reference would take
 * seconds; whole numbers make direct convolution and F(2×2) exact. Every tier cuts its groups into register tiles of its own. */
static void check_groups(void) {
  if (!check_case("groups of tiles", "x 1x20x24x8000, 2 channels of y, whole numbers"))
    return;
  conv_case c = {.shape = {1, 20, 24, 8000, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
  c.counts[0] = 480 * 2, c.counts[1] = 480 * 8000, c.counts[2] = 9 * 8000 * 2;
  float *x = check_input(c.counts[1]), *w = check_input(c.counts[2]), *dy = check_input(c.counts[0]);
  check_fill_integers(x, c.counts[1], 2);
  check_fill_integers(w, c.counts[2], 2);
  check_fill_integers(dy, c.counts[0], 2);
  c.x = x, c.w = w, c.dy = dy;
  const apus_conv2d_options strict = {.precision = APUS_PRECISION_STRICT};
  const int mark = check_mark();
  for (int isa = APUS_ISA_GENERIC; isa < APUS_ISA_COUNT; isa++)
    for (int pass = 0; pass < 3 && check_select(isa); pass++, check_release(mark)) {
      apus_conv2d_plan direct, winograd;
      if (apus_conv2d_plan_force(&direct, (apus_conv2d_pass)pass, &c.shape, NULL, APUS_CONV2D_DIRECT, NULL) != APUS_OK ||
          apus_conv2d_plan_force(&winograd, (apus_conv2d_pass)pass, &c.shape, &strict, APUS_CONV2D_WINOGRAD, NULL) != APUS_OK) {
        check_that(0, "pass %d is refused", pass);
        continue;
      }
      float *want = check_output(c.counts[pass], NULL), *got = check_output(c.counts[pass], NULL);
      run_pass(&direct, &c, want);
      run_pass(&winograd, &c, got);
      check_exact("F(2x2)", got, check_widen(want, c.counts[pass]), c.counts[pass]);
    }
}

void check_winograd_family(void) {
  check_identity("F(4, 3)", 4, 3, apus_winograd_f4_at[0], apus_winograd_f4_g[0], apus_winograd_f4_bt[0]);
  check_identity("F(2, 3)", 2, 3, apus_winograd_f2_at[0], apus_winograd_f2_g[0], apus_winograd_f2_bt[0]);
  check_identity("F(2, 5)", 2, 5, apus_winograd_f2_5_at[0], apus_winograd_f2_5_g[0], apus_winograd_f4_bt[0]);
  check_groups();
  check_errors("16 channels", 4, 32, 16, 3);
  check_errors("64 channels", 2, 28, 64, 3);
  check_errors("256 channels", 2, 14, 256, 3);
  check_errors("64 channels, 5x5", 2, 27, 64, 5);
}
