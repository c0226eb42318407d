/* What callers must keep: each misuse ends a build with assertions, and the text says which rule was broken. */
#ifndef NDEBUG
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Of a child process that runs `body`: what it wrote to standard error. Returns how it ended. */
static int ended_with(void (*body)(void), char *text, size_t size) {
  int ends[2], status = 0;
  text[0] = 0;
  fflush(NULL);
  if (pipe(ends) != 0)
    return 0;
  const pid_t child = fork();
  if (child == 0) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    body();
    _exit(0);
  }
  close(ends[1]);
  size_t used = 0;
  for (ssize_t got; used + 1 < size && (got = read(ends[0], text + used, size - 1 - used)) > 0;)
    used += (size_t)got;
  text[used] = 0;
  close(ends[0]);
  if (child > 0)
    waitpid(child, &status, 0);
  return status;
}

/* `rule`: a part of the assertion. */
static void expect_abort(const char *misuse, void (*body)(void), const char *rule) {
  char text[1024];
  const int status = ended_with(body, text, sizeof text);
  check_that(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(text, rule),
             "%s: ended with %#x and '%.200s', want '%s'", misuse, (unsigned)status, text, rule);
}

static float x[4096], w[4096], y[4096], other[4096];
static _Alignas(64) char scratch[1 << 20];

/* ---- convolution, matrix product ---------------------------------------------------------------------------------- */

static const apus_conv2d shape = {1, 6, 6, 4, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static apus_conv2d_plan planned(apus_conv2d_pass pass, apus_conv2d_options options) {
  apus_conv2d_plan plan;
  apus_conv2d_plan_force(&plan, pass, &shape, &options, APUS_CONV2D_DIRECT, NULL);
  return plan;
}

static void run(apus_conv2d_pass pass, const apus_conv2d_plan *plan, void *memory) {
  if (pass == APUS_CONV2D_FORWARD)
    apus_conv2d_forward(plan, x, w, NULL, y, memory);
  else if (pass == APUS_CONV2D_BACKWARD_DATA)
    apus_conv2d_backward_data(plan, y, w, x, memory);
  else
    apus_conv2d_backward_weights(plan, x, y, w, memory);
}

static apus_conv2d_pass planned_pass, run_pass;

static void another_pass(void) {
  const apus_conv2d_plan plan = planned(planned_pass, (apus_conv2d_options){0});
  run(run_pass, &plan, scratch);
}

static void no_scratch(void) {
  const apus_conv2d_plan plan = planned(run_pass, (apus_conv2d_options){0});
  run(run_pass, &plan, NULL);
}

static void scratch_off_by_eight(void) {
  const apus_conv2d_plan plan = planned(run_pass, (apus_conv2d_options){0});
  run(run_pass, &plan, scratch + 8);
}

static void no_memory_to_pack(void) {
  const apus_conv2d_plan plan = planned(APUS_CONV2D_FORWARD, (apus_conv2d_options){.packed_weights = 1});
  apus_conv2d_pack_weights(&plan, w, NULL);
}

static void mean_without_scale(void) {
  const apus_conv2d_plan plan = planned(APUS_CONV2D_FORWARD, (apus_conv2d_options){0});
  apus_conv2d_forward(&plan, x, w, &(apus_conv2d_epilogue){.mean = other}, y, scratch);
}

static void check_conv2d(int isa) {
  static const char *const passes[] = {"plan->pass == APUS_CONV2D_FORWARD", "plan->pass == APUS_CONV2D_BACKWARD_DATA",
                                       "plan->pass == APUS_CONV2D_BACKWARD_WEIGHTS"};
  if (!check_select(isa) || !check_case("conv2d", "a plan of another pass, memory that was not asked for"))
    return;
  for (int pass = APUS_CONV2D_FORWARD; pass <= APUS_CONV2D_BACKWARD_WEIGHTS; pass++) {
    run_pass = (apus_conv2d_pass)pass;
    planned_pass = (apus_conv2d_pass)((pass + 1) % 3);
    expect_abort("the next pass's plan", another_pass, passes[pass]);
    planned_pass = (apus_conv2d_pass)((pass + 2) % 3);
    expect_abort("the plan of the pass before", another_pass, passes[pass]);
    if (planned(run_pass, (apus_conv2d_options){0}).scratch_bytes == 0)
      continue;
    expect_abort("no scratch", no_scratch, "apus_is_scratch");
    expect_abort("scratch that is not aligned", scratch_off_by_eight, "apus_is_scratch");
  }
  if (planned(APUS_CONV2D_FORWARD, (apus_conv2d_options){.packed_weights = 1}).packed_bytes > 0)
    expect_abort("no memory for packed weights", no_memory_to_pack, "packed");
  expect_abort("a mean without scale and shift", mean_without_scale, "epilogue->scale");
}

static apus_gemm_plan product(int accumulate) {
  const apus_gemm sizes = {.m = 32, .n = 32, .k = 32, .lda = 32, .ldb = 32, .ldc = 32, .accumulate = accumulate};
  apus_gemm_plan plan;
  apus_gemm_plan_make(&plan, &sizes, NULL, NULL);
  return plan;
}

static void product_without_scratch(void) {
  const apus_gemm_plan plan = product(0);
  apus_gemm_run(&plan, x, w, NULL, APUS_ACTIVATION_NONE, y, NULL);
}

static void bias_on_a_sum(void) {
  const apus_gemm_plan plan = product(1);
  apus_gemm_run(&plan, x, w, other, APUS_ACTIVATION_NONE, y, scratch);
}

static void relu_on_a_sum(void) {
  const apus_gemm_plan plan = product(1);
  apus_gemm_run(&plan, x, w, NULL, APUS_ACTIVATION_RELU, y, scratch);
}

static void check_gemm(int isa) {
  if (!check_select(isa) || !check_case("gemm", "no scratch; an epilogue behind a sum that goes on"))
    return;
  if (product(0).scratch_bytes > 0)
    expect_abort("no scratch", product_without_scratch, "apus_is_scratch");
  expect_abort("a bias with accumulate", bias_on_a_sum, "accumulate");
  expect_abort("relu with accumulate", relu_on_a_sum, "accumulate");
}

/* ---- normalization, pooling --------------------------------------------------------------------------------------- */

static apus_batch_norm_backward_arguments norm_arguments(void) {
  return (apus_batch_norm_backward_arguments){.x = x,
                                              .dy = w,
                                              .mean = other,
                                              .mean_rest = other,
                                              .inverse_deviation = other,
                                              .epsilon = 1e-5,
                                              .activation = APUS_ACTIVATION_NONE,
                                              .dgamma = y,
                                              .dbeta = y + 64};
}

static void norm_backward(apus_batch_norm_backward_arguments arguments, void *memory) {
  apus_batch_norm_plan plan;
  apus_batch_norm_plan_make(&plan, 16, 8, NULL);
  apus_batch_norm_backward(&plan, &arguments, memory);
}

static void norm_without_rest(void) {
  apus_batch_norm_backward_arguments arguments = norm_arguments();
  arguments.mean_rest = NULL;
  norm_backward(arguments, scratch);
}

static void norm_without_scratch(void) { norm_backward(norm_arguments(), NULL); }

static void norm_without_mask(void) {
  apus_batch_norm_backward_arguments arguments = norm_arguments();
  arguments.activation = APUS_ACTIVATION_RELU;
  norm_backward(arguments, scratch);
}

static void norm_without_scale(void) {
  apus_batch_norm_plan plan;
  apus_batch_norm_plan_make(&plan, 16, 8, NULL);
  apus_batch_norm_apply(&plan, x, &(apus_batch_norm_map){.mean = other}, y);
}

static void groups_without_mean(void) {
  apus_group_norm_plan plan;
  apus_group_norm_plan_make(&plan, 2, 8, 8, 2, NULL);
  apus_group_norm_forward(&plan, &(apus_group_norm_forward_arguments){.x = x, .epsilon = 1e-5, .y = y}, scratch);
}

static void groups_without_gradients(void) {
  apus_group_norm_plan plan;
  apus_group_norm_plan_make(&plan, 2, 8, 8, 2, NULL);
  const apus_group_norm_backward_arguments arguments = {
      .x = x, .dy = w, .mean = other, .mean_rest = other, .inverse_deviation = other, .epsilon = 1e-5};
  apus_group_norm_backward(&plan, &arguments, scratch);
}

static void responses_in_place(void) {
  apus_local_response_norm_plan plan;
  apus_local_response_norm_plan_make(&plan, 16, 8, 5, 1e-4f, 0.75f, 2, NULL);
  apus_local_response_norm_forward(&plan, x, x, scratch);
}

static void check_norms(int isa) {
  if (!check_select(isa) || !check_case("normalization", "arguments that are missing, results in place of operands"))
    return;
  expect_abort("no mean_rest", norm_without_rest, "mean_rest");
  expect_abort("no scratch", norm_without_scratch, "apus_is_scratch");
  expect_abort("relu without y, scale and shift", norm_without_mask, "activation != APUS_ACTIVATION_RELU");
  expect_abort("no scale", norm_without_scale, "map->scale");
  expect_abort("no memory for the means", groups_without_mean, "mean");
  expect_abort("no memory for dgamma and dbeta", groups_without_gradients, "dgamma");
  expect_abort("y in x", responses_in_place, "x != y");
}

static void pool_without_mask(void) {
  apus_pool2d_plan plan;
  apus_pool2d_plan_make(&plan, &(apus_pool2d){1, 4, 4, 8, 2, 2, 2, 2, 0, 0, 0, 0, 0}, NULL);
  apus_max_pool2d_backward(&plan, y, NULL, x);
}

static void check_pool2d(int isa) {
  if (check_select(isa) && check_case("pool2d", "no mask"))
    expect_abort("max pooling's backward without a mask", pool_without_mask, "mask");
}

void check_contracts_family(void) {
  for (int isa = 0; isa < APUS_ISA_COUNT; isa++) {
    check_conv2d(isa);
    check_gemm(isa);
    check_norms(isa);
    check_pool2d(isa);
  }
}
#endif
