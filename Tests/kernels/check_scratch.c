/* What plans ask for. Planning only: nothing of these sizes is ever allocated. */
#include <stdio.h>

#include "conv/check_conv2d.h"

#define MOST_BYTES_A_THREAD ((size_t)64 << 20)

static const char *const pass_names[] = {"forward", "backward data", "backward weights"};

static void expect_bounded(const char *what, const char *implementation, size_t bytes, int threads) {
  check_that(bytes <= MOST_BYTES_A_THREAD * (size_t)threads, "%s by %s asks for %.1f MB of scratch on %d threads", what,
             implementation, (double)bytes / (1 << 20), threads);
}

static void expect_bounded_conv2d(const apus_conv2d *shape, int threads) {
  for (int precision = APUS_PRECISION_DEFAULT; precision <= APUS_PRECISION_BF16; precision++)
    for (int pass = 0; pass < 3; pass++)
      for (int i = 0; i < APUS_CONV2D_IMPLEMENTATIONS; i++) {
        const apus_conv2d_options options = {.accumulate = pass != APUS_CONV2D_FORWARD, .precision = (apus_precision)precision};
        apus_conv2d_plan plan;
        if (apus_conv2d_plan_force(&plan, (apus_conv2d_pass)pass, shape, &options, (apus_conv2d_implementation)i, NULL) ==
            APUS_OK)
          expect_bounded(pass_names[pass], apus_conv2d_implementation_name((apus_conv2d_implementation)i), plan.scratch_bytes,
                         threads);
      }
}

/* Few bits at first and up to `bits`, so that every magnitude occurs. */
static int64_t any_size(int bits) { return check_random_int(1, ((int64_t)1 << check_random_int(0, bits)) + 1); }

static apus_conv2d any_conv2d(void) {
  static const int64_t kernels[] = {1, 2, 3, 3, 3, 5, 7, 11, 31, 200};
  apus_conv2d s = {.batch = any_size(16),
                   .height = any_size(14),
                   .width = any_size(14),
                   .groups = check_random_int(0, 3) ? 1 : any_size(10),
                   .kernel_h = kernels[check_random_int(0, 9)],
                   .kernel_w = kernels[check_random_int(0, 9)],
                   .stride_h = check_random_int(0, 1) ? 1 : check_random_int(1, 4),
                   .stride_w = check_random_int(0, 1) ? 1 : check_random_int(1, 4),
                   .dilation_h = check_random_int(0, 2) ? 1 : check_random_int(1, 4),
                   .dilation_w = check_random_int(0, 2) ? 1 : check_random_int(1, 4)};
  if (check_random_int(0, 1)) { /* what most layers are */
    s.kernel_h = s.kernel_w = 3;
    s.stride_h = s.stride_w = s.dilation_h = s.dilation_w = 1;
  }
  s.in_channels = s.groups * any_size(13);
  s.out_channels = s.groups * any_size(13);
  s.pad_top = s.pad_bottom = s.kernel_h / 2;
  s.pad_left = s.pad_right = s.kernel_w / 2;
  return s;
}

static void check_conv2d_scratch(void) {
  static const int threads[] = {1, 2, 3, 16, APUS_MAX_THREADS};
  for (int64_t i = 0; i < 200 * check_chosen.cases; i++) {
    char name[40], text[256];
    snprintf(name, sizeof name, "conv2d %lld", (long long)i);
    if (!check_case(name, "a random shape"))
      continue;
    const apus_conv2d s = any_conv2d();
    conv2d_shape_text(&s, text, sizeof text);
    check_case(name, "%s", text);
    apus_thread_count_set(threads[i % 5]);
    for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
      if (check_select(isa))
        expect_bounded_conv2d(&s, apus_thread_count());
  }
  apus_thread_count_set(0);
}

static void check_gemm_scratch(void) {
  static const int threads[] = {1, 2, 3, 16, APUS_MAX_THREADS};
  for (int64_t i = 0; i < 200 * check_chosen.cases; i++) {
    char name[40];
    snprintf(name, sizeof name, "gemm %lld", (long long)i);
    if (!check_case(name, "a random shape"))
      continue;
    apus_gemm s = {.m = any_size(22), .n = any_size(22), .k = any_size(22), .accumulate = (int)check_random_int(0, 1)};
    s.transpose_a = (int)check_random_int(0, 1);
    s.transpose_b = (int)check_random_int(0, 1);
    s.lda = s.transpose_a ? s.m : s.k;
    s.ldb = s.transpose_b ? s.k : s.n;
    s.ldc = s.n;
    check_case(name, "m %lld n %lld k %lld, transposed %d %d", (long long)s.m, (long long)s.n, (long long)s.k, s.transpose_a,
               s.transpose_b);
    apus_thread_count_set(threads[i % 5]);
    for (int isa = 0; isa < APUS_ISA_COUNT; isa++)
      for (int j = 0; j < APUS_GEMM_IMPLEMENTATIONS && check_select(isa); j++) {
        apus_gemm_plan plan;
        const apus_gemm_options options = {.precision = j == APUS_GEMM_BF16 ? APUS_PRECISION_BF16 : APUS_PRECISION_DEFAULT};
        if (apus_gemm_plan_force(&plan, &s, &options, (apus_gemm_implementation)j, NULL) == APUS_OK)
          expect_bounded("gemm", apus_gemm_implementation_name((apus_gemm_implementation)j), plan.scratch_bytes,
                         apus_thread_count());
      }
  }
  apus_thread_count_set(0);
}

static void check_norm_scratch(void) {
  if (!check_case("batch norm and bias", "random rows and channels, up to 4 million and 1 million"))
    return;
  apus_thread_count_set(1);
  for (int64_t i = 0; i < 200 * check_chosen.cases; i++) {
    const int64_t rows = any_size(22), channels = any_size(20);
    apus_batch_norm_plan plan;
    char what[80];
    snprintf(what, sizeof what, "%lld rows of %lld channels", (long long)rows, (long long)channels);
    if (apus_batch_norm_plan_make(&plan, rows, channels, NULL) == APUS_OK)
      expect_bounded(what, "batch norm", plan.scratch_bytes, 1);
    apus_group_norm_plan group;
    for (int64_t positions = 1; positions <= 64; positions *= 8)
      if (apus_group_norm_plan_make(&group, (rows + positions - 1) / positions, positions, channels, 1, NULL) == APUS_OK)
        expect_bounded(what, "group norm", group.scratch_bytes, 1);
    expect_bounded(what, "the bias' gradient", apus_bias_activation_backward_scratch(rows, channels), 1);
  }
  apus_thread_count_set(0);
}

void check_scratch_family(void) {
  check_conv2d_scratch();
  check_gemm_scratch();
  check_norm_scratch();
}
