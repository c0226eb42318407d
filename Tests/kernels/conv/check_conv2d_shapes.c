#include <stdio.h>

#include "conv/check_conv2d.h"

/* batch, height, width, in, out channels, kernel h w, stride h w, dilation h w, pad top left bottom right, groups */
const conv2d_case conv2d_cases[] = {
    {"1x1 of one pixel", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1}},
    {"stride and dilation of 2^31 − 1", {2, 4, 5, 3, 4, 1, 1, 2147483647, 2147483647, 2147483647, 2147483647, 1, 0, 1, 2, 1}},
    {"stride of 2^31 − 1, dilation over input", {1, 4, 4, 3, 4, 2, 3, 2147483647, 2, 5, 3, 1, 2, 1, 2, 1}},
    {"taps 2^31 − 1 apart in padding of as much", {1, 4, 3, 5, 6, 2, 2, 2147483647, 1, 2147483647, 1, 2147483643, 0, 3, 1, 1}},
    {"batch 0", {0, 5, 6, 3, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"kernel over input, padded", {2, 3, 2, 4, 6, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3, 1}},
    {"one output from padding on all sides", {1, 3, 3, 5, 6, 7, 7, 2, 2, 1, 1, 2, 2, 2, 2, 1}},
    {"padding of a whole kernel", {2, 4, 5, 3, 6, 3, 3, 1, 1, 1, 1, 4, 3, 3, 5, 1}},
    {"outputs of padding alone", {1, 2, 2, 3, 4, 2, 2, 1, 1, 1, 1, 5, 4, 5, 6, 1}},
    {"stride over kernel", {2, 11, 13, 6, 10, 2, 2, 3, 4, 1, 1, 0, 0, 0, 0, 1}},
    {"stride over kernel, padded", {2, 10, 11, 5, 7, 1, 2, 3, 3, 1, 1, 1, 1, 2, 0, 1}},
    {"pixels right of the last window", {1, 8, 12, 3, 6, 3, 3, 4, 5, 1, 1, 0, 0, 0, 0, 1}},
    {"cin 1 cout 6 (LeNet conv1)", {3, 14, 14, 1, 6, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2, 1}},
    {"cin 6 cout 16 (LeNet conv2)", {3, 14, 14, 6, 16, 5, 5, 1, 1, 1, 1, 0, 0, 0, 0, 1}},
    {"5x5, 40 to 24 channels, uneven padding", {2, 9, 12, 40, 24, 5, 5, 1, 1, 1, 1, 2, 0, 1, 4, 1}},
    {"5x5, 260 to 33 channels (Winograd's panels)", {1, 6, 7, 260, 33, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2, 1}},
    {"cin 3 cout 10", {2, 9, 13, 3, 10, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"cin 15 cout 33", {1, 7, 15, 15, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"cin 17 cout 1", {2, 6, 14, 17, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"cin 16 cout 17", {1, 6, 13, 16, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"cin 32 cout 32", {2, 7, 14, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"cin 64 cout 96", {1, 5, 9, 64, 96, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"width 29", {1, 4, 29, 5, 12, 3, 5, 1, 1, 1, 1, 1, 2, 1, 2, 1}},
    {"width 15, one row", {2, 1, 15, 7, 9, 1, 3, 1, 1, 1, 1, 0, 1, 0, 1, 1}},
    {"height 29, one column", {2, 29, 1, 7, 9, 3, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1}},
    {"asymmetric padding, stride 2", {2, 12, 14, 8, 16, 3, 3, 2, 2, 1, 1, 0, 0, 1, 1, 1}},
    {"four different paddings", {1, 6, 7, 4, 9, 4, 5, 1, 1, 1, 1, 0, 3, 2, 1, 1}},
    {"stride 2, even kernel", {2, 9, 10, 3, 8, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1, 1}},
    {"stride 1 by 3", {2, 7, 16, 5, 6, 3, 5, 1, 3, 1, 1, 1, 2, 1, 2, 1}},
    {"stem 7x7 stride 2", {1, 21, 23, 3, 20, 7, 7, 2, 2, 1, 1, 3, 3, 3, 3, 1}},
    {"11x11 stride 4", {1, 31, 27, 3, 12, 11, 11, 4, 4, 1, 1, 0, 0, 0, 0, 1}},
    {"1x1", {2, 7, 9, 33, 40, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1}},
    {"1x1 stride 2", {2, 9, 8, 17, 18, 1, 1, 2, 2, 1, 1, 0, 0, 0, 0, 1}},
    {"1x1 padded", {1, 3, 4, 5, 6, 1, 1, 1, 1, 1, 1, 1, 2, 0, 1, 1}},
    {"dilation 2", {2, 11, 12, 6, 8, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2, 1}},
    {"dilation 3 by 2 with stride 2 by 3", {2, 15, 17, 5, 7, 3, 3, 2, 3, 3, 2, 3, 1, 2, 3, 1}},
    {"dilation 2 with stride 2", {2, 11, 13, 4, 7, 3, 3, 2, 2, 2, 2, 2, 1, 2, 2, 1}},
    {"dilation 6 by 3 with stride 4 by 6", {1, 17, 23, 3, 5, 3, 4, 4, 6, 6, 3, 4, 5, 6, 5, 1}},
    {"depthwise, dilation 2 with stride 2", {1, 11, 12, 18, 18, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 18}},
    {"dilation over input, padded", {1, 4, 4, 3, 5, 3, 3, 1, 1, 5, 4, 5, 4, 5, 4, 1}},
    {"2 groups", {2, 8, 9, 8, 12, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 2}},
    {"3 groups of 5 to 7, stride 2", {2, 9, 8, 15, 21, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 3}},
    {"groups of 16, dilation 2", {1, 9, 9, 32, 32, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2, 2}},
    {"groups of 4 (ResNeXt)", {1, 7, 8, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 8}},
    {"groups of 2, whole vectors", {1, 5, 11, 32, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 16}},
    {"groups of 3, last vector in part", {2, 6, 12, 33, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 11}},
    {"groups of 5 to 3, stride 2", {2, 7, 9, 35, 21, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 7}},
    {"groups of 2 to 7, dilation 2", {1, 9, 10, 10, 35, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2, 5}},
    {"groups of 6", {2, 6, 9, 24, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4}},
    {"groups of 8, 5x4", {1, 8, 9, 32, 32, 5, 4, 1, 1, 1, 1, 2, 1, 2, 2, 4}},
    {"groups of 9", {1, 5, 6, 27, 27, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 3}},
    {"groups of 1 to 2", {1, 6, 7, 10, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 10}},
    {"groups of 2 to 1", {1, 6, 7, 10, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 5}},
    {"depthwise", {2, 8, 9, 19, 19, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 19}},
    {"depthwise stride 2", {2, 11, 10, 33, 33, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 33}},
    {"depthwise 5x5, dilation 2", {1, 12, 13, 17, 17, 5, 5, 1, 1, 2, 2, 4, 3, 4, 5, 17}},
    {"depthwise kernel over input", {1, 2, 3, 16, 16, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3, 16}},
    {"many rows (chunks of the weights' gradient)", {40, 12, 12, 3, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"many channels (blocks of k)", {1, 4, 5, 300, 70, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"a panel of several bands", {1, 4, 5, 1400, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"several bands, all phases", {1, 5, 6, 20, 1400, 3, 3, 1, 2, 1, 1, 1, 1, 1, 1, 1}},
    {"cin 1024 (lda of 4 KB)", {1, 4, 8, 1024, 48, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1}},
    {"3x3 of one pixel", {1, 1, 1, 3, 15, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"3x3 of 5x6", {2, 5, 6, 16, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"3x3 of 6x5, without padding", {1, 6, 5, 17, 15, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0, 1}},
    {"3x3 of 7x7", {3, 7, 7, 33, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"3x3 of 13x7, asymmetric padding", {2, 13, 7, 15, 33, 3, 3, 1, 1, 1, 1, 0, 2, 1, 0, 1}},
    {"3x3 of 9x13, padding over kernel", {1, 9, 13, 3, 1, 3, 3, 1, 1, 1, 1, 3, 4, 5, 2, 1}},
    {"3x3 of 2x21, no rows inside some tiles", {1, 2, 21, 8, 9, 3, 3, 1, 1, 1, 1, 6, 0, 7, 1, 1}},
    {"3x3, 200 to 40 channels (panels)", {2, 9, 10, 200, 40, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"3x3, 40 to 300 channels (panels)", {1, 6, 11, 40, 300, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"3x3 of 20x23, many tiles", {5, 20, 23, 24, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"batch 17 of 8x8x64", {17, 8, 8, 64, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
};
const int conv2d_case_count = sizeof conv2d_cases / sizeof conv2d_cases[0];

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
