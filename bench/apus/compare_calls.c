/* Our kernels as calls that compare-pytorch makes through ctypes: a case is made once, with its plan and scratch, and run on
 * the caller's buffers. A library of its own, so that no layout of ours is repeated in Python. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apus/apus.h"

typedef struct compare_case {
  void (*run)(struct compare_case *c, float *const *buffers);
  const char *implementation;
  void *scratch;
  apus_conv2d_plan conv2d;
  apus_gemm_plan gemm;
  apus_batch_norm_plan norm;
  apus_group_norm_plan group;
  apus_local_response_norm_plan local;
  apus_pool2d_plan pool2d;
  apus_nonlinearity function;
  int64_t count;
  float parameter;
  uint8_t *mask;
  float *vectors[6]; /* of the channels */
} compare_case;

void compare_free(compare_case *c) {
  apus_free(c->scratch);
  apus_free(c->mask);
  for (int i = 0; i < 5; i++)
    apus_free(c->vectors[i]);
  free(c);
}

static compare_case *made(compare_case *c, apus_status status, size_t scratch_bytes) {
  if (status == APUS_OK && (c->scratch = apus_alloc(scratch_bytes)))
    return c;
  compare_free(c);
  return NULL;
}

/* ---- convolution: buffers are x, w, dy and the result ------------------------------------------------------------- */

static void run_conv2d(compare_case *c, float *const *b) {
  if (c->conv2d.pass == APUS_CONV2D_FORWARD)
    apus_conv2d_forward(&c->conv2d, b[0], b[1], NULL, b[3], c->scratch);
  else if (c->conv2d.pass == APUS_CONV2D_BACKWARD_DATA)
    apus_conv2d_backward_data(&c->conv2d, b[2], b[1], b[3], c->scratch);
  else
    apus_conv2d_backward_weights(&c->conv2d, b[0], b[2], b[3], c->scratch);
}

/* batch, in channels, height = width, out channels, kernel, stride, padding, dilation, groups */
compare_case *compare_conv2d(const int64_t *n, int pass, int precision, apus_error *error) {
  const apus_conv2d_options options = {.precision = (apus_precision)precision};
  const apus_conv2d shape = {.batch = n[0],
                             .height = n[2],
                             .width = n[2],
                             .in_channels = n[1],
                             .out_channels = n[3],
                             .kernel_h = n[4],
                             .kernel_w = n[4],
                             .stride_h = n[5],
                             .stride_w = n[5],
                             .dilation_h = n[7],
                             .dilation_w = n[7],
                             .pad_top = n[6],
                             .pad_left = n[6],
                             .pad_bottom = n[6],
                             .pad_right = n[6],
                             .groups = n[8]};
  compare_case *c = calloc(1, sizeof *c);
  c->run = run_conv2d;
  const apus_status status = apus_conv2d_plan_make(&c->conv2d, (apus_conv2d_pass)pass, &shape, &options, error);
  c->implementation = apus_conv2d_implementation_name(c->conv2d.implementation);
  return made(c, status, c->conv2d.scratch_bytes);
}

/* ---- matrix product: a, b and the result -------------------------------------------------------------------------- */

static void run_gemm(compare_case *c, float *const *b) {
  apus_gemm_run(&c->gemm, b[0], b[1], NULL, APUS_ACTIVATION_NONE, b[2], c->scratch);
}

/* m, n, k, whether A and B are transposed */
compare_case *compare_gemm(const int64_t *n, apus_error *error) {
  const int ta = n[3] != 0, tb = n[4] != 0;
  const apus_gemm shape = {.m = n[0],
                           .n = n[1],
                           .k = n[2],
                           .lda = ta ? n[0] : n[2],
                           .ldb = tb ? n[2] : n[1],
                           .ldc = n[1],
                           .transpose_a = ta,
                           .transpose_b = tb};
  compare_case *c = calloc(1, sizeof *c);
  c->run = run_gemm;
  const apus_status status = apus_gemm_plan_make(&c->gemm, &shape, NULL, error);
  c->implementation = apus_gemm_implementation_name(c->gemm.implementation);
  return made(c, status, c->gemm.scratch_bytes);
}

/* ---- OpenBLAS on its own threads, beside the first peer's products; the same sizes and buffers ----------------------- */

#ifdef APUS_OPENBLAS
/* As csrc/openblas/openblas.c has them. */
extern void cblas_sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                        const float *b, int ldb, float beta, float *c, int ldc);
extern void openblas_set_num_threads(int count);
extern char *openblas_get_config(void);
extern char *openblas_get_corename(void);
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

static void run_openblas(compare_case *c, float *const *b) {
  const apus_gemm *s = &c->gemm.shape;
  openblas_set_num_threads(apus_thread_count());
  cblas_sgemm(ROW_MAJOR, s->transpose_a ? TRANSPOSE : NO_TRANSPOSE, s->transpose_b ? TRANSPOSE : NO_TRANSPOSE, (int)s->m,
              (int)s->n, (int)s->k, 1, b[0], (int)s->lda, b[1], (int)s->ldb, 0, b[2], (int)s->ldc);
  openblas_set_num_threads(1); /* as the library has it */
}

compare_case *compare_openblas(const int64_t *n, apus_error *error) {
  compare_case *c = compare_gemm(n, error);
  if (c)
    c->run = run_openblas;
  return c;
}

const char *compare_openblas_version(void) {
  static char text[256];
  snprintf(text, sizeof text, "%s, kernels for %s", openblas_get_config(), openblas_get_corename());
  return text;
}
#else
compare_case *compare_openblas(const int64_t *n, apus_error *error) {
  (void)n, (void)error;
  return NULL;
}

const char *compare_openblas_version(void) { return ""; }
#endif

#define EPSILON 1e-5

/* ---- batch norm and ReLU: x, gamma, beta, y; backward: x, gamma, beta, dy, dx, dgamma, dbeta ------------------------- */

static void statistics(compare_case *c, const float *x) {
  apus_batch_norm_statistics(&c->norm, x, EPSILON, c->vectors[0], c->vectors[5], c->vectors[1], c->vectors[4], c->scratch);
}

static void run_norm_forward(compare_case *c, float *const *b) {
  statistics(c, b[0]);
  apus_batch_norm_fold(c->norm.channels, c->vectors[5], c->vectors[4], b[1], b[2], c->vectors[2], c->vectors[3]);
  const apus_batch_norm_map map = {c->vectors[0], c->vectors[2], c->vectors[3], NULL, APUS_ACTIVATION_RELU};
  apus_batch_norm_apply(&c->norm, b[0], &map, b[3]);
}

/* scale and shift instead of y: the mask comes from x. */
static void run_norm_backward(compare_case *c, float *const *b) {
  apus_batch_norm_fold(c->norm.channels, c->vectors[5], c->vectors[4], b[1], b[2], c->vectors[2], c->vectors[3]);
  const apus_batch_norm_backward_arguments arguments = {.x = b[0],
                                                        .dy = b[3],
                                                        .mean = c->vectors[0],
                                                        .mean_rest = c->vectors[5],
                                                        .inverse_deviation = c->vectors[4],
                                                        .scale = c->vectors[2],
                                                        .shift = c->vectors[3],
                                                        .gamma = b[1],
                                                        .epsilon = EPSILON,
                                                        .activation = APUS_ACTIVATION_RELU,
                                                        .dx = b[4],
                                                        .dgamma = b[5],
                                                        .dbeta = b[6]};
  apus_batch_norm_backward(&c->norm, &arguments, c->scratch);
}

/* rows, channels. Backward takes the statistics of x: a training step has them from the forward pass. */
compare_case *compare_batch_norm(const int64_t *n, int backward, const float *x, apus_error *error) {
  compare_case *c = calloc(1, sizeof *c);
  c->run = backward ? run_norm_backward : run_norm_forward;
  c->implementation = "";
  const apus_status status = apus_batch_norm_plan_make(&c->norm, n[0], n[1], error);
  for (int i = 0; i < 6; i++)
    c->vectors[i] = apus_alloc((size_t)n[1] * sizeof(float));
  c = made(c, status, c->norm.scratch_bytes);
  if (c && backward)
    statistics(c, x);
  return c;
}

/* ---- group norm and ReLU: x, gamma, beta, y; backward: x, gamma, beta, dy, dx, dgamma, dbeta ------------------------- */

static void run_group_forward(compare_case *c, float *const *b) {
  const apus_group_norm_forward_arguments arguments = {.x = b[0],
                                                       .gamma = b[1],
                                                       .beta = b[2],
                                                       .epsilon = EPSILON,
                                                       .activation = APUS_ACTIVATION_RELU,
                                                       .y = b[3],
                                                       .mean = c->vectors[0],
                                                       .mean_rest = c->vectors[2],
                                                       .inverse_deviation = c->vectors[1]};
  apus_group_norm_forward(&c->group, &arguments, c->scratch);
}

static void run_group_backward(compare_case *c, float *const *b) {
  const apus_group_norm_backward_arguments arguments = {.x = b[0],
                                                        .dy = b[3],
                                                        .mean = c->vectors[0],
                                                        .mean_rest = c->vectors[2],
                                                        .inverse_deviation = c->vectors[1],
                                                        .gamma = b[1],
                                                        .beta = b[2],
                                                        .epsilon = EPSILON,
                                                        .activation = APUS_ACTIVATION_RELU,
                                                        .dx = b[4],
                                                        .dgamma = b[5],
                                                        .dbeta = b[6]};
  apus_group_norm_backward(&c->group, &arguments, c->scratch);
}

/* batch, positions, channels, groups. Backward takes the statistics of x. */
compare_case *compare_group_norm(const int64_t *n, int backward, const float *x, apus_error *error) {
  compare_case *c = calloc(1, sizeof *c);
  c->run = backward ? run_group_backward : run_group_forward;
  c->implementation = "";
  const apus_status status = apus_group_norm_plan_make(&c->group, n[0], n[1], n[2], n[3], error);
  for (int i = 0; i < 3; i++)
    c->vectors[i] = apus_alloc((size_t)(n[0] * n[3]) * sizeof(float));
  c = made(c, status, c->group.scratch_bytes);
  float *y = c && backward ? apus_alloc((size_t)(n[0] * n[1] * n[2]) * sizeof(float)) : NULL;
  const apus_group_norm_forward_arguments arguments = {.x = x,
                                                       .epsilon = EPSILON,
                                                       .y = y,
                                                       .mean = c ? c->vectors[0] : NULL,
                                                       .mean_rest = c ? c->vectors[2] : NULL,
                                                       .inverse_deviation = c ? c->vectors[1] : NULL};
  if (y)
    apus_group_norm_forward(&c->group, &arguments, c->scratch);
  apus_free(y);
  return c;
}

/* ---- local response norm: x, y; backward: x, dy, dx ----------------------------------------------------------------- */

static void run_local_forward(compare_case *c, float *const *b) {
  apus_local_response_norm_forward(&c->local, b[0], b[1], c->scratch);
}

static void run_local_backward(compare_case *c, float *const *b) {
  apus_local_response_norm_backward(&c->local, b[0], b[1], b[2], c->scratch);
}

/* rows, channels, size; AlexNet's other numbers */
compare_case *compare_local_response_norm(const int64_t *n, int backward, apus_error *error) {
  compare_case *c = calloc(1, sizeof *c);
  c->run = backward ? run_local_backward : run_local_forward;
  c->implementation = "";
  const apus_status status = apus_local_response_norm_plan_make(&c->local, n[0], n[1], n[2], 5e-4f, 0.75f, 2, error);
  return made(c, status, c->local.scratch_bytes);
}

/* ---- max pooling: x, y; backward: dy, dx -------------------------------------------------------------------------- */

static void run_max_forward(compare_case *c, float *const *b) { apus_max_pool2d_forward(&c->pool2d, b[0], b[1], c->mask); }
static void run_max_backward(compare_case *c, float *const *b) { apus_max_pool2d_backward(&c->pool2d, b[0], c->mask, b[1]); }

/* batch, height = width, channels, kernel, stride, padding */
compare_case *compare_max_pool2d(const int64_t *n, int backward, const float *x, apus_error *error) {
  const apus_pool2d shape = {.batch = n[0],
                             .height = n[1],
                             .width = n[1],
                             .channels = n[2],
                             .kernel_h = n[3],
                             .kernel_w = n[3],
                             .stride_h = n[4],
                             .stride_w = n[4],
                             .pad_top = n[5],
                             .pad_left = n[5],
                             .pad_bottom = n[5],
                             .pad_right = n[5]};
  compare_case *c = calloc(1, sizeof *c);
  c->run = backward ? run_max_backward : run_max_forward;
  c->implementation = "";
  const apus_status status = apus_pool2d_plan_make(&c->pool2d, &shape, error);
  const size_t outputs = (size_t)(n[0] * c->pool2d.out_h * c->pool2d.out_w * n[2]);
  c->mask = apus_alloc(outputs);
  c = made(c, status, backward ? outputs * sizeof(float) : 0);
  if (c && backward) /* for the mask; y is of no interest */
    apus_max_pool2d_forward(&c->pool2d, x, c->scratch, c->mask);
  return c;
}

/* ---- activation functions: x, y; backward: x or y as the function reads, dy, dx ------------------------------------- */

static void run_function_forward(compare_case *c, float *const *b) {
  apus_nonlinearity_forward(c->function, c->count, c->parameter, 0, b[0], b[1]);
}

static void run_function_backward(compare_case *c, float *const *b) {
  apus_nonlinearity_backward(c->function, c->count, c->parameter, 0, b[0], b[1], b[2]);
}

/* apus_nonlinearity, elements, the parameter in thousandths */
compare_case *compare_activation(const int64_t *n, int backward, apus_error *error) {
  (void)error;
  compare_case *c = calloc(1, sizeof *c);
  c->run = backward ? run_function_backward : run_function_forward;
  c->implementation = "";
  c->function = (apus_nonlinearity)n[0];
  c->count = n[1];
  c->parameter = (float)n[2] / 1000;
  return made(c, APUS_OK, 0);
}

/* ---- all ------------------------------------------------------------------------------------------------------------ */

void compare_run(compare_case *c, float *const *buffers) { c->run(c, buffers); }
const char *compare_implementation(const compare_case *c) { return c->implementation; }
void compare_threads(int count) { apus_thread_count_set(count); }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void spin(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  volatile uint64_t *sink = context;
  for (int64_t i = begin; i < end; i++) {
    uint64_t x = (uint64_t)i + 1;
    for (int k = 0; k < 200000; k++) /* one chain: its time is the clock's alone */
      x = x * 6364136223846793005u + 1442695040888963407u;
    sink[i * 8] = x;
  }
}

/* Milliseconds of a fixed amount of arithmetic on every thread at once: longer where another process has a core. */
double compare_probe(void) {
  static uint64_t sink[8 * APUS_MAX_THREADS];
  const double start = now();
  apus_parallel_for(apus_thread_count(), 1, spin, sink);
  return 1e3 * (now() - start);
}
