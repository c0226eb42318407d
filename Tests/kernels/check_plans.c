/* What planning refuses, with which status and in which words; what a good plan holds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "conv/tune.h"

static const apus_conv2d good_conv2d = {2, 8, 9, 6, 12, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const apus_pool2d good_pool2d = {2, 8, 9, 6, 3, 3, 2, 2, 1, 1, 1, 1, 0};
static const apus_gemm good_gemm = {.m = 4, .n = 5, .k = 6, .lda = 6, .ldb = 5, .ldc = 5};

/* One field of a shape set to a bad value. */
typedef struct bad_field {
  const char *name;
  size_t offset;
  int64_t value;
} bad_field;

static void set_field(void *shape, const bad_field *bad) { memcpy((char *)shape + bad->offset, &bad->value, sizeof bad->value); }

/* ---- convolution ------------------------------------------------------------------------------------------------ */

static void expect_conv2d(const char *what, const apus_conv2d *shape, apus_status want) {
  apus_error error;
  apus_conv2d_plan plan;
  int64_t out_h, out_w;
  check_error(what, apus_conv2d_output_size(shape, &out_h, &out_w, &error), want, &error);
  for (int pass = APUS_CONV2D_FORWARD; pass <= APUS_CONV2D_BACKWARD_WEIGHTS; pass++) {
    check_error(what, apus_conv2d_plan_make(&plan, (apus_conv2d_pass)pass, shape, NULL, &error), want, &error);
    for (int i = 0; i < APUS_CONV2D_IMPLEMENTATIONS; i++)
      if (want == APUS_INVALID_ARGUMENT || i == APUS_CONV2D_REFERENCE)
        check_error(what,
                    apus_conv2d_plan_force(&plan, (apus_conv2d_pass)pass, shape, NULL, (apus_conv2d_implementation)i, &error),
                    want, &error);
  }
  check_that(apus_conv2d_plan_make(&plan, APUS_CONV2D_FORWARD, shape, NULL, NULL) == want, "%s: another status without an error",
             what);
}

#define FIELD(member, value)                                                                                                     \
  { #member, offsetof(apus_conv2d, member), value }
static const bad_field bad_conv2d[] = {
    FIELD(batch, -1),      FIELD(height, -1),      FIELD(height, 0),       FIELD(width, -8),        FIELD(width, 0),
    FIELD(in_channels, 0), FIELD(in_channels, -6), FIELD(out_channels, 0), FIELD(out_channels, -1), FIELD(kernel_h, 0),
    FIELD(kernel_w, -3),   FIELD(stride_h, 0),     FIELD(stride_w, 0),     FIELD(stride_w, -1),     FIELD(dilation_h, 0),
    FIELD(dilation_w, -1), FIELD(pad_top, -1),     FIELD(pad_left, -1),    FIELD(pad_bottom, -1),   FIELD(pad_right, INT64_MIN),
    FIELD(groups, 0),      FIELD(groups, -2),      FIELD(groups, 5),       FIELD(groups, 4),
};
static const bad_field huge_conv2d[] = {
    FIELD(batch, INT64_MAX),
    FIELD(height, INT64_MAX),
    FIELD(width, INT64_MAX / 64),
    FIELD(in_channels, INT64_MAX),
    FIELD(out_channels, INT64_MAX),
    FIELD(kernel_h, INT64_MAX),
    FIELD(kernel_w, INT64_MAX / 4),
    FIELD(stride_h, 68719476736),
    FIELD(stride_w, INT64_MAX - 2),
    FIELD(dilation_h, INT64_MAX),
    FIELD(dilation_w, APUS_MAX_SIZE + 1),
    FIELD(pad_top, INT64_MAX),
    FIELD(pad_left, INT64_MAX),
    FIELD(pad_bottom, INT64_MAX),
    FIELD(pad_right, INT64_MAX),
    FIELD(groups, INT64_MAX),
};
#undef FIELD

/* The text has the parameter, its value and its bound. */
static void expect_named(const char *operation, const bad_field *bad, const apus_conv2d *shape) {
  apus_error error;
  apus_conv2d_plan plan;
  char want[128];
  snprintf(want, sizeof want, "%s: %s is %lld, must be at most %lld", operation, bad->name, (long long)bad->value,
           (long long)APUS_MAX_SIZE);
  apus_conv2d_plan_make(&plan, APUS_CONV2D_FORWARD, shape, NULL, &error);
  check_that(strcmp(error.text, want) == 0, "'%s', want '%s'", error.text, want);
}

static void check_conv2d_refusals(void) {
  if (check_case("conv2d: sizes without meaning", "one bad field at a time"))
    for (size_t i = 0; i < sizeof bad_conv2d / sizeof bad_conv2d[0]; i++) {
      apus_conv2d shape = good_conv2d;
      set_field(&shape, &bad_conv2d[i]);
      expect_conv2d(bad_conv2d[i].name, &shape, APUS_INVALID_ARGUMENT);
    }
  if (check_case("conv2d: sizes that overflow", "one huge field at a time"))
    for (size_t i = 0; i < sizeof huge_conv2d / sizeof huge_conv2d[0]; i++) {
      apus_conv2d shape = good_conv2d;
      set_field(&shape, &huge_conv2d[i]);
      expect_conv2d(huge_conv2d[i].name, &shape, APUS_OVERFLOW);
      expect_named("conv2d", &huge_conv2d[i], &shape);
    }
  if (check_case("conv2d: products that overflow", "each size is possible, the tensor is not")) {
    apus_conv2d shape = good_conv2d;
    shape.batch = shape.height = shape.width = 1 << 20;
    shape.in_channels = 1 << 10;
    expect_conv2d("x", &shape, APUS_OVERFLOW);
  }
}

/* One step too large and just right, down and across, by the kernel, its dilation and for lack of padding. */
static void check_windows_that_do_not_fit(void) {
  static const struct {
    const char *text;
    apus_conv2d shape;
  } rows[] = {
      {"conv2d: kernel 34x34 is larger than the padded input 32x32", {1, 32, 32, 3, 4, 34, 34, 1, 1, 1, 1, 0, 0, 0, 0, 1}},
      {"conv2d: kernel 34x1 is larger than the padded input 33x32", {1, 32, 32, 3, 4, 34, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1}},
      {"conv2d: kernel 1x34 is larger than the padded input 32x33", {1, 32, 32, 3, 4, 1, 34, 1, 1, 1, 1, 0, 0, 0, 1, 1}},
      {"conv2d: kernel 3x3, which spans 9x3 with dilation 4x1, is larger than the padded input 8x8",
       {2, 6, 7, 8, 8, 3, 3, 2, 2, 4, 1, 1, 1, 1, 0, 8}},
      {"conv2d: kernel 1x2, which spans 1x2147483648 with dilation 1x2147483647, is larger than the padded input 5x2147483647",
       {0, 5, 5, 3, 4, 1, 2, 2147483647, 2147483647, 1, 2147483647, 0, 2147483642, 0, 0, 1}},
  };
  if (!check_case("conv2d: a kernel larger than the padded input", "refused in every pass, with both sizes"))
    return;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    apus_conv2d shape = rows[i].shape;
    apus_error error;
    int64_t out_h, out_w;
    expect_conv2d(rows[i].text, &shape, APUS_INVALID_ARGUMENT);
    apus_conv2d_output_size(&shape, &out_h, &out_w, &error);
    check_that(strcmp(error.text, rows[i].text) == 0, "'%s', want '%s'", error.text, rows[i].text);
    shape.pad_bottom += 2, shape.pad_right += 2;
    check_that(apus_conv2d_output_size(&shape, &out_h, &out_w, &error) == APUS_OK && out_h >= 1 && out_w >= 1,
               "with more padding %lldx%lld: %s", (long long)out_h, (long long)out_w, error.text);
  }
  apus_pool2d pool = good_pool2d;
  apus_pool2d_plan plan;
  apus_error error;
  pool.batch = 0; /* an empty batch excuses nothing */
  pool.kernel_h = 11;
  check_error("pool2d", apus_pool2d_plan_make(&plan, &pool, &error), APUS_INVALID_ARGUMENT, &error);
  check_that(strcmp(error.text, "pool2d: kernel 11x3 is larger than the padded input 10x11") == 0, "'%s'", error.text);
  pool.kernel_h = 3, pool.kernel_w = 12;
  check_error("pool2d", apus_pool2d_plan_make(&plan, &pool, &error), APUS_INVALID_ARGUMENT, &error);
  check_that(strcmp(error.text, "pool2d: kernel 3x12 is larger than the padded input 10x11") == 0, "'%s'", error.text);
  pool.kernel_h = 10, pool.kernel_w = 11;
  check_that(apus_pool2d_plan_make(&plan, &pool, &error) == APUS_OK && plan.out_h == 1 && plan.out_w == 1,
             "an empty batch under windows that just fit: %s", error.text);
}

/* The exact sizes of one dimension: size, before, after, kernel, dilation, stride → out. */
static void check_conv2d_sizes(void) {
  static const int64_t rows[][7] = {{8, 1, 1, 3, 1, 1, 8}, {8, 0, 0, 3, 1, 2, 3},    {7, 0, 1, 3, 1, 2, 3},
                                    {2, 0, 1, 3, 1, 1, 1}, {1, 0, 0, 1, 1, 5, 1},    {9, 2, 2, 3, 2, 1, 9},
                                    {4, 5, 5, 3, 5, 3, 2}, {227, 0, 0, 11, 1, 4, 55}};
  if (!check_case("conv2d: output sizes", "computed by hand"))
    return;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    apus_conv2d s = good_conv2d;
    int64_t out_h = -1, out_w = -1;
    s.height = rows[i][0], s.pad_top = rows[i][1], s.pad_bottom = rows[i][2], s.kernel_h = rows[i][3], s.dilation_h = rows[i][4],
    s.stride_h = rows[i][5];
    apus_status status = apus_conv2d_output_size(&s, &out_h, &out_w, NULL);
    check_that(status == APUS_OK && out_h == rows[i][6] && out_w == 9, "row %zu: %lld x %lld, want %lld x 9", i, (long long)out_h,
               (long long)out_w, (long long)rows[i][6]);
  }
}

static void check_describe(const char *text, size_t size, const char *name) {
  check_that(memchr(text, 0, size) && strstr(text, name) && !strchr(text, '\n'), "the plan's text '%.80s' lacks %s", text, name);
}

/* One answer is the choice, the others were asked before it, and each has its text in the plan's description. */
static void check_reasons(const apus_plan_reason *reasons, int count, const char *chosen, const char *text) {
  int found = 0;
  for (int i = 0; i < count; i++) {
    found += reasons[i].chosen;
    check_that(reasons[i].chosen == (strcmp(reasons[i].implementation, chosen) == 0) && strstr(text, reasons[i].text),
               "'%s' of %s, chosen %d, is not in '%.80s'", reasons[i].text, reasons[i].implementation, reasons[i].chosen, text);
  }
  check_that(count > 0 && found == 1 && reasons[count - 1].chosen, "%d of %d implementations chosen", found, count);
}

static void check_conv2d_plans(void) {
  if (!check_case("conv2d: what a plan holds", "each tier and pass"))
    return;
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
    for (int pass = APUS_CONV2D_FORWARD; pass <= APUS_CONV2D_BACKWARD_WEIGHTS && check_select(isa); pass++) {
      apus_conv2d_plan plan, forced;
      apus_error error;
      apus_status status = apus_conv2d_plan_make(&plan, (apus_conv2d_pass)pass, &good_conv2d, NULL, &error);
      check_that(status == APUS_OK && error.code == APUS_OK, "refused: %s", error.text);
      check_that(memcmp(&plan.shape, &good_conv2d, sizeof good_conv2d) == 0 && (int)plan.pass == pass && plan.isa == isa &&
                     plan.out_h == 8 && plan.out_w == 9 && plan.threads >= 1 && plan.threads <= apus_thread_count(),
                 "the plan does not hold what was asked");
      check_that((unsigned)plan.implementation < APUS_CONV2D_IMPLEMENTATIONS && plan.reason[plan.implementation],
                 "no reason for the choice");
      check_that(isa != APUS_ISA_REFERENCE || plan.implementation == APUS_CONV2D_REFERENCE,
                 "the reference tier chooses another implementation");
      status = apus_conv2d_plan_force(&forced, (apus_conv2d_pass)pass, &good_conv2d, NULL, plan.implementation, NULL);
      check_that(status == APUS_OK && forced.scratch_bytes == plan.scratch_bytes, "forcing the choice gives another plan");
      char text[600];
      apus_conv2d_plan_describe(&plan, text, sizeof text);
      check_describe(text, sizeof text, apus_conv2d_implementation_name(plan.implementation));
      apus_plan_reason reasons[APUS_CONV2D_IMPLEMENTATIONS];
      check_reasons(reasons, apus_conv2d_plan_reasons(&plan, reasons), apus_conv2d_implementation_name(plan.implementation),
                    text);
      for (size_t size = 0; size < 40; size++) {
        memset(text, 'x', sizeof text);
        apus_conv2d_plan_describe(&plan, text, size);
        check_that(text[size] == 'x' && (size == 0 || memchr(text, 0, size)), "%zu bytes: overrun or not terminated", size);
      }
    }
  apus_error error;
  apus_conv2d_plan plan;
  const apus_conv2d_options accumulate = {.accumulate = 1};
  check_error("forward that accumulates", apus_conv2d_plan_make(&plan, APUS_CONV2D_FORWARD, &good_conv2d, &accumulate, &error),
              APUS_INVALID_ARGUMENT, &error);
  const apus_conv2d_options precision = {.precision = (apus_precision)9};
  check_error("precision 9", apus_conv2d_plan_make(&plan, APUS_CONV2D_FORWARD, &good_conv2d, &precision, &error),
              APUS_INVALID_ARGUMENT, &error);
  const apus_conv2d_options packed = {.packed_weights = 1};
  check_error("backward weights of packed weights",
              apus_conv2d_plan_make(&plan, APUS_CONV2D_BACKWARD_WEIGHTS, &good_conv2d, &packed, &error), APUS_INVALID_ARGUMENT,
              &error);
  check_error("pass 7", apus_conv2d_plan_make(&plan, (apus_conv2d_pass)7, &good_conv2d, NULL, &error), APUS_INVALID_ARGUMENT,
              &error);
  check_error("implementation 99",
              apus_conv2d_plan_force(&plan, APUS_CONV2D_FORWARD, &good_conv2d, NULL, (apus_conv2d_implementation)99, &error),
              APUS_INVALID_ARGUMENT, &error);
}

/* ---- pooling, batch norm, gemm ---------------------------------------------------------------------------------- */

#define FIELD(member, value)                                                                                                     \
  { #member, offsetof(apus_pool2d, member), value }
static const bad_field bad_pool2d[] = {
    FIELD(batch, -1),     FIELD(height, 0),    FIELD(width, -1),    FIELD(channels, 0), FIELD(kernel_h, 0),
    FIELD(kernel_w, -2),  FIELD(stride_h, 0),  FIELD(stride_w, -1), FIELD(pad_top, 3),  FIELD(pad_left, 3),
    FIELD(pad_bottom, 4), FIELD(pad_right, 3), FIELD(pad_left, -1),
};
static const bad_field huge_pool2d[] = {FIELD(batch, INT64_MAX),        FIELD(height, INT64_MAX),
                                        FIELD(width, INT64_MAX),        FIELD(channels, INT64_MAX),
                                        FIELD(kernel_w, INT64_MAX),     FIELD(kernel_h, APUS_MAX_SIZE),
                                        FIELD(stride_h, INT64_MAX - 2), FIELD(stride_w, APUS_MAX_SIZE + 1)};
#undef FIELD

static void expect_pool2d(const bad_field *bad, apus_status want) {
  apus_pool2d shape = good_pool2d;
  apus_pool2d_plan plan;
  apus_error error;
  set_field(&shape, bad);
  check_error(bad->name, apus_pool2d_plan_make(&plan, &shape, &error), want, &error);
}

static void check_pool2d_refusals(void) {
  if (!check_case("pool2d: refusals", "one bad or huge field at a time"))
    return;
  for (size_t i = 0; i < sizeof bad_pool2d / sizeof bad_pool2d[0]; i++)
    expect_pool2d(&bad_pool2d[i], APUS_INVALID_ARGUMENT);
  for (size_t i = 0; i < sizeof huge_pool2d / sizeof huge_pool2d[0]; i++)
    expect_pool2d(&huge_pool2d[i], APUS_OVERFLOW);
  apus_pool2d_plan plan;
  check_that(apus_pool2d_plan_make(&plan, &good_pool2d, NULL) == APUS_OK && plan.out_h == 4 && plan.out_w == 5,
             "a good shape gives %lld x %lld", (long long)plan.out_h, (long long)plan.out_w);
  check_that(plan.mask_bytes == 1, "a 3x3 window's mask has %d bytes", plan.mask_bytes);
  apus_pool2d wide = good_pool2d;
  wide.kernel_h = wide.height = 86; /* 258 positions */
  check_that(apus_pool2d_plan_make(&plan, &wide, NULL) == APUS_OK && plan.mask_bytes == 4 && plan.out_h == 2,
             "86x3 windows: mask of %d bytes, %lld rows", plan.mask_bytes, (long long)plan.out_h);
}

static void check_group_norm_refusals(void) {
  if (!check_case("group norm and local response norm: refusals", "sizes, groups, numbers"))
    return;
  apus_group_norm_plan group;
  apus_local_response_norm_plan local;
  apus_error error;
  check_error("no samples", apus_group_norm_plan_make(&group, 0, 4, 4, 1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("positions -1", apus_group_norm_plan_make(&group, 1, -1, 4, 1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("no channels", apus_group_norm_plan_make(&group, 1, 4, 0, 1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("no groups", apus_group_norm_plan_make(&group, 1, 4, 4, 0, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("3 groups of 4", apus_group_norm_plan_make(&group, 1, 4, 4, 3, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("huge", apus_group_norm_plan_make(&group, INT64_MAX / 8, 16, 4, 2, &error), APUS_OVERFLOW, &error);
  check_error("no rows", apus_local_response_norm_plan_make(&local, 0, 4, 5, 1, 1, 1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("window 0", apus_local_response_norm_plan_make(&local, 4, 4, 0, 1, 1, 1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("alpha -1", apus_local_response_norm_plan_make(&local, 4, 4, 5, -1, 1, 1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("beta NaN", apus_local_response_norm_plan_make(&local, 4, 4, 5, 1, NAN, 1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("k 0", apus_local_response_norm_plan_make(&local, 4, 4, 5, 1, 1, 0, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("huge", apus_local_response_norm_plan_make(&local, INT64_MAX / 4, 8, 5, 1, 1, 1, &error), APUS_OVERFLOW, &error);
}

static void check_batch_norm_refusals(void) {
  if (!check_case("batch norm: refusals", "no rows, no channels, too many"))
    return;
  apus_batch_norm_plan plan;
  apus_error error;
  check_error("no rows", apus_batch_norm_plan_make(&plan, 0, 4, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("rows -1", apus_batch_norm_plan_make(&plan, -1, 4, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("no channels", apus_batch_norm_plan_make(&plan, 4, 0, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("channels -1", apus_batch_norm_plan_make(&plan, 4, -1, &error), APUS_INVALID_ARGUMENT, &error);
  check_error("huge", apus_batch_norm_plan_make(&plan, INT64_MAX / 2, 16, &error), APUS_OVERFLOW, &error);
  check_error("huge", apus_batch_norm_plan_make(&plan, 16, INT64_MAX, &error), APUS_OVERFLOW, &error);
}

#define FIELD(member, value)                                                                                                     \
  { #member, offsetof(apus_gemm, member), value }
static const bad_field bad_gemm[] = {FIELD(m, -1),  FIELD(n, -1),  FIELD(k, INT64_MIN), FIELD(lda, 5),
                                     FIELD(ldb, 4), FIELD(ldc, 4), FIELD(lda, 0),       FIELD(ldc, -5)};
static const bad_field huge_gemm[] = {FIELD(m, INT64_MAX), FIELD(lda, INT64_MAX), FIELD(ldb, INT64_MAX / 3),
                                      FIELD(ldc, INT64_MAX)};
#undef FIELD

static void expect_gemm(const bad_field *bad, apus_status want) {
  apus_gemm shape = good_gemm;
  apus_gemm_plan plan;
  apus_error error;
  set_field(&shape, bad);
  check_error(bad->name, apus_gemm_plan_make(&plan, &shape, NULL, &error), want, &error);
}

static void check_gemm_plans(void) {
  if (!check_case("gemm: plans", "refusals and what a plan holds"))
    return;
  for (size_t i = 0; i < sizeof bad_gemm / sizeof bad_gemm[0]; i++)
    expect_gemm(&bad_gemm[i], APUS_INVALID_ARGUMENT);
  for (size_t i = 0; i < sizeof huge_gemm / sizeof huge_gemm[0]; i++)
    expect_gemm(&huge_gemm[i], APUS_OVERFLOW);
  apus_gemm transposed = good_gemm; /* A is [k, m] = [6, 4] now: lda 6 is long enough, 3 is not */
  transposed.transpose_a = 1;
  apus_gemm_plan plan;
  apus_error error;
  check_that(apus_gemm_plan_make(&plan, &transposed, NULL, &error) == APUS_OK, "refused: %s", error.text);
  transposed.lda = 3;
  check_error("lda of A transposed", apus_gemm_plan_make(&plan, &transposed, NULL, &error), APUS_INVALID_ARGUMENT, &error);
  const apus_gemm_options unknown = {.precision = (apus_precision)9}, rounds = {.precision = APUS_PRECISION_BF16};
  check_error("precision 9", apus_gemm_plan_make(&plan, &good_gemm, &unknown, &error), APUS_INVALID_ARGUMENT, &error);
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    if (!check_select(isa))
      continue;
    const apus_gemm square = {.m = 512, .n = 512, .k = 512, .lda = 512, .ldb = 512, .ldc = 512};
    check_that(apus_gemm_plan_make(&plan, &square, &rounds, &error) == APUS_OK &&
                   (isa == APUS_ISA_AVX512 || isa == APUS_ISA_REFERENCE ||
                    (plan.implementation != APUS_GEMM_BF16 && plan.reason[APUS_GEMM_BF16])),
               "bfloat16 on a tier without: %s", error.text);
    check_that(apus_gemm_plan_make(&plan, &square, NULL, &error) == APUS_OK && plan.implementation != APUS_GEMM_BF16,
               "bfloat16 unasked");
    check_that(apus_gemm_plan_make(&plan, &good_gemm, NULL, &error) == APUS_OK && plan.isa == isa &&
                   plan.reason[plan.implementation],
               "a good shape: %s", error.text);
    char text[600];
    apus_gemm_plan_describe(&plan, text, sizeof text);
    check_describe(text, sizeof text, apus_gemm_implementation_name(plan.implementation));
    apus_plan_reason reasons[APUS_GEMM_IMPLEMENTATIONS];
    check_reasons(reasons, apus_gemm_plan_reasons(&plan, reasons), apus_gemm_implementation_name(plan.implementation), text);
  }
}

/* ---- APUS_FORCE ------------------------------------------------------------------------------------------------- */

/* What was chosen, or the text of the refusal, must name the implementation that is forced. */
static void expect_forced(const char *forced, const char *operation, apus_status status, const char *answer) {
  const char *word = strstr(forced, operation);
  char name[32] = "";
  if (word)
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + strlen(operation), ","), word + strlen(operation));
  check_that(status == APUS_OK || (status == APUS_UNSUPPORTED && word), "%s status %s", operation, apus_status_name(status));
  check_that(strcmp(name, "nonsense") != 0 || status == APUS_UNSUPPORTED, "%s nonsense is taken for a name", operation);
  check_that(strstr(answer, name) != NULL, "%s %s is answered by %s", operation, name, answer);
}

/* The variable is read once a process, so ctest runs this case in processes of their own. */
static void check_force(void) {
  const char *forced = getenv("APUS_FORCE");
  if (!forced || !check_case("APUS_FORCE", "%s", forced))
    return;
  apus_conv2d_plan conv2d;
  apus_gemm_plan gemm;
  apus_error conv2d_error, gemm_error;
  apus_status conv2d_status = apus_conv2d_plan_make(&conv2d, APUS_CONV2D_FORWARD, &good_conv2d, NULL, &conv2d_error);
  apus_status gemm_status = apus_gemm_plan_make(&gemm, &good_gemm, NULL, &gemm_error);
  expect_forced(forced, strstr(forced, "conv2d:") ? "conv2d:" : "conv:", conv2d_status,
                conv2d_status == APUS_OK ? apus_conv2d_implementation_name(conv2d.implementation) : conv2d_error.text);
  expect_forced(forced, "gemm:", gemm_status,
                gemm_status == APUS_OK ? apus_gemm_implementation_name(gemm.implementation) : gemm_error.text);
}

/* ---- APUS_TUNE -------------------------------------------------------------------------------------------------- */

/* Writes the file that the variable names and plans once: it, too, is read once a process. What it holds is the file's name. */
static void check_tune(void) {
  const char *path = getenv("APUS_TUNE");
  if (!path || !check_case("APUS_TUNE", "%s", path))
    return;
  apus_conv2d_plan plan;
  apus_error error;
  char key[512];
  apus_thread_count_set(2);
  apus_conv2d_plan_force(&plan, APUS_CONV2D_FORWARD, &good_conv2d, NULL, APUS_CONV2D_REFERENCE, NULL);
  check_that(apus_conv2d_tune_key(&plan, key, sizeof key) < (int)sizeof key, "a key is too long");
  FILE *file = strstr(path, "absent") ? NULL : fopen(path, "w");
  if (file && strstr(path, "chosen"))
    fprintf(file, "# measured\n\n%s reference # slow\n", key);
  if (file && strstr(path, "nonsense"))
    fprintf(file, "# measured\n%s nonsense\n", key);
  if (file && strstr(path, "twice"))
    fprintf(file, "%s direct\n%s reference\n", key, key);
  if (file && strstr(path, "declined")) /* no depthwise convolution */
    fprintf(file, "%s depthwise\n", key);
  if (file)
    fclose(file);
  apus_status status = apus_conv2d_plan_make(&plan, APUS_CONV2D_FORWARD, &good_conv2d, NULL, &error);
  if (strstr(path, "chosen")) {
    check_that(status == APUS_OK && plan.implementation == APUS_CONV2D_REFERENCE, "the entry is not taken: %s", error.text);
    status = apus_conv2d_plan_make(&plan, APUS_CONV2D_BACKWARD_DATA, &good_conv2d, NULL, &error);
    check_that(status == APUS_OK && (plan.isa == APUS_ISA_REFERENCE || plan.implementation != APUS_CONV2D_REFERENCE),
               "another pass takes it too: %s", error.text);
  } else {
    check_error(path, status, APUS_INVALID_ARGUMENT, &error);
    const char *place = strstr(path, "absent") ? "" : strstr(path, "nonsense") ? ":2: " : ":1";
    char want[512];
    snprintf(want, sizeof want, "%s%s", path, place);
    check_that(strstr(error.text, want) != NULL, "%s is not named: %s", want, error.text);
  }
  apus_thread_count_set(0);
  remove(path);
}

void check_plans_family(void) {
  check_tune();
  if (getenv("APUS_TUNE"))
    return; /* what follows expects the plan's own choice */
  check_force();
  if (getenv("APUS_FORCE"))
    return; /* what follows expects the plan's own choice */
  check_conv2d_refusals();
  check_windows_that_do_not_fit();
  check_conv2d_sizes();
  check_conv2d_plans();
  check_pool2d_refusals();
  check_batch_norm_refusals();
  check_group_norm_refusals();
  check_gemm_plans();
}
