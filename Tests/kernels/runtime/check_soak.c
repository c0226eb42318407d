/* Ten thousand steps over changing sizes: planning and running must leave nothing behind. */
#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <unistd.h>
#endif

#include "calls.h"
#include "check.h"
#include "runtime/hooks.h"
#include "runtime/simd/unroll.h" /* APUS_SANITIZED */

enum { STEPS = 10000, WARM_UP = 1000, MOST = 1 << 16 };

/* Pages of the process that are in memory, in bytes; 0 where the system does not say. */
static int64_t resident_bytes(void) {
  long long pages = 0;
#ifdef __linux__
  FILE *file = fopen("/proc/self/statm", "r");
  if (file && fscanf(file, "%*d %lld", &pages) != 1)
    pages = 0;
  if (file)
    fclose(file);
  pages *= sysconf(_SC_PAGESIZE);
#endif
  return pages;
}

typedef struct soak {
  float *x, *w, *y, *dy, *vectors;
  uint8_t *mask;
} soak;

static void *scratch_of(size_t bytes) {
  void *scratch = apus_alloc(bytes);
  if (!scratch) {
    fprintf(stderr, "apus-check: out of memory (%zu bytes)\n", bytes);
    exit(2);
  }
  return scratch;
}

static void step_conv2d(const soak *s) {
  apus_conv2d shape = {.batch = check_random_int(1, 3),
                       .height = check_random_int(3, 12),
                       .width = check_random_int(3, 12),
                       .in_channels = check_random_int(1, 20),
                       .out_channels = check_random_int(1, 20),
                       .kernel_h = 3,
                       .kernel_w = check_random_int(1, 3),
                       .stride_h = check_random_int(1, 2),
                       .stride_w = 1,
                       .dilation_h = 1,
                       .dilation_w = 1,
                       .pad_top = 1,
                       .pad_bottom = 1,
                       .groups = 1};
  for (int pass = 0; pass < 3; pass++) {
    apus_conv2d_plan plan;
    if (apus_conv2d_plan_make(&plan, (apus_conv2d_pass)pass, &shape, NULL, NULL) != APUS_OK)
      continue;
    void *scratch = scratch_of(plan.scratch_bytes);
    call_conv2d(&(conv2d_call){.plan = plan, .x = s->x, .w = s->w, .dy = s->dy, .out = s->y, .scratch = scratch});
    apus_free(scratch);
  }
}

static void step_gemm(const soak *s) {
  const int64_t m = check_random_int(1, 60), n = check_random_int(1, 60), k = check_random_int(1, 60);
  const apus_gemm shape = {.m = m, .n = n, .k = k, .lda = k, .ldb = n, .ldc = n};
  apus_gemm_plan plan;
  if (apus_gemm_plan_make(&plan, &shape, NULL, NULL) != APUS_OK)
    return;
  void *scratch = scratch_of(plan.scratch_bytes);
  apus_gemm_run(&plan, s->x, s->w, s->vectors, APUS_ACTIVATION_RELU, s->y, scratch);
  apus_free(scratch);
}

static void step_rows(const soak *s) {
  const int64_t rows = check_random_int(1, 200), channels = check_random_int(1, 70);
  apus_batch_norm_plan plan;
  if (apus_batch_norm_plan_make(&plan, rows, channels, NULL) != APUS_OK)
    return;
  void *scratch = scratch_of(plan.scratch_bytes);
  apus_batch_norm_statistics(&plan, s->x, 1e-5, s->vectors, s->vectors + channels, s->vectors + 2 * channels,
                             s->vectors + 3 * channels, scratch);
  apus_free(scratch);
  scratch = scratch_of(apus_bias_activation_backward_scratch(rows, channels));
  apus_bias_activation_backward(rows, channels, s->x, s->dy, APUS_ACTIVATION_RELU, s->y, s->vectors, scratch);
  apus_free(scratch);
}

static void step_pool2d(const soak *s) {
  const apus_pool2d shape = {.batch = check_random_int(1, 3),
                             .height = check_random_int(3, 20),
                             .width = check_random_int(3, 20),
                             .channels = check_random_int(1, 40),
                             .kernel_h = 3,
                             .kernel_w = 2,
                             .stride_h = check_random_int(1, 3),
                             .stride_w = check_random_int(1, 3)};
  apus_pool2d_plan plan;
  if (apus_pool2d_plan_make(&plan, &shape, NULL) != APUS_OK)
    return;
  apus_max_pool2d_forward(&plan, s->x, s->y, s->mask);
  apus_max_pool2d_backward(&plan, s->dy, s->mask, s->y);
}

void check_soak_family(void) {
  if (!check_case("changing sizes", "%d steps", (int)STEPS))
    return;
  soak s = {.x = check_input(MOST), .w = check_input(MOST), .dy = check_input(MOST), .y = check_output(MOST, NULL)};
  s.vectors = check_output(MOST, NULL);
  s.mask = check_output_bytes(MOST);
  check_fill(s.x, MOST);
  check_fill(s.w, MOST);
  check_fill(s.dy, MOST);
  int64_t before = 0;
  for (int step = 0; step < STEPS; step++) {
    if (step == WARM_UP)
      before = resident_bytes();
    apus_thread_count_set((int)check_random_int(1, 3));
    apus_parallel_ignore_grain(step % 2);
    step_conv2d(&s);
    step_gemm(&s);
    step_rows(&s);
    step_pool2d(&s);
  }
  apus_thread_count_set(0);
  apus_parallel_ignore_grain(0);
  /* Sanitizers keep what was freed for a while. */
#ifdef APUS_SANITIZED
  const int64_t allowed = INT64_MAX;
#else
  const int64_t allowed = 2 << 20;
#endif
  const int64_t grown = resident_bytes() - before;
  check_that(grown <= allowed, "the resident memory grew by %lld KB in %d steps", (long long)(grown >> 10), STEPS - WARM_UP);
}
