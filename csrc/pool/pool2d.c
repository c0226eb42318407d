/* Planning and drivers of pooling. */

#include "apus/pool2d.h"
#include "apus/runtime.h"
#include "runtime/status.h"

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

void apus_max_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y, uint8_t *mask) {
  apus_max_pool2d_forward_reference_f32(&plan->shape, x, y, mask);
}

void apus_max_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, const uint8_t *mask, float *dx) {
  apus_max_pool2d_backward_reference_f32(&plan->shape, dy, mask, dx);
}

void apus_average_pool2d_forward(const apus_pool2d_plan *plan, const float *x, float *y) {
  apus_average_pool2d_forward_reference_f32(&plan->shape, x, y);
}

void apus_average_pool2d_backward(const apus_pool2d_plan *plan, const float *dy, float *dx) {
  apus_average_pool2d_backward_reference_f32(&plan->shape, dy, dx);
}
