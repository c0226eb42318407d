import CApus

extension ConvolutionSettings {
  /// Height and width of the output, as the C core counts them; 0 on a side that has no window.
  package func outputSize(_ size: IntOrPair, kernel: IntOrPair) -> IntOrPair {
    IntOrPair(
      windows(size.height, kernel.height, stride.height, dilation.height, padding.top, padding.bottom),
      windows(size.width, kernel.width, stride.width, dilation.width, padding.left, padding.right))
  }
}

extension PoolingSettings {
  /// Height and width of the output, as the C core counts them; 0 on a side that has no window.
  package func outputSize(_ size: IntOrPair) -> IntOrPair {
    ConvolutionSettings(stride: stride, padding: padding).outputSize(size, kernel: kernel)
  }
}

/// Along one side. Each is asked for by itself: what both together would overflow is told by who makes the plan.
private func windows(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ after: Int) -> Int {
  var side = apus_conv2d(
    batch: 1, height: Int64(size), width: 1, in_channels: 1, out_channels: 1, kernel_h: Int64(kernel), kernel_w: 1,
    stride_h: Int64(stride), stride_w: 1, dilation_h: Int64(dilation), dilation_w: 1, pad_top: Int64(before),
    pad_left: 0,
    pad_bottom: Int64(after), pad_right: 0, groups: 1)
  var (count, one) = (Int64(0), Int64(0))
  return apus_conv2d_output_size(&side, &count, &one, nil) == APUS_OK ? Int(count) : 0
}
