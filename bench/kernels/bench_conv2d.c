#include "bench_peer.h"
#include "conv/tune.h"
#include "conv/winograd/winograd.h"

#include <stdio.h>
#include <string.h>

/* Pairs of an output position and a kernel tap along one axis whose pixel lies in the image. */
static int64_t pairs_inside(int64_t out_size, int64_t kernel, int64_t size, int64_t stride, int64_t dilation, int64_t before) {
  int64_t pairs = 0;
  for (int64_t o = 0; o < out_size; o++)
    for (int64_t k = 0; k < kernel; k++) {
      int64_t i = o * stride + k * dilation - before;
      pairs += i >= 0 && i < size;
    }
  return pairs;
}

/* The definition counts padding as if it were multiplied: the usual figure, by which implementations are compared, Winograd's
 * too. What is performed is less: padding is skipped, the same pairs in all three passes. Winograd's products are those of its
 * planes, of whole tiles; its transforms are not counted, as they are no multiplications that anybody asked for. */
bench_work bench_conv2d_work(const apus_conv2d_plan *plan, double bytes) {
  const apus_conv2d *s = &plan->shape;
  const double products = (double)s->batch * (double)(s->in_channels / s->groups) * (double)s->out_channels;
  const double defined = 2 * products * (double)(plan->out_h * s->kernel_h) * (double)(plan->out_w * s->kernel_w);
  bench_work work = {.operations = defined, .bytes = bytes};
  if (plan->implementation == APUS_CONV2D_WINOGRAD) {
    const apus_winograd_view view = apus_winograd_view_of(plan);
    work.performed = 2.0 * view.planes * (double)view.tiles * (double)s->in_channels * (double)s->out_channels;
    work.counted = "its products alone; GFLOP/s of direct's operations";
    return work;
  }
  const int64_t rows = pairs_inside(plan->out_h, s->kernel_h, s->height, s->stride_h, s->dilation_h, s->pad_top),
                columns = pairs_inside(plan->out_w, s->kernel_w, s->width, s->stride_w, s->dilation_w, s->pad_left);
  work.performed = 2 * products * (double)rows * (double)columns;
  if (plan->implementation == APUS_CONV2D_BF16) {
    work.counted = BENCH_COUNTED_BF16;
    work.most = BENCH_MOST_BF16;
  }
  return work;
}

/* Times every implementation but the reference and notes the quickest. */
static void tune(const bench_shape *shape, conv2d_call *call, const apus_conv2d *s, int pass, const char *name) {
  double quickest = 0;
  char key[512];
  int best = -1;
  for (int i = 0; i < APUS_CONV2D_REFERENCE; i++) {
    if (apus_conv2d_plan_force(&call->plan, (apus_conv2d_pass)pass, s, NULL, (apus_conv2d_implementation)i, NULL) != APUS_OK)
      continue;
    apus_conv2d_tune_key(&call->plan, key, sizeof key);
    call->scratch = bench_bytes(call->plan.scratch_bytes);
    double seconds = bench_median_seconds(call_conv2d, call, bench_chosen.seconds);
    if (best < 0 || seconds < quickest) {
      quickest = seconds;
      best = i;
    }
  }
  if (best < 0)
    return;
  const char *implementation = apus_conv2d_implementation_name((apus_conv2d_implementation)best);
  bench_tune_add(key, implementation);
  printf("%-14s %-18s %-18s %-10s %10.4f ms\n", shape->operation, shape->name, name, implementation, quickest * 1e3);
  fflush(stdout);
}

static void read_im2col(void *context, float *result) {
  const conv2d_call *call = context;
  const apus_conv2d_plan *p = &call->plan;
  const apus_conv2d *s = &p->shape;
  const int64_t x = s->batch * s->height * s->width * s->in_channels, y = s->batch * p->out_h * p->out_w * s->out_channels;
  const int64_t w = s->kernel_h * s->kernel_w * (s->in_channels / s->groups) * s->out_channels;
  const int64_t count = p->pass == APUS_CONV2D_FORWARD ? y : p->pass == APUS_CONV2D_BACKWARD_DATA ? x : w;
  memcpy(result, call->out, (size_t)count * sizeof *result);
}

/* im2col as a peer of the plan's choice: on the same data, in alternating blocks. 0 where it declines or is the choice itself. */
static int im2col_peer(const conv2d_call *ours, int64_t count, conv2d_call *call, bench_peer *peer) {
  *call = *ours;
  if (ours->plan.implementation == APUS_CONV2D_IM2COL ||
      apus_conv2d_plan_force(&call->plan, ours->plan.pass, &ours->plan.shape, &ours->plan.options, APUS_CONV2D_IM2COL, NULL) !=
          APUS_OK)
    return 0;
  call->out = bench_floats(count);
  call->scratch = bench_bytes(call->plan.scratch_bytes);
  *peer = (bench_peer){.implementation = "im2col", .run = call_conv2d, .context = call, .read = read_im2col};
  return 1;
}

void bench_conv2d(const bench_shape *shape) {
  static const char *const passes[] = {"forward", "backward_data", "backward_weights"};
  apus_conv2d s = call_conv2d_shape(shape);
  apus_error error;
  int64_t out_h, out_w;
  if (apus_conv2d_output_size(&s, &out_h, &out_w, &error) != APUS_OK) {
    fprintf(stderr, "%s: %s\n", shape->name, error.text);
    return;
  }
  int64_t x_count = s.batch * s.height * s.width * s.in_channels, y_count = s.batch * out_h * out_w * s.out_channels;
  int64_t window = s.kernel_h * s.kernel_w * s.in_channels / s.groups, w_count = window * s.out_channels;
  float *x = bench_floats(x_count), *w = bench_floats(w_count), *dy = bench_floats(y_count);
  float *outputs[] = {bench_floats(y_count), bench_floats(x_count), bench_floats(w_count)};
  const int64_t counts[] = {y_count, x_count, w_count};
  const double bytes = 4.0 * (double)(x_count + y_count + w_count);
  for (int pass = 0; bench_chosen.tune && pass < 3; pass++) {
    conv2d_call call = {.x = x, .w = w, .dy = dy, .out = outputs[pass]};
    tune(shape, &call, &s, pass, passes[pass]);
  }
  for (int pass = 0; !bench_chosen.tune && pass < 3; pass++)
    for (int i = -1; i < APUS_CONV2D_IMPLEMENTATIONS; i++) {
      if ((i < 0) == (bench_chosen.every != 0))
        continue;
      const apus_conv2d_options options = {.precision = bench_chosen.precision};
      conv2d_call call = {.x = x, .w = w, .dy = dy, .out = outputs[pass]};
      apus_status status =
          i < 0 ? apus_conv2d_plan_make(&call.plan, (apus_conv2d_pass)pass, &s, &options, &error)
                : apus_conv2d_plan_force(&call.plan, (apus_conv2d_pass)pass, &s, &options, (apus_conv2d_implementation)i, &error);
      if (status != APUS_OK)
        continue;
      call.scratch = bench_bytes(call.plan.scratch_bytes);
      bench_peer peers[BENCH_MOST_PEERS];
      conv2d_call im2col;
      int peer_count = bench_chosen.peer     ? bench_peer_conv2d(&call.plan, x, w, dy, peers)
                       : bench_chosen.im2col ? im2col_peer(&call, counts[pass], &im2col, peers)
                                             : 0;
      bench_time_against(shape, passes[pass], apus_conv2d_implementation_name(call.plan.implementation),
                         bench_conv2d_work(&call.plan, bytes), call_conv2d, &call, outputs[pass], counts[pass], 1e-4, peers,
                         peer_count);
      bench_peer_free_all();
    }
}
