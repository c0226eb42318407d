/* bench_peer.h over oneDNN 2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <oneapi/dnnl/dnnl.h>

#include "bench_peer.h"

#ifdef _OPENMP
extern void omp_set_num_threads(int count);
#endif

int bench_peer_available(void) { return 1; }

/* ---- the engine, and what is to be destroyed -------------------------------------------------------------------- */

static dnnl_engine_t engine;
static dnnl_stream_t stream;

static void demand(dnnl_status_t status, const char *what) {
  if (status != dnnl_success) {
    fprintf(stderr, "apus-bench: oneDNN: %s failed with status %d\n", what, (int)status);
    exit(2);
  }
}

static void prepare(void) {
#ifdef _OPENMP
  omp_set_num_threads(apus_thread_count());
#endif
  if (engine)
    return;
  if (apus_isa_current() == APUS_ISA_AVX2)
    demand(dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2), "dnnl_set_max_cpu_isa");
  demand(dnnl_engine_create(&engine, dnnl_cpu, 0), "dnnl_engine_create");
  demand(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "dnnl_stream_create");
}

enum { MOST_OPERANDS = 8, MOST_PRIMITIVES = 32, MOST_MEMORIES = 128 };

static struct {
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t primitive;
} primitives[MOST_PRIMITIVES];
static dnnl_memory_t memories[MOST_MEMORIES];
static int primitive_count, memory_count;

void bench_peer_free_all(void) {
  while (primitive_count > 0) {
    dnnl_primitive_destroy(primitives[--primitive_count].primitive);
    dnnl_primitive_desc_destroy(primitives[primitive_count].desc);
  }
  while (memory_count > 0)
    dnnl_memory_destroy(memories[--memory_count]);
}

static dnnl_memory_t new_memory(const dnnl_memory_desc_t *desc, const void *data) {
  dnnl_memory_t memory;
  demand(dnnl_memory_create(&memory, desc, engine, data ? (void *)data : DNNL_MEMORY_ALLOCATE), "dnnl_memory_create");
  if (memory_count == MOST_MEMORIES)
    demand(dnnl_out_of_memory, "the benchmark's list of memories");
  return memories[memory_count++] = memory;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

/* An argument of a primitive. plain: our layout; data: an input; memory: one that another primitive uses too. */
typedef struct operand {
  int argument;
  dnnl_query_t query;
  const dnnl_memory_desc_t *plain;
  const float *data;
  dnnl_memory_t memory;
} operand;

typedef struct call {
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t arguments[MOST_OPERANDS];
  int count;
  dnnl_memory_t result;
  dnnl_memory_desc_t plain_result;
} call;

static call calls[MOST_PRIMITIVES];

static void convert(dnnl_memory_t from, dnnl_memory_t to) {
  const dnnl_memory_desc_t *source, *destination;
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t primitive;
  demand(dnnl_memory_get_memory_desc(from, &source), "dnnl_memory_get_memory_desc");
  demand(dnnl_memory_get_memory_desc(to, &destination), "dnnl_memory_get_memory_desc");
  demand(dnnl_reorder_primitive_desc_create(&desc, source, engine, destination, engine, NULL), "a conversion");
  demand(dnnl_primitive_create(&primitive, desc), "a conversion");
  const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  demand(dnnl_primitive_execute(primitive, stream, 2, arguments), "a conversion");
  demand(dnnl_stream_wait(stream), "a conversion");
  dnnl_primitive_destroy(primitive);
  dnnl_primitive_desc_destroy(desc);
}

static void run(void *context) {
  call *c = context;
  demand(dnnl_primitive_execute(c->primitive, stream, c->count, c->arguments), "a call");
  demand(dnnl_stream_wait(stream), "a call");
}

static void read_result(void *context, float *result) {
  call *c = context;
  dnnl_memory_t to;
  demand(dnnl_memory_create(&to, &c->plain_result, engine, result), "dnnl_memory_create");
  convert(c->result, to);
  dnnl_memory_destroy(to);
}

/* A primitive and its operands, of which the first is the result; NULL where oneDNN has none. Operands' memories are filled in.
 */
static call *build(const void *description, const_dnnl_primitive_desc_t forward, operand *operands, int count) {
  dnnl_primitive_desc_t desc;
  if (primitive_count == MOST_PRIMITIVES || dnnl_primitive_desc_create(&desc, description, NULL, engine, forward) != dnnl_success)
    return NULL;
  call *c = &calls[primitive_count];
  primitives[primitive_count].desc = desc;
  demand(dnnl_primitive_create(&c->primitive, desc), "dnnl_primitive_create");
  primitives[primitive_count++].primitive = c->primitive;
  if (count > MOST_OPERANDS)
    demand(dnnl_invalid_arguments, "the benchmark's list of operands");
  c->count = count;
  for (int i = 0; i < count; i++) {
    operand *o = &operands[i];
    if (!o->memory) {
      const dnnl_memory_desc_t *wanted = dnnl_primitive_desc_query_md(desc, o->query, 0);
      const int as_ours = o->data && dnnl_memory_desc_equal(wanted, o->plain);
      o->memory = new_memory(wanted, as_ours ? o->data : NULL);
      if (o->data && !as_ours)
        convert(new_memory(o->plain, o->data), o->memory);
    }
    c->arguments[i] = (dnnl_exec_arg_t){o->argument, o->memory};
  }
  c->result = operands[0].memory;
  c->plain_result = *operands[0].plain;
  return c;
}

static void offer(call *c, const char *layout, bench_peer *peers, int *count) {
  if (!c || *count == BENCH_MOST_PEERS)
    return;
  const char *name = "";
  dnnl_primitive_desc_query(primitives[c - calls].desc, dnnl_query_impl_info_str, 0, &name);
  bench_peer *peer = &peers[(*count)++];
  snprintf(peer->implementation, sizeof peer->implementation, "%s%s", name, layout);
  peer->run = run;
  peer->context = c;
  peer->read = read_result;
}

static dnnl_memory_desc_t any_layout(const dnnl_memory_desc_t *desc) {
  dnnl_memory_desc_t any;
  demand(dnnl_memory_desc_init_by_tag(&any, desc->ndims, desc->dims, dnnl_f32, dnnl_format_tag_any), "a description");
  return any;
}

/* [n, h, w, c], which oneDNN calls n, c, h, w with other strides. */
static dnnl_memory_desc_t image(int64_t n, int64_t h, int64_t w, int64_t c) {
  dnnl_memory_desc_t desc;
  demand(dnnl_memory_desc_init_by_tag(&desc, 4, (const dnnl_dims_t){n, c, h, w}, dnnl_f32, dnnl_nhwc), "a description");
  return desc;
}

/* ---- convolution ------------------------------------------------------------------------------------------------ */

/* [kernel_h, kernel_w, in/groups, out] as groups, out/groups, in/groups, kernel_h, kernel_w. */
static dnnl_memory_desc_t filter(const apus_conv2d *s) {
  dnnl_memory_desc_t desc;
  const int64_t in = s->in_channels / s->groups, out = s->out_channels / s->groups;
  const int64_t co = s->out_channels;
  const dnnl_dims_t dims = {out, in, s->kernel_h, s->kernel_w}, strides = {1, co, s->kernel_w * in * co, in * co};
  const dnnl_dims_t group_dims = {s->groups, out, in, s->kernel_h, s->kernel_w},
                    group_strides = {out, 1, co, s->kernel_w * in * co, in * co};
  demand(s->groups > 1 ? dnnl_memory_desc_init_by_strides(&desc, 5, group_dims, dnnl_f32, group_strides)
                       : dnnl_memory_desc_init_by_strides(&desc, 4, dims, dnnl_f32, strides),
         "a description");
  return desc;
}

static call *convolution(const apus_conv2d_plan *plan, const float *x, const float *w, const float *dy, dnnl_alg_kind_t algorithm,
                         int own_layout) {
  const apus_conv2d *s = &plan->shape;
  const dnnl_memory_desc_t src = image(s->batch, s->height, s->width, s->in_channels),
                           dst = image(s->batch, plan->out_h, plan->out_w, s->out_channels), weights = filter(s);
  const dnnl_memory_desc_t any_src = own_layout ? any_layout(&src) : src, any_dst = own_layout ? any_layout(&dst) : dst,
                           any_weights = any_layout(&weights);
  const dnnl_dims_t strides = {s->stride_h, s->stride_w}, dilations = {s->dilation_h - 1, s->dilation_w - 1},
                    before = {s->pad_top, s->pad_left}, after = {s->pad_bottom, s->pad_right};
  dnnl_convolution_desc_t forward, backward;
  if (dnnl_dilated_convolution_forward_desc_init(&forward, dnnl_forward_training, algorithm, &any_src, &any_weights, NULL,
                                                 &any_dst, strides, dilations, before, after) != dnnl_success)
    return NULL;
  if (plan->pass == APUS_CONV2D_FORWARD) {
    operand operands[] = {{DNNL_ARG_DST, dnnl_query_dst_md, &dst, NULL, NULL},
                          {DNNL_ARG_SRC, dnnl_query_src_md, &src, x, NULL},
                          {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, &weights, w, NULL}};
    return build(&forward, NULL, operands, 3);
  }
  dnnl_primitive_desc_t hint;
  call *c = NULL;
  if (dnnl_primitive_desc_create(&hint, &forward, NULL, engine, NULL) != dnnl_success)
    return NULL;
  if (plan->pass == APUS_CONV2D_BACKWARD_DATA) {
    operand operands[] = {{DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, &src, NULL, NULL},
                          {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, &dst, dy, NULL},
                          {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, &weights, w, NULL}};
    if (dnnl_dilated_convolution_backward_data_desc_init(&backward, algorithm, &any_src, &any_weights, &any_dst, strides,
                                                         dilations, before, after) == dnnl_success)
      c = build(&backward, hint, operands, 3);
  } else {
    operand operands[] = {{DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md, &weights, NULL, NULL},
                          {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, &dst, dy, NULL},
                          {DNNL_ARG_SRC, dnnl_query_src_md, &src, x, NULL}};
    if (dnnl_dilated_convolution_backward_weights_desc_init(&backward, algorithm, &any_src, &any_weights, NULL, &any_dst, strides,
                                                            dilations, before, after) == dnnl_success)
      c = build(&backward, hint, operands, 3);
  }
  dnnl_primitive_desc_destroy(hint);
  return c;
}

int bench_peer_conv2d(const apus_conv2d_plan *plan, const float *x, const float *w, const float *dy,
                      bench_peer peers[BENCH_MOST_PEERS]) {
  int count = 0;
  prepare();
  offer(convolution(plan, x, w, dy, dnnl_convolution_auto, 1), "", peers, &count);
  offer(convolution(plan, x, w, dy, dnnl_convolution_auto, 0), " nhwc", peers, &count);
  offer(convolution(plan, x, w, dy, dnnl_convolution_winograd, 1), "", peers, &count);
  return count;
}

/* ---- matrix product --------------------------------------------------------------------------------------------- */

int bench_peer_gemm(const apus_gemm *s, const float *a, const float *b, bench_peer peers[BENCH_MOST_PEERS]) {
  int count = 0;
  prepare();
  dnnl_memory_desc_t src, weights, dst;
  demand(dnnl_memory_desc_init_by_strides(&src, 2, (const dnnl_dims_t){s->m, s->k}, dnnl_f32,
                                          (const dnnl_dims_t){s->transpose_a ? 1 : s->lda, s->transpose_a ? s->lda : 1}),
         "a description");
  demand(dnnl_memory_desc_init_by_strides(&weights, 2, (const dnnl_dims_t){s->k, s->n}, dnnl_f32,
                                          (const dnnl_dims_t){s->transpose_b ? 1 : s->ldb, s->transpose_b ? s->ldb : 1}),
         "a description");
  demand(dnnl_memory_desc_init_by_strides(&dst, 2, (const dnnl_dims_t){s->m, s->n}, dnnl_f32, (const dnnl_dims_t){s->ldc, 1}),
         "a description");
  const dnnl_memory_desc_t any_weights = any_layout(&weights);
  const dnnl_memory_desc_t *const layouts[] = {&weights, &any_weights};
  for (int i = 0; i < 2; i++) {
    dnnl_matmul_desc_t desc;
    operand operands[] = {{DNNL_ARG_DST, dnnl_query_dst_md, &dst, NULL, NULL},
                          {DNNL_ARG_SRC, dnnl_query_src_md, &src, a, NULL},
                          {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, &weights, b, NULL}};
    if (dnnl_matmul_desc_init(&desc, &src, layouts[i], NULL, &dst) == dnnl_success)
      offer(build(&desc, NULL, operands, 3), i ? " packed" : "", peers, &count);
  }
  return count;
}

/* ---- pooling ---------------------------------------------------------------------------------------------------- */

int bench_peer_pool2d(const apus_pool2d_plan *plan, int is_max, int is_backward, const float *x, const float *dy,
                      bench_peer peers[BENCH_MOST_PEERS]) {
  int count = 0;
  prepare();
  const apus_pool2d *s = &plan->shape;
  const dnnl_memory_desc_t src = image(s->batch, s->height, s->width, s->channels),
                           dst = image(s->batch, plan->out_h, plan->out_w, s->channels);
  const dnnl_dims_t strides = {s->stride_h, s->stride_w}, kernel = {s->kernel_h, s->kernel_w}, before = {s->pad_top, s->pad_left},
                    after = {s->pad_bottom, s->pad_right};
  const dnnl_alg_kind_t algorithm = is_max                      ? dnnl_pooling_max
                                    : s->count_excludes_padding ? dnnl_pooling_avg_exclude_padding
                                                                : dnnl_pooling_avg_include_padding;
  dnnl_pooling_desc_t forward, backward;
  demand(dnnl_pooling_forward_desc_init(&forward, dnnl_forward_training, algorithm, &src, &dst, strides, kernel, before, after),
         "a description");
  operand forward_operands[] = {{DNNL_ARG_DST, dnnl_query_dst_md, &dst, NULL, NULL},
                                {DNNL_ARG_SRC, dnnl_query_src_md, &src, x, NULL},
                                {DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, NULL, NULL, NULL}};
  call *c = build(&forward, NULL, forward_operands, is_max ? 3 : 2);
  if (is_backward && c) {
    run(c); /* the workspace says who won */
    demand(dnnl_pooling_backward_desc_init(&backward, algorithm, &src, &dst, strides, kernel, before, after), "a description");
    operand operands[] = {{DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, &src, NULL, NULL},
                          {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, &dst, dy, NULL},
                          {DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, NULL, NULL, forward_operands[2].memory}};
    c = build(&backward, primitives[c - calls].desc, operands, is_max ? 3 : 2);
  }
  offer(c, "", peers, &count);
  return count;
}

/* ---- batch norm ------------------------------------------------------------------------------------------------- */

int bench_peer_batch_norm(int64_t rows, int64_t channels, float epsilon, int is_backward, const float *x, const float *dy,
                          bench_peer peers[BENCH_MOST_PEERS]) {
  int count = 0;
  prepare();
  const unsigned flags = dnnl_use_scaleshift | dnnl_fuse_norm_relu;
  const dnnl_memory_desc_t data = image(rows, 1, 1, channels);
  dnnl_memory_desc_t vector, two_vectors;
  demand(dnnl_memory_desc_init_by_tag(&vector, 1, (const dnnl_dims_t){channels}, dnnl_f32, dnnl_a), "a description");
  demand(dnnl_memory_desc_init_by_tag(&two_vectors, 2, (const dnnl_dims_t){2, channels}, dnnl_f32, dnnl_ab), "a description");
  float *gamma_beta = bench_floats(2 * channels);
  for (int64_t i = 0; i < 2 * channels; i++)
    gamma_beta[i] = i < channels;
  const dnnl_memory_t weights = new_memory(&two_vectors, gamma_beta), mean = new_memory(&vector, NULL),
                      variance = new_memory(&vector, NULL);
  dnnl_batch_normalization_desc_t forward, backward;
  demand(dnnl_batch_normalization_forward_desc_init(&forward, dnnl_forward_training, &data, epsilon, flags), "a description");
  operand forward_operands[] = {{DNNL_ARG_DST, dnnl_query_dst_md, &data, NULL, NULL},
                                {DNNL_ARG_SRC, dnnl_query_src_md, &data, x, NULL},
                                {DNNL_ARG_SCALE_SHIFT, dnnl_query_weights_md, NULL, NULL, weights},
                                {DNNL_ARG_MEAN, dnnl_query_undef, NULL, NULL, mean},
                                {DNNL_ARG_VARIANCE, dnnl_query_undef, NULL, NULL, variance},
                                {DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, NULL, NULL, NULL}};
  call *c = build(&forward, NULL, forward_operands, 6);
  if (is_backward && c) {
    run(c); /* the statistics, and where ReLU cut off */
    demand(dnnl_batch_normalization_backward_desc_init(&backward, dnnl_backward, &data, &data, epsilon, flags), "a description");
    operand operands[] = {{DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, &data, NULL, NULL},
                          {DNNL_ARG_SRC, dnnl_query_src_md, &data, x, NULL},
                          {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, &data, dy, NULL},
                          {DNNL_ARG_SCALE_SHIFT, dnnl_query_weights_md, NULL, NULL, weights},
                          {DNNL_ARG_MEAN, dnnl_query_undef, NULL, NULL, mean},
                          {DNNL_ARG_VARIANCE, dnnl_query_undef, NULL, NULL, variance},
                          {DNNL_ARG_WORKSPACE, dnnl_query_workspace_md, NULL, NULL, forward_operands[5].memory},
                          {DNNL_ARG_DIFF_SCALE_SHIFT, dnnl_query_undef, NULL, NULL, new_memory(&two_vectors, NULL)}};
    c = build(&backward, primitives[c - calls].desc, operands, 8);
  }
  offer(c, "", peers, &count);
  return count;
}
