/* The ends of the numbers: losses and rectifiers at 0, ±∞, subnormals and the largest floats, where a formula as it stands makes
 * 0 · ∞. The double references are held to right values at the few places where that happens, every tier to the references at
 * all. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "check.h"

static const float ends[] = {0.0f,     -0.0f, 1,   -1,        INFINITY,   -INFINITY, NAN,  FLT_MAX, -FLT_MAX, FLT_MIN,
                             -FLT_MIN, 20,    -20, 0x1p-149f, -0x1p-149f, 104,       -104, 1e20f,   -1e20f};
enum { END_COUNT = sizeof ends / sizeof ends[0] };

/* Both NaN, both the same infinity (a double beyond the floats is one), or within some units and of the smallest number. */
static int agrees(float got, double want, double units) {
  const float rounded = (float)want;
  if (isnan(want) || isinf(rounded))
    return isnan(want) ? isnan(got) : got == rounded;
  return fabs((double)got - want) <= units * (double)FLT_EPSILON * fabs(want) + 2 * 0x1p-149;
}

/* ---- pointwise losses ------------------------------------------------------------------------------------------- */

static void check_pointwise(apus_pointwise_loss loss, float target) {
  if (!check_case("pointwise", "kind %d, gamma %g, weights %g and %g, target %g", (int)loss.kind, loss.gamma, loss.positive,
                  loss.negative, (double)target))
    return;
  float targets[END_COUNT], ones[END_COUNT], losses[END_COUNT], slopes[END_COUNT];
  double x[END_COUNT], t[END_COUNT], one[END_COUNT], want[END_COUNT], want_slopes[END_COUNT];
  for (int i = 0; i < END_COUNT; i++) {
    t[i] = targets[i] = target;
    x[i] = ends[i];
    one[i] = ones[i] = 1;
  }
  apus_pointwise_loss_forward_reference_f64(&loss, 1, END_COUNT, NULL, x, t, want);
  apus_pointwise_loss_backward_reference_f64(&loss, 1, END_COUNT, NULL, x, t, one, want_slopes);
  for (int i = 0; i < END_COUNT; i++) {
    const int undefined = isnan(x[i]) || (isinf(x[i]) && isinf(t[i]));
    check_that(isnan(want[i]) == undefined && isnan(want_slopes[i]) == undefined, "the reference gives %g and %g at %g", want[i],
               want_slopes[i], x[i]);
  }
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    apus_pointwise_loss_forward(&loss, 1, END_COUNT, NULL, ends, targets, losses);
    apus_pointwise_loss_backward(&loss, 1, END_COUNT, NULL, ends, targets, ones, slopes);
    for (int i = 0; i < END_COUNT; i++) {
      check_that(agrees(losses[i], want[i], 400), "the loss at %g is %g, want %g", x[i], (double)losses[i], want[i]);
      check_that(agrees(slopes[i], want_slopes[i], 400), "the slope at %g is %g, want %g", x[i], (double)slopes[i],
                 want_slopes[i]);
    }
  }
}

static void check_pointwise_losses(void) {
  static const apus_pointwise_loss losses[] = {
      {APUS_LOSS_SQUARED, 0, 0, 0, 0},
      {APUS_LOSS_ABSOLUTE, 0, 0, 0, 0},
      {APUS_LOSS_SMOOTH_L1, 1, 0, 0, 0},
      {APUS_LOSS_SMOOTH_L1, 3e38, 0, 0, 0},
      {APUS_LOSS_BINARY_CROSS_ENTROPY, 0, 0, 1, 1},
      {APUS_LOSS_BINARY_CROSS_ENTROPY, 0, 0, 0, 1},
      {APUS_LOSS_BINARY_FOCAL, 0, 2, 1, 1},
      {APUS_LOSS_BINARY_FOCAL, 0, 0, 1, 1},
      {APUS_LOSS_BINARY_FOCAL, 0, 0.5, 0, 1},
  };
  for (int i = 0; i < (int)(sizeof losses / sizeof losses[0]); i++) {
    check_pointwise(losses[i], 0);
    check_pointwise(losses[i], 1);
  }
  check_pointwise(losses[4], 0.25f);
}

/* ---- losses of rows --------------------------------------------------------------------------------------------- */

enum { ROWS = 8, CLASSES = 3 };
static const float scores[ROWS * CLASSES] = {
    -INFINITY, 0,         1,                  /* the label impossible */
    0,         -INFINITY, -INFINITY,          /* the label certain */
    -FLT_MAX,  FLT_MAX,   0,                  /* a distance beyond the floats */
    FLT_MAX,   -FLT_MAX,  0,                  /* certain */
    -104,      0,         0,                  /* e^ is almost 0 */
    NAN,       0,         0,         0, 0, 0, /* ties */
    NAN,       NAN,       -INFINITY,          /* ignored */
};
static const int32_t labels[ROWS] = {0, 0, 0, 0, 0, 0, 0, -1};

typedef struct row_case {
  const char *name;
  int focal; /* else cross-entropy */
  float option;
  const float *weights;
} row_case;

static void check_rows(row_case c) {
  if (!check_case(c.name, "option %g, 8 rows of 3 classes", (double)c.option))
    return;
  const apus_label_rows rows = {ROWS, CLASSES, labels, -1};
  double wide[ROWS * CLASSES], p[ROWS * CLASSES], want[ROWS], slopes[ROWS], dlosses[ROWS], want_gradient[ROWS * CLASSES];
  double weights[CLASSES];
  float losses[ROWS], got_slopes[ROWS], got_p[ROWS * CLASSES], gradient[ROWS * CLASSES], ones[ROWS];
  for (int i = 0; i < ROWS * CLASSES; i++)
    wide[i] = scores[i];
  for (int i = 0; i < ROWS; i++)
    dlosses[i] = ones[i] = 1;
  for (int j = 0; j < CLASSES; j++)
    weights[j] = c.weights ? c.weights[j] : 1;
  if (c.focal) {
    apus_focal_forward_reference_f64(&rows, weights, c.option, wide, want, slopes, p);
    apus_focal_backward_reference_f64(&rows, slopes, p, dlosses, want_gradient);
  } else {
    apus_label_cross_entropy_forward_reference_f64(&rows, weights, c.option, wide, want, p);
    apus_label_cross_entropy_backward_reference_f64(&rows, weights, c.option, p, dlosses, want_gradient);
  }
  /* A row that counts for nothing is 0; of the others only the one with a NaN shows one. */
  for (int i = 0; i < ROWS; i++) {
    const int counts = i != 7 && (weights[0] != 0 || (!c.focal && c.option != 0)), shows = counts && i == 5;
    check_that(isnan(want[i]) == shows && (counts || want[i] == 0), "the reference's loss of row %d is %g", i, want[i]);
    for (int j = 0; j < CLASSES; j++)
      check_that(isnan(want_gradient[i * CLASSES + j]) == shows && (counts || want_gradient[i * CLASSES + j] == 0),
                 "the reference's gradient %d of row %d is %g", j, i, want_gradient[i * CLASSES + j]);
  }
  if (weights[0] == 1 && (c.focal || c.option == 0)) /* an impossible label: all of its probability is to move */
    check_that(fabs(want_gradient[0] + 1) < 1e-12 && isinf(want[0]), "the reference gives %g and %g for an impossible label",
               want[0], want_gradient[0]);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    if (c.focal) {
      apus_focal_forward(&rows, c.weights, c.option, scores, losses, got_slopes, got_p);
      apus_focal_backward(&rows, got_slopes, got_p, ones, gradient);
    } else {
      apus_label_cross_entropy_forward(&rows, c.weights, c.option, scores, losses, got_p);
      apus_label_cross_entropy_backward(&rows, c.weights, c.option, got_p, ones, gradient);
    }
    for (int i = 0; i < ROWS; i++)
      check_that(agrees(losses[i], want[i], 400), "the loss of row %d is %g, want %g", i, (double)losses[i], want[i]);
    for (int i = 0; i < ROWS * CLASSES; i++)
      check_that(agrees(gradient[i], want_gradient[i], 400) || fabs((double)gradient[i] - want_gradient[i]) < 1e-6,
                 "gradient %d is %g, want %g", i, (double)gradient[i], want_gradient[i]);
  }
}

static void check_hinge_and_likelihood(void) {
  if (!check_case("hinge and log-likelihood", "the label's weight is 0"))
    return;
  const float weights[] = {0, 1, 1}, ones[ROWS] = {1, 1, 1, 1, 1, 1, 1, 1};
  const apus_label_rows rows = {ROWS, CLASSES, labels, -1};
  float losses[ROWS], gradient[ROWS * CLASSES];
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    for (int hinge = 0; hinge < 2; hinge++) {
      if (hinge) {
        apus_hinge_forward(&rows, weights, 1, scores, losses);
        apus_hinge_backward(&rows, weights, 1, scores, ones, gradient);
      } else {
        apus_negative_log_likelihood_forward_f32(&rows, weights, scores, losses);
        apus_negative_log_likelihood_backward_f32(&rows, weights, ones, gradient);
      }
      for (int i = 0; i < ROWS; i++)
        check_that(losses[i] == 0, "the loss of row %d is %g", i, (double)losses[i]);
      for (int i = 0; i < ROWS * CLASSES; i++)
        check_that(gradient[i] == 0, "gradient %d is %g", i, (double)gradient[i]);
    }
  }
}

/* ---- rectifiers with a slope of 0 -------------------------------------------------------------------------------- */

static void check_rectifiers(void) {
  if (!check_case("slope 0", "leaky ReLU and PReLU are ReLU"))
    return;
  const float slope = 0;
  float y[END_COUNT], z[END_COUNT];
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    apus_nonlinearity_forward(APUS_LEAKY_RELU, END_COUNT, 0, 0, ends, y);
    apus_prelu_forward(END_COUNT, 1, ends, &slope, z);
    for (int i = 0; i < END_COUNT; i++) {
      const double want = isnan(ends[i]) ? NAN : ends[i] > 0 ? ends[i] : 0;
      check_that(agrees(y[i], want, 0) && agrees(z[i], want, 0), "at %g: %g and %g", (double)ends[i], (double)y[i], (double)z[i]);
    }
  }
}

void check_ends_family(void) {
  static const float none[] = {0, 1, 2};
  check_pointwise_losses();
  check_rows((row_case){"cross-entropy", 0, 0, NULL});
  check_rows((row_case){"cross-entropy, smoothed", 0, 0.1f, NULL});
  check_rows((row_case){"cross-entropy, weight 0", 0, 0, none});
  check_rows((row_case){"focal", 1, 2, NULL});
  check_rows((row_case){"focal, gamma 0", 1, 0, NULL});
  check_rows((row_case){"focal, gamma 1/2", 1, 0.5f, NULL});
  check_rows((row_case){"focal, weight 0", 1, 2, none});
  check_hinge_and_likelihood();
  check_rectifiers();
}
