/* The activation functions that see channels: PReLU and maxout. */
#include <math.h>
#include <stdio.h>

#include "activation/check_activation.h"
#include "check.h"

typedef struct channel_run {
  int64_t rows, pieces, channels;
  const float *x, *a, *dy;
  const uint8_t *won;
  float *out, *da;
  uint8_t *piece;
  void *scratch;
} channel_run;

/* ---- PReLU ------------------------------------------------------------------------------------------------------ */

static void run_prelu_forward(void *context) {
  channel_run *run = context;
  apus_prelu_forward(run->rows, run->channels, run->x, run->a, run->out);
}

static void run_prelu_backward(void *context) {
  channel_run *run = context;
  apus_prelu_backward(run->rows, run->channels, run->x, run->a, run->dy, run->out, run->da, run->scratch);
}

static void check_prelu(const char *name, int64_t rows, int64_t channels) {
  if (!check_case(name, "prelu, %lld rows of %lld channels", (long long)rows, (long long)channels))
    return;
  int64_t count = rows * channels;
  float *x = check_input(count), *dy = check_input(count), *a = check_input(channels);
  check_fill(x, count);
  check_fill(dy, count);
  check_fill(a, channels);
  if (count > 2) {
    x[0] = 0;
    x[count - 1] = -0.0f;
  }
  double *wide_x = check_widen(x, count), *wide_dy = check_widen(dy, count), *wide_a = check_widen(a, channels);
  double *want = check_doubles(count), *want_dx = check_doubles(count), *want_da = check_doubles(channels);
  double *bound = check_doubles(count), *bound_dx = check_doubles(count), *bound_da = check_doubles(channels);
  apus_prelu_forward_reference_f64(rows, channels, wide_x, wide_a, want);
  apus_prelu_backward_reference_f64(rows, channels, wide_x, wide_a, wide_dy, want_dx, want_da);
  for (int64_t c = 0; c < channels; c++)
    bound_da[c] = 0;
  for (int64_t i = 0; i < count; i++) {
    bound[i] = fabs(want[i]);
    bound_dx[i] = fabs(want_dx[i]);
    bound_da[i % channels] += wide_x[i] > 0 ? 0 : fabs(wide_x[i] * wide_dy[i]);
  }
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    channel_run run = {.rows = rows, .channels = channels, .x = x, .a = a, .dy = dy, .out = check_output(count, NULL)};
    check_run("forward", run_prelu_forward, &run);
    check_close("y", run.out, want, bound, count, 1);
    float *apart = check_copy(run.out, count);
    run.scratch = check_scratch(apus_prelu_backward_scratch(rows, channels));
    run.da = check_output(channels, NULL);
    check_run("backward", run_prelu_backward, &run);
    check_close("dx", run.out, want_dx, bound_dx, count, 1);
    check_close("da", run.da, want_da, bound_da, channels, (double)rows);
    float *dx = check_copy(run.out, count), *da = check_copy(run.da, channels);

    run.out = NULL;
    check_run("gradient of the slopes alone", run_prelu_backward, &run);
    check_same_bits("da alone", run.da, da, sizeof(float), channels);
    run.dy = run.out = check_output(count, dy);
    check_run("backward in place", run_prelu_backward, &run);
    check_same_bits("dx in place", run.out, dx, sizeof(float), count);
    check_same_bits("da in place", run.da, da, sizeof(float), channels);
    run.x = run.out = check_output(count, x);
    check_run("forward in place", run_prelu_forward, &run);
    check_same_bits("y in place", run.out, apart, sizeof(float), count);
  }
}

/* A NaN is neither above 0 nor below it: it reaches the slope's gradient, and no other channel's. */
static void check_prelu_nan(void) {
  enum { ROWS = 7, CHANNELS = 19, COUNT = ROWS * CHANNELS };
  if (!check_case("NaN", "prelu, %d rows of %d channels, two of them with a NaN", ROWS, CHANNELS))
    return;
  float *x = check_input(COUNT), *dy = check_input(COUNT), *a = check_input(CHANNELS);
  double want[CHANNELS] = {0};
  for (int i = 0; i < COUNT; i++) {
    x[i] = (float)(i % 5 - 2);
    dy[i] = (float)(i % 3 + 1);
  }
  for (int c = 0; c < CHANNELS; c++)
    a[c] = 0.25f;
  x[2 * CHANNELS + 3] = NAN;
  x[CHANNELS + 18] = NAN;
  for (int i = 0; i < COUNT; i++)
    want[i % CHANNELS] += x[i] > 0 ? 0 : (double)x[i] * dy[i];
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    channel_run run = {.rows = ROWS,
                       .channels = CHANNELS,
                       .x = x,
                       .a = a,
                       .dy = dy,
                       .out = check_output(COUNT, NULL),
                       .da = check_output(CHANNELS, NULL),
                       .scratch = check_scratch(apus_prelu_backward_scratch(ROWS, CHANNELS))};
    check_run("backward", run_prelu_backward, &run);
    check_exact("da", run.da, want, CHANNELS);
  }
}

/* ---- maxout ----------------------------------------------------------------------------------------------------- */

static void run_maxout_forward(void *context) {
  channel_run *run = context;
  apus_maxout_forward(run->rows, run->pieces, run->channels, run->x, run->out, run->piece);
}

static void run_maxout_backward(void *context) {
  channel_run *run = context;
  apus_maxout_backward(run->rows, run->pieces, run->channels, run->dy, run->won, run->out);
}

/* Few whole numbers, so that ties abound, and some NaN. */
static void check_maxout(const char *name, int64_t rows, int64_t pieces, int64_t channels) {
  if (!check_case(name, "maxout, %lld rows, %lld pieces of %lld channels", (long long)rows, (long long)pieces,
                  (long long)channels))
    return;
  int64_t count = rows * channels;
  float *x = check_input(count * pieces), *dy = check_input(count);
  check_fill_integers(x, count * pieces, 3);
  for (int64_t i = 0; i < count * pieces; i += 11)
    x[i] = NAN;
  check_fill(dy, count);
  double *want = check_doubles(count), *want_dx = check_doubles(count * pieces);
  uint8_t *won = check_input_bytes(count);
  apus_maxout_forward_reference_f64(rows, pieces, channels, check_widen(x, count * pieces), want, won);
  apus_maxout_backward_reference_f64(rows, pieces, channels, check_widen(dy, count), won, want_dx);
  int mark = check_mark();
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++, check_release(mark)) {
    if (!check_select(isa))
      continue;
    channel_run run = {.rows = rows, .pieces = pieces, .channels = channels, .x = x, .dy = dy, .won = won};
    run.out = check_output(count, NULL);
    run.piece = check_output_bytes(count);
    check_run("forward", run_maxout_forward, &run);
    check_exact("y", run.out, want, count);
    check_same_bits("piece", run.piece, won, 1, count);
    run.piece = NULL;
    check_run("forward without pieces", run_maxout_forward, &run);
    check_exact("y", run.out, want, count);
    run.out = check_output(count * pieces, NULL);
    check_run("backward", run_maxout_backward, &run);
    check_exact("dx", run.out, want_dx, count * pieces);
  }
}

/* ---- gradients against finite differences ----------------------------------------------------------------------- */

typedef struct gradient_case {
  int64_t rows, pieces, channels;
  double *x, *a, *y, *cotangent;
  uint8_t *piece;
} gradient_case;

static double weighed(const gradient_case *g) {
  double sum = 0;
  for (int64_t i = 0; i < g->rows * g->channels; i++)
    sum += g->y[i] * g->cotangent[i];
  return sum;
}

static double prelu_loss(void *context) {
  gradient_case *g = context;
  apus_prelu_forward_reference_f64(g->rows, g->channels, g->x, g->a, g->y);
  return weighed(g);
}

static double maxout_loss(void *context) {
  gradient_case *g = context;
  apus_maxout_forward_reference_f64(g->rows, g->pieces, g->channels, g->x, g->y, g->piece);
  return weighed(g);
}

/* Values apart from each other and from 0 by far more than the step of the differences. */
static void check_gradients(void) {
  if (!check_case("gradients", "prelu and maxout, 7 rows"))
    return;
  enum { ROWS = 7, PIECES = 3, CHANNELS = 5, COUNT = ROWS * CHANNELS };
  gradient_case g = {.rows = ROWS, .pieces = PIECES, .channels = CHANNELS, .piece = check_output_bytes(COUNT)};
  g.x = check_doubles(COUNT * PIECES);
  g.a = check_doubles(CHANNELS);
  g.y = check_doubles(COUNT);
  g.cotangent = check_doubles(COUNT);
  for (int64_t i = 0; i < COUNT * PIECES; i++)
    g.x[i] = 0.01 * (double)(i * 37 % (COUNT * PIECES) + 1) * (i % 2 ? 1 : -1);
  check_fill_doubles(g.a, CHANNELS);
  check_fill_doubles(g.cotangent, COUNT);
  double *dx = check_doubles(COUNT * PIECES), *da = check_doubles(CHANNELS);
  apus_prelu_backward_reference_f64(ROWS, CHANNELS, g.x, g.a, g.cotangent, dx, da);
  check_gradient("prelu dx", prelu_loss, &g, g.x, dx, COUNT);
  check_gradient("prelu da", prelu_loss, &g, g.a, da, CHANNELS);
  maxout_loss(&g);
  apus_maxout_backward_reference_f64(ROWS, PIECES, CHANNELS, g.cotangent, g.piece, dx);
  check_gradient("maxout dx", maxout_loss, &g, g.x, dx, COUNT * PIECES);
}

void check_prelu_and_maxout(void) {
  check_gradients();
  check_prelu("no rows", 0, 5);
  check_prelu("one value", 1, 1);
  check_prelu("one slope", 70001, 1);
  check_prelu("6 channels", 129, 6);
  check_prelu("17 channels", 40, 17);
  check_prelu("64 channels", 33, 64);
  check_prelu("many rows", 20011, 16);
  check_prelu("many channels", 5, 1025);
  check_maxout("no rows", 0, 2, 5);
  check_maxout("one piece", 9, 1, 7);
  check_maxout("two pieces", 37, 2, 16);
  check_maxout("three pieces, odd channels", 21, 3, 35);
  check_maxout("one channel", 130, 5, 1);
  check_maxout("256 pieces", 3, 256, 17);
  check_maxout("many rows", 4001, 2, 24);
  for (int64_t i = 0; i < check_chosen.cases; i++) {
    char name[48];
    snprintf(name, sizeof name, "random channels %lld", (long long)i);
    if (check_case(name, "a random shape")) {
      int64_t rows = check_random_int(1, 300), channels = check_random_int(1, 70), pieces = check_random_int(1, 9);
      check_prelu(name, rows, channels);
      check_prelu_nan();
      check_maxout(name, rows, pieces, channels);
    }
  }
}
