/* What the benchmark may say: shares are withheld if the machine was disturbed, and count what is performed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "bench_share.h"
#include "check.h"

/* A quiet measurement at 93 % of a peak of 500 GFLOP/s, as a benchmark of two threads sees it. */
static const double quiet_bursts[] = {490, 500, 488, 492, 485, 491, 489, 487, 493, 490};
static bench_evidence quiet(void) {
  return (bench_evidence){.bursts = quiet_bursts,
                          .burst_count = 10,
                          .peak = 500,
                          .copies = {90, 84},
                          .median = 1.1e-3,
                          .fastest = 1e-3,
                          .preempted = 8,
                          .present = 0.99,
                          .share = 0.93,
                          .most = 1};
}

/* NULL: the share is told. */
static void expect(const char *what, bench_evidence evidence, const char *reason) {
  const char *got = bench_share_withheld(&evidence);
  check_that((got == NULL) == (reason == NULL) && (!reason || strcmp(got, reason) == 0), "%s: %s, expected %s", what,
             got ? got : "told", reason ? reason : "told");
}

static void check_withholding(void) {
  if (!check_case("shares withheld", "by made-up measurements"))
    return;
  static const char *const below = "the probe ran below the peak around it", *const memory = "memory's rate changed",
                           *const calls = "its calls differ", *const impossible = "more than the processor can do";
  bench_evidence e = quiet();
  expect("a quiet machine", e, NULL);

  /* Half of the bursts at half of the rate: a core was taken away. A few of them say nothing. */
  const double halved[] = {490, 250, 488, 240, 485, 251, 489, 249, 250, 248},
               few[] = {490, 500, 488, 240, 485, 251, 489, 487, 493, 490};
  e.bursts = halved;
  expect("bursts of half the rate", e, below);
  e.bursts = few;
  expect("two slow bursts of ten", e, NULL);
  e = quiet();
  e.peak = 550;
  expect("bursts at 89 % of the peak", e, below);
  e = quiet();
  e.burst_count = 0;
  expect("no bursts", e, below);
  e = quiet();
  e.peak = NAN;
  expect("a peak that is no number", e, below);

  e = quiet();
  e.copies[0] = 58;
  expect("copying at 58 and 84 GB/s", e, memory);
  e.copies[0] = 84 * 1.6;
  expect("copying at 134 and 84 GB/s", e, memory);
  e.copies[0] = e.copies[1] = 0;
  expect("memory not asked", e, NULL);

  e = quiet();
  e.median = 1.6e-3;
  expect("a median call of 1.6 times the fastest", e, calls);
  e.median = e.fastest = 0;
  expect("calls not known", e, NULL);

  /* A core shared with another program: calls are long, all alike, and bursts fit between two interruptions. */
  e = quiet();
  e.preempted = 250;
  expect("250 interruptions a second", e, "other programs ran");
  e = quiet();
  e.present = 0.5;
  expect("half of the time on a processor", e, "other programs ran");

  /* The peak itself was measured while other work ran: bursts agree with it, and the share is absurd. */
  e = quiet();
  e.share = 409.17;
  expect("40917 % of the peak", e, impossible);
  e.share = 2.34;
  expect("234 % of the peak", e, impossible);
  e.share = 1.04;
  expect("104 % of the peak", e, NULL);
  e.share = NAN;
  expect("a share that is no number", e, impossible);
  e.share = 1.85;
  e.most = 2;
  expect("185 % of float32's peak in bfloat16", e, NULL);
}

/* 3×3, stride 1, padding 1, 64 to 64 channels. */
static int plan_winograd(apus_conv2d_plan *plan, apus_conv2d_pass pass, int64_t size, apus_precision precision) {
  const apus_conv2d shape = {.batch = 8,
                             .height = size,
                             .width = size,
                             .in_channels = 64,
                             .out_channels = 64,
                             .kernel_h = 3,
                             .kernel_w = 3,
                             .stride_h = 1,
                             .stride_w = 1,
                             .dilation_h = 1,
                             .dilation_w = 1,
                             .pad_top = 1,
                             .pad_left = 1,
                             .pad_bottom = 1,
                             .pad_right = 1,
                             .groups = 1};
  const apus_conv2d_options options = {.precision = precision};
  return apus_conv2d_plan_force(plan, pass, &shape, &options, APUS_CONV2D_WINOGRAD, NULL) == APUS_OK;
}

static void count_operations(void) {
  apus_conv2d_plan plan;
  /* Of 9 products an output, F(4×4) performs 36/16, F(2×2) 16/4. 56 is whole tiles of both, 57 is not: 15·15 tiles of 4×4. */
  for (int pass = 0; pass < 3; pass++) {
    check_that(plan_winograd(&plan, (apus_conv2d_pass)pass, 56, APUS_PRECISION_DEFAULT), "pass %d: no plan", pass);
    bench_work work = bench_conv2d_work(&plan, 0);
    check_that(work.operations == 2.0 * 8 * 56 * 56 * 9 * 64 * 64 && work.performed == work.operations / 4 && work.counted,
               "pass %d, F(4x4): %g of %g operations", pass, work.performed, work.operations);
    check_that(plan_winograd(&plan, (apus_conv2d_pass)pass, 57, APUS_PRECISION_DEFAULT), "pass %d: no plan", pass);
    work = bench_conv2d_work(&plan, 0);
    check_that(work.performed == 2.0 * 8 * 15 * 15 * 36 * 64 * 64, "pass %d, 57 pixels: %g operations", pass, work.performed);
    check_that(plan_winograd(&plan, (apus_conv2d_pass)pass, 56, APUS_PRECISION_STRICT), "pass %d: no strict plan", pass);
    work = bench_conv2d_work(&plan, 0);
    check_that(work.performed == work.operations * 16 / 36, "pass %d, F(2x2): %g of %g operations", pass, work.performed,
               work.operations);
  }
  /* Direct: of each axis' 3·56 pairs of an output and a tap, two lie in the padding. */
  const apus_conv2d shape = plan.shape;
  check_that(apus_conv2d_plan_force(&plan, APUS_CONV2D_FORWARD, &shape, NULL, APUS_CONV2D_DIRECT, NULL) == APUS_OK,
             "no direct plan");
  const bench_work work = bench_conv2d_work(&plan, 0);
  check_that(work.performed == 2.0 * 8 * 166 * 166 * 64 * 64 && !work.counted, "direct: %g operations", work.performed);
}

static void check_counting(void) {
  if (!check_case("operations counted", "of convolutions"))
    return;
  for (int isa = APUS_ISA_GENERIC; isa < APUS_ISA_COUNT; isa++) /* the reference tier has no such implementations */
    if (check_select(isa))
      count_operations();
}

void check_bench_family(void) {
  check_withholding();
  check_counting();
}
