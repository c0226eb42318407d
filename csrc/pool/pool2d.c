/* Planning and drivers of pooling. */

#include "apus/pool2d.h"
#include "apus/runtime.h"
#include "pool/kernels.h"
#include "runtime/cache.h"
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

static int64_t outputs(int64_t size, int64_t before, int64_t after, int64_t kernel, int64_t stride) {
  int64_t room = size + before + after - kernel;
  return room < 0 ? 0 : room / stride + 1;
}

apus_status apus_pool2d_plan_make(apus_pool2d_plan *plan, const apus_pool2d *s, apus_error *error) {
  if (s->batch < 0 || s->height < 1 || s->width < 1 || s->channels < 1)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "pool2d: input [%lld, %lld, %lld, %lld] has a size below 1 (batch: below 0)",
                     (long long)s->batch, (long long)s->height, (long long)s->width, (long long)s->channels);
  if (s->kernel_h < 1 || s->kernel_w < 1 || s->kernel_h > 256 || s->kernel_w > 256 || s->kernel_h * s->kernel_w > 256)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "pool2d: kernel %lldx%lld: each side must be at least 1, the area at most 256",
                     (long long)s->kernel_h, (long long)s->kernel_w);
  if (s->stride_h < 1 || s->stride_w < 1)
    return apus_fail(error, APUS_INVALID_ARGUMENT, "pool2d: stride %lldx%lld: must be at least 1", (long long)s->stride_h,
                     (long long)s->stride_w);
  if (s->pad_top < 0 || s->pad_left < 0 || s->pad_bottom < 0 || s->pad_right < 0 || s->pad_top >= s->kernel_h ||
      s->pad_bottom >= s->kernel_h || s->pad_left >= s->kernel_w || s->pad_right >= s->kernel_w)
    return apus_fail(error, APUS_INVALID_ARGUMENT,
                     "pool2d: padding (%lld, %lld, %lld, %lld): each must be at least 0 and less than the kernel %lldx%lld",
                     (long long)s->pad_top, (long long)s->pad_left, (long long)s->pad_bottom, (long long)s->pad_right,
                     (long long)s->kernel_h, (long long)s->kernel_w);

  const int64_t sizes[] = {s->batch, s->height, s->width, s->channels, sizeof(double)};
  int64_t bytes;
  if (!apus_size_product(&bytes, sizes, 5) || s->height > INT64_MAX - 512 || s->width > INT64_MAX - 512)
    return apus_fail(error, APUS_OVERFLOW, "pool2d: input [%lld, %lld, %lld, %lld] is too large", (long long)s->batch,
                     (long long)s->height, (long long)s->width, (long long)s->channels);
  *plan = (apus_pool2d_plan){
      .shape = *s,
      .out_h = outputs(s->height, s->pad_top, s->pad_bottom, s->kernel_h, s->stride_h),
      .out_w = outputs(s->width, s->pad_left, s->pad_right, s->kernel_w, s->stride_w),
      .isa = (int)apus_isa_current(),
  };
  return apus_succeed(error);
}

typedef struct job {
  const apus_pool2d_plan *plan;
  const float *from;
  float *to;
  const uint8_t *mask;
  uint8_t *new_mask;
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

static void max_forward_rows(void *context, int64_t begin, int64_t end, int slot) {
  (void)slot;
  const job *j = context;
  tiers[j->plan->isa]->max_forward(j->plan, j->from, j->to, j->new_mask, j->stream, begin, end);
}

void apus_max_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y, uint8_t *mask) {
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

void apus_max_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, const uint8_t *mask, float *dx) {
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
  job j = {.plan = plan, .from = dy, .to = dx, .stream = past_caches(plan)};
  if (tiers[plan->isa])
    apus_parallel_for(plan->shape.batch * plan->shape.height, grain(plan, plan->shape.width), average_backward_rows, &j);
  else
    apus_average_pool2d_backward_reference_f32(&plan->shape, dy, dx);
}
