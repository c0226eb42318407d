#include <stdio.h>

#include "conv/check_conv2d.h"

const conv2d_version conv2d_versions[CONV2D_VERSIONS] = {
    {APUS_CONV2D_DEPTHWISE, APUS_PRECISION_DEFAULT}, {APUS_CONV2D_WINOGRAD, APUS_PRECISION_DEFAULT},
    {APUS_CONV2D_WINOGRAD, APUS_PRECISION_STRICT},   {APUS_CONV2D_DIRECT, APUS_PRECISION_DEFAULT},
    {APUS_CONV2D_IM2COL, APUS_PRECISION_DEFAULT},    {APUS_CONV2D_REFERENCE, APUS_PRECISION_DEFAULT},
    {APUS_CONV2D_BF16, APUS_PRECISION_BF16},
};

/* Edges are likelier than a uniform draw makes them. */
static int64_t channels(void) {
  static const int64_t edges[] = {1, 3, 6, 8, 15, 16, 17, 31, 32, 33, 48};
  return check_random_int(0, 1) ? edges[check_random_int(0, 10)] : check_random_int(1, 40);
}

apus_conv2d conv2d_random_shape(void) {
  apus_conv2d s = {0};
  s.groups = check_random_int(0, 2) ? 1 : check_random_int(2, 6);
  s.in_channels = s.groups == 1 ? channels() : s.groups * check_random_int(1, 9);
  s.out_channels = s.groups == 1 ? channels() : s.groups * check_random_int(1, 9);
  if (check_random_int(0, 7) == 0) /* depthwise */
    s.groups = s.out_channels = s.in_channels = channels();
  s.batch = check_random_int(1, 3);
  s.height = check_random_int(1, 16);
  s.width = check_random_int(1, 31);
  s.kernel_h = check_random_int(1, 5);
  s.kernel_w = check_random_int(1, 5);
  s.stride_h = check_random_int(0, 1) ? 1 : check_random_int(2, 4);
  s.stride_w = check_random_int(0, 1) ? s.stride_h : check_random_int(1, 4);
  s.dilation_h = check_random_int(0, 2) ? 1 : check_random_int(2, 3);
  s.dilation_w = check_random_int(0, 2) ? s.dilation_h : check_random_int(1, 3);
  s.pad_top = check_random_int(0, s.kernel_h);
  s.pad_left = check_random_int(0, s.kernel_w);
  s.pad_bottom = check_random_int(0, 1) ? s.pad_top : check_random_int(0, 3);
  s.pad_right = check_random_int(0, 1) ? s.pad_left : check_random_int(0, 3);
  const int64_t rows = s.dilation_h * (s.kernel_h - 1) + 1 - s.pad_top - s.pad_bottom;
  const int64_t columns = s.dilation_w * (s.kernel_w - 1) + 1 - s.pad_left - s.pad_right;
  s.height = s.height < rows ? rows : s.height; /* a window fits, just so in many */
  s.width = s.width < columns ? columns : s.width;
  return s;
}

void conv2d_shape_text(const apus_conv2d *s, char *text, size_t size) {
  snprintf(text, size,
           "x %lldx%lldx%lldx%lld, cout %lld, kernel %lldx%lld, stride %lldx%lld, dilation %lldx%lld, pad %lld %lld %lld %lld, "
           "groups %lld",
           (long long)s->batch, (long long)s->height, (long long)s->width, (long long)s->in_channels, (long long)s->out_channels,
           (long long)s->kernel_h, (long long)s->kernel_w, (long long)s->stride_h, (long long)s->stride_w,
           (long long)s->dilation_h, (long long)s->dilation_w, (long long)s->pad_top, (long long)s->pad_left,
           (long long)s->pad_bottom, (long long)s->pad_right, (long long)s->groups);
}
