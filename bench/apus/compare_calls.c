/* Our kernels as calls that compare-pytorch makes through ctypes: a case is made once, with its plan and scratch, and run on
 * the caller's buffers. A library of its own, so that no layout of ours is repeated in Python. */
#define _POSIX_C_SOURCE 200112L /* clock_gettime */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calls.h"

#define EPSILON 1e-5
enum { MOST_BUFFERS = 7, MOST_MEMORY = 7 };

typedef struct activation_call {
  apus_nonlinearity function;
  int64_t count;
  float parameter;
  const float *v, *dy;
  float *out;
} activation_call;

/* A call, its members that point to the caller's buffers, and memory of its own. */
typedef struct compare_case {
  void (*run)(void *call);
  union {
    conv2d_call conv2d;
    gemm_call gemm;
    batch_norm_call batch_norm;
    group_norm_call group_norm;
    local_response_norm_call response;
    pool2d_call pool2d;
    activation_call activation;
  } call;
  const char *implementation;
  void *members[MOST_BUFFERS]; /* where the pointers are, in the buffers' order; NULL behind the last */
  void *memory[MOST_MEMORY];
} compare_case;

void compare_free(compare_case *c) {
  for (int i = 0; i < MOST_MEMORY; i++)
    apus_free(c->memory[i]);
  free(c);
}

/* Memory that goes with the case. */
static void *memory(compare_case *c, size_t bytes) {
  int i = 0;
  while (c->memory[i])
    i++;
  if (!(c->memory[i] = apus_alloc(bytes))) {
    fprintf(stderr, "compare-pytorch: error: out of memory\n");
    exit(2);
  }
  return c->memory[i];
}

static compare_case *made(compare_case *c, apus_status status) {
  if (status == APUS_OK)
    return c;
  compare_free(c);
  return NULL;
}

static compare_case *begin(void (*run)(void *call)) {
  compare_case *c = calloc(1, sizeof *c);
  c->run = run;
  c->implementation = "";
  return c;
}

/* ---- convolution: buffers are x, w, dy and the result ------------------------------------------------------------- */

compare_case *compare_conv2d(const int64_t *n, int pass, int precision, apus_error *error) {
  const apus_conv2d_options options = {.precision = (apus_precision)precision};
  const bench_shape line = shape_of("conv2d", n);
  const apus_conv2d shape = call_conv2d_shape(&line);
  compare_case *c = begin(call_conv2d);
  conv2d_call *call = &c->call.conv2d;
  const apus_status status = apus_conv2d_plan_make(&call->plan, (apus_conv2d_pass)pass, &shape, &options, error);
  c->implementation = apus_conv2d_implementation_name(call->plan.implementation);
  c->members[0] = &call->x, c->members[1] = &call->w, c->members[2] = &call->dy, c->members[3] = &call->out;
  call->scratch = memory(c, call->plan.scratch_bytes);
  return made(c, status);
}

/* ---- matrix product: a, b and the result -------------------------------------------------------------------------- */

compare_case *compare_gemm(const int64_t *n, apus_error *error) {
  const bench_shape line = shape_of("gemm", n);
  const apus_gemm shape = call_gemm_shape(&line);
  compare_case *c = begin(call_gemm);
  gemm_call *call = &c->call.gemm;
  const apus_status status = apus_gemm_plan_make(&call->plan, &shape, NULL, error);
  c->implementation = apus_gemm_implementation_name(call->plan.implementation);
  c->members[0] = &call->a, c->members[1] = &call->b, c->members[2] = &call->c;
  call->scratch = memory(c, call->plan.scratch_bytes);
  return made(c, status);
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

static void run_openblas(void *context) {
  const gemm_call *call = context;
  const apus_gemm *s = &call->plan.shape;
  openblas_set_num_threads(apus_thread_count());
  cblas_sgemm(ROW_MAJOR, s->transpose_a ? TRANSPOSE : NO_TRANSPOSE, s->transpose_b ? TRANSPOSE : NO_TRANSPOSE, (int)s->m,
              (int)s->n, (int)s->k, 1, call->a, (int)s->lda, call->b, (int)s->ldb, 0, call->c, (int)s->ldc);
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

/* ---- batch norm and ReLU: x, gamma, beta, y; backward: x, gamma, beta, dy, dx, dgamma, dbeta ------------------------- */

/* scale and shift instead of y: the mask comes from x. */
static void run_batch_norm_backward(void *call) {
  call_batch_norm_fold(call);
  call_batch_norm_backward(call);
}

/* rows, channels. Backward takes the statistics of x: a training step has them from the forward pass. */
compare_case *compare_batch_norm(const int64_t *n, int backward, const float *x, apus_error *error) {
  compare_case *c = begin(backward ? run_batch_norm_backward : call_batch_norm_forward);
  batch_norm_call *call = &c->call.batch_norm;
  const size_t bytes = (size_t)n[1] * sizeof(float);
  const apus_status status = apus_batch_norm_plan_make(&call->plan, n[0], n[1], error);
  call->epsilon = EPSILON, call->activation = APUS_ACTIVATION_RELU;
  call->mean = call->out_mean = memory(c, bytes);
  call->rest = call->out_rest = memory(c, bytes);
  call->inverse = call->out_inverse = memory(c, bytes);
  call->scale = call->out_scale = memory(c, bytes);
  call->shift = call->out_shift = memory(c, bytes);
  call->out_variance = memory(c, bytes);
  c->members[0] = &call->x, c->members[1] = &call->gamma, c->members[2] = &call->beta;
  c->members[3] = backward ? (void *)&call->dy : &call->out;
  if (backward)
    c->members[4] = &call->out, c->members[5] = &call->dgamma, c->members[6] = &call->dbeta;
  call->scratch = memory(c, call->plan.scratch_bytes);
  c = made(c, status);
  if (c && backward) {
    call->x = x;
    call_batch_norm_statistics(call);
  }
  return c;
}

/* ---- group norm and ReLU: x, gamma, beta, y; backward: x, gamma, beta, dy, dx, dgamma, dbeta ------------------------- */

/* batch, positions, channels, groups. Backward takes the statistics of x. */
compare_case *compare_group_norm(const int64_t *n, int backward, const float *x, apus_error *error) {
  compare_case *c = begin(backward ? call_group_norm_backward : call_group_norm_forward);
  group_norm_call *call = &c->call.group_norm;
  const size_t bytes = (size_t)(n[0] * n[3]) * sizeof(float);
  const apus_status status = apus_group_norm_plan_make(&call->plan, n[0], n[1], n[2], n[3], error);
  call->epsilon = EPSILON;
  call->mean = call->out_mean = memory(c, bytes);
  call->rest = call->out_rest = memory(c, bytes);
  call->inverse = call->out_inverse = memory(c, bytes);
  c->members[0] = &call->x, c->members[1] = &call->gamma, c->members[2] = &call->beta;
  c->members[3] = backward ? (void *)&call->dy : &call->out;
  if (backward)
    c->members[4] = &call->out, c->members[5] = &call->dgamma, c->members[6] = &call->dbeta;
  call->scratch = memory(c, call->plan.scratch_bytes);
  c = made(c, status);
  if (!c)
    return NULL;
  if (backward) { /* y is of no interest */
    call->x = x;
    call->out = apus_alloc((size_t)(n[0] * n[1] * n[2]) * sizeof(float));
    call_group_norm_forward(call);
    apus_free(call->out);
  }
  call->activation = APUS_ACTIVATION_RELU;
  return c;
}

/* ---- local response norm: x, y; backward: x, dy, dx ----------------------------------------------------------------- */

compare_case *compare_local_response_norm(const int64_t *n, int backward, apus_error *error) {
  compare_case *c = begin(backward ? call_local_response_norm_backward : call_local_response_norm_forward);
  local_response_norm_call *call = &c->call.response;
  const bench_shape line = shape_of("local_response_norm", n);
  const apus_status status = call_local_response_norm_plan(call, &line, error);
  c->members[0] = &call->x;
  c->members[1] = backward ? (void *)&call->dy : &call->out;
  c->members[2] = backward ? &call->out : NULL;
  call->scratch = memory(c, call->plan.scratch_bytes);
  return made(c, status);
}

/* ---- max pooling: x, y; backward: dy, dx -------------------------------------------------------------------------- */

compare_case *compare_max_pool2d(const int64_t *n, int backward, const float *x, apus_error *error) {
  const bench_shape line = shape_of("max_pool2d", n);
  const apus_pool2d shape = call_pool2d_shape(&line);
  compare_case *c = begin(backward ? call_max_pool2d_backward : call_max_pool2d_forward);
  pool2d_call *call = &c->call.pool2d;
  const apus_status status = apus_pool2d_plan_make(&call->plan, &shape, error);
  const size_t outputs = (size_t)(shape.batch * call->plan.out_h * call->plan.out_w * shape.channels);
  c->members[0] = backward ? &call->dy : &call->x;
  c->members[1] = &call->out;
  call->mask = call->out_mask = memory(c, outputs * (size_t)call->plan.mask_bytes);
  c = made(c, status);
  if (c && backward) { /* for the mask; y is of no interest */
    call->x = x;
    call->out = apus_alloc(outputs * sizeof(float));
    call_max_pool2d_forward(call);
    apus_free(call->out);
  }
  return c;
}

/* ---- activation functions: x, y; backward: x or y as the function reads, dy, dx ------------------------------------- */

static void run_function_forward(void *context) {
  const activation_call *call = context;
  apus_nonlinearity_forward(call->function, call->count, call->parameter, 0, call->v, call->out);
}

static void run_function_backward(void *context) {
  const activation_call *call = context;
  apus_nonlinearity_backward(call->function, call->count, call->parameter, 0, call->v, call->dy, call->out);
}

/* apus_nonlinearity, elements, the parameter in thousandths */
compare_case *compare_activation(const int64_t *n, int backward, apus_error *error) {
  (void)error;
  compare_case *c = begin(backward ? run_function_backward : run_function_forward);
  activation_call *call = &c->call.activation;
  *call = (activation_call){.function = (apus_nonlinearity)n[0], .count = n[1], .parameter = (float)n[2] / 1000};
  c->members[0] = &call->v;
  c->members[1] = backward ? (void *)&call->dy : &call->out;
  c->members[2] = backward ? &call->out : NULL;
  return c;
}

/* ---- all ------------------------------------------------------------------------------------------------------------ */

void compare_run(compare_case *c, float *const *buffers) {
  for (int i = 0; i < MOST_BUFFERS && c->members[i]; i++)
    memcpy(c->members[i], &buffers[i], sizeof buffers[i]);
  c->run(&c->call);
}
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
