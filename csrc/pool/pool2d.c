/* Planning and drivers of pooling. */

#include "apus/pool2d.h"
#include "apus/reference/pool2d.h"

#include <assert.h>
#include <string.h>

#include "apus/runtime.h"
#include "pool/kernels.h"
#include "runtime/cache.h"
#include "runtime/integers.h"
#include "runtime/limits.h"
#include "runtime/status.h"

static const apus_pool2d_kernels *const tiers[APUS_ISA_COUNT] = {
    [APUS_ISA_GENERIC] = &apus_pool2d_generic,
#if defined(__x86_64__)
    [APUS_ISA_AVX2] = &apus_pool2d_avx2,
    [APUS_ISA_AVX512] = &apus_pool2d_avx512,
#elif defined(__aarch64__)
    [APUS_ISA_NEON] = &apus_pool2d_neon,
#endif
};

/* A fork costs as much as the work on this many elements. */
enum { GRAIN = 16384 };

int apus_pool2d_mask_bytes(const apus_pool2d *s) { return s->kernel_h * s->kernel_w <= 256 ? 1 : 4; }

static apus_status check(const apus_pool2d *s, apus_error *error) {
  const apus_size sizes[] = {
      {"batch", s->batch, 0},       {"height", s->height, 1},         {"width", s->width, 1},
      {"channels", s->channels, 1}, {"kernel_h", s->kernel_h, 1},     {"kernel_w", s->kernel_w, 1},
      {"stride_h", s->stride_h, 1}, {"stride_w", s->stride_w, 1},     {"pad_top", s->pad_top, 0},
      {"pad_left", s->pad_left, 0}, {"pad_bottom", s->pad_bottom, 0}, {"pad_right", s->pad_right, 0},
  };
  const apus_status status = apus_check_sizes("pool2d", sizes, sizeof sizes / sizeof sizes[0], APUS_MAX_SIZE, error);
  if (status != APUS_OK)
    return status;
  if (s->pad_top >= s->kernel_h || s->pad_bottom >= s->kernel_h || s->pad_left >= s->kernel_w || s->pad_right >= s->kernel_w)
    return apus_fail(error, APUS_INVALID_ARGUMENT,
                     "pool2d: padding (%lld, %lld, %lld, %lld): each must be less than the kernel %lldx%lld",
                     (long long)s->pad_top, (long long)s->pad_left, (long long)s->pad_bottom, (long long)s->pad_right,
                     (long long)s->kernel_h, (long long)s->kernel_w);
  if (s->kernel_h * s->kernel_w > APUS_MAX_SIZE)
    return apus_fail(error, APUS_OVERFLOW, "pool2d: kernel %lldx%lld has %lld positions, must have at most %lld",
                     (long long)s->kernel_h, (long long)s->kernel_w, (long long)(s->kernel_h * s->kernel_w),
                     (long long)APUS_MAX_SIZE);
  const int64_t image[] = {apus_max(s->batch, 1), s->height + s->pad_top + s->pad_bottom, s->width + s->pad_left + s->pad_right,
                           s->channels};
  return apus_check_elements("pool2d", "x with its padding", image, 4, error);
}

apus_status apus_pool2d_plan_make(apus_pool2d_plan *plan, const apus_pool2d *s, apus_error *error) {
  apus_status status = check(s, error);
  if (status != APUS_OK)
    return status;
  const int64_t height = s->height + s->pad_top + s->pad_bottom, width = s->width + s->pad_left + s->pad_right;
  int64_t out_h, out_w;
  status = apus_count_windows("pool2d", (apus_side){height, s->kernel_h, 1, s->stride_h},
                              (apus_side){width, s->kernel_w, 1, s->stride_w}, &out_h, &out_w, error);
  if (status != APUS_OK)
    return status;
  *plan = (apus_pool2d_plan){
      .shape = *s,
      .out_h = out_h,
      .out_w = out_w,
      .isa = (int)apus_isa_current(),
      .mask_bytes = apus_pool2d_mask_bytes(s),
  };
  apus_pool2d *cut = &plan->shape;
  cut->stride_h = apus_cut_stride(s->stride_h, height);
  cut->stride_w = apus_cut_stride(s->stride_w, width);
  return apus_succeed(error);
}

typedef struct job {
  const apus_pool2d_plan *plan;
  const float *from;
  float *to;
  const void *mask;
  void *new_mask;
  int stream;
} job;

/* Rows of `width` pixels that a thread should get at least. */
static int64_t grain(const apus_pool2d_plan *plan, int64_t width) {
  int64_t row = width * plan->shape.channels;
  return row < GRAIN ? GRAIN / (row ? row : 1) : 1;
}

static int past_caches(const apus_pool2d_plan *plan) {
  const apus_pool2d *p = &plan->shape;
  return apus_fills_caches(p->batch * p->channels * (p->height * p->width + plan->out_h * plan->out_w) * (int64_t)sizeof(float));
}

/* No images: nothing to write forward, and no gradient. */
static int is_empty(const apus_pool2d_plan *plan) { return plan->shape.batch == 0; }

static void clear(const apus_pool2d_plan *plan, float *dx) {
  const apus_pool2d *p = &plan->shape;
  memset(dx, 0, (size_t)(p->batch * p->height * p->width * p->channels) * sizeof *dx);
}

static void max_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  tiers[j->plan->isa]->max_forward(j->plan, j->from, j->to, j->new_mask, j->stream, begin, end);
}

void apus_max_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y, void *mask) {
  if (is_empty(plan))
    return;
  job j = {.plan = plan, .from = x, .to = y, .new_mask = mask, .stream = past_caches(plan)};
  if (tiers[plan->isa])
    apus_parallel_for(plan->shape.batch * plan->out_h, grain(plan, plan->shape.kernel_h * plan->shape.width), max_forward_rows,
                      &j);
  else
    apus_max_pool2d_forward_reference_f32(&plan->shape, x, y, mask);
}

static void max_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  tiers[j->plan->isa]->max_backward(j->plan, j->from, j->mask, j->stream, j->to, begin, end);
}

void apus_max_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, const void *mask, float *dx) {
  if (is_empty(plan)) {
    clear(plan, dx);
    return;
  }
  assert(mask);
  job j = {.plan = plan, .from = dy, .to = dx, .mask = mask, .stream = past_caches(plan)};
  if (tiers[plan->isa])
    apus_parallel_for(plan->shape.batch * plan->shape.height, grain(plan, plan->shape.width), max_backward_rows, &j);
  else
    apus_max_pool2d_backward_reference_f32(&plan->shape, dy, mask, dx);
}

static void average_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  tiers[j->plan->isa]->average_forward(j->plan, j->from, j->stream, j->to, begin, end);
}

void apus_average_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y) {
  if (is_empty(plan))
    return;
  job j = {.plan = plan, .from = x, .to = y, .stream = past_caches(plan)};
  if (tiers[plan->isa])
    apus_parallel_for(plan->shape.batch * plan->out_h, grain(plan, plan->shape.kernel_h * plan->shape.width),
                      average_forward_rows, &j);
  else
    apus_average_pool2d_forward_reference_f32(&plan->shape, x, y);
}

static void average_backward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  tiers[j->plan->isa]->average_backward(j->plan, j->from, j->stream, j->to, begin, end);
}

void apus_average_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, float *dx) {
  if (is_empty(plan)) {
    clear(plan, dx);
    return;
  }
  job j = {.plan = plan, .from = dy, .to = dx, .stream = past_caches(plan)};
  if (tiers[plan->isa])
    apus_parallel_for(plan->shape.batch * plan->shape.height, grain(plan, plan->shape.width), average_backward_rows, &j);
  else
    apus_average_pool2d_backward_reference_f32(&plan->shape, dy, dx);
}
