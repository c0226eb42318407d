import ApusCore
import ApusSupport

/// The windows of a convolution as rows: x [N, H, W, C] → [N, OH, OW, KH·KW·C], each in the order (u, v, c) of a filter
/// [KH, KW, C, K]; padding is zeros. So conv2d(x, w) = patches(x) · w as a matrix, the view of convolution as patch processing.
public func patches(
  _ x: Tensor, kernel: some IntOrPairConvertible, stride: some IntOrPairConvertible = 1,
  padding: some PaddingConvertible = 0, dilation: some IntOrPairConvertible = 1
) -> Tensor {
  let (kernel, stride, dilation) = (kernel.intOrPair, stride.intOrPair, dilation.intOrPair)
  let padding = padding.imagePadding
  if x.isPoisoned { return x }
  guard kernel.isSize, stride.isSize, dilation.isSize else {
    fatalError(
      "patches: kernel \(kernel), stride \(stride) and dilation \(dilation) must be in 1...\(IntOrPair.largest)")
  }
  guard x.rank == 4 else { return shapeFailure("Patches", "expects [N, H, W, C], input is \(x.shape)", input: x) }
  let image = IntOrPair(x.shape[1], x.shape[2])
  let around = padding.resolved(input: image, kernel: kernel, stride: stride, dilation: dilation)
  let size = ConvolutionSettings(stride: stride, dilation: dilation, padding: around).outputSize(image, kernel: kernel)
  let (height, width) = size.pair
  guard height > 0, width > 0 else {
    return shapeFailure(
      "Patches", "of \(kernel) with padding \(padding) do not fit into the input \(x.shape)", input: x)
  }
  let (top, left, bottom, right) = around.tuple
  let padded = x.padded([(0, 0), (top, bottom), (left, right), (0, 0)], isListed: false)
  let channels = x.shape[3]
  let strides = padded.shape.contiguousStrides
  // A stride beyond the image has one window, a dilation beyond it one tap: neither step is taken.
  let (rows, columns) = (padded.shape[1], padded.shape[2])
  let steps = [strides[0], min(stride.height, rows) * strides[1], min(stride.width, columns) * strides[2]]
  let taps = [min(dilation.height, rows) * strides[1], min(dilation.width, columns) * strides[2]]
  let windows: Shape = [x.shape[0], height, width, kernel.height, kernel.width, channels]

  let tape = Tape.recording(padded)
  let y = Kernels.gather(padded, shape: windows, strides: steps + taps + [1]).viewed(
    as: [x.shape[0], height, width, kernel.height * kernel.width * channels])
  if let tape {
    let input = padded.shape
    tape.record(y, padded.body.node) { gradient in
      // A tap's windows do not overlap each other: tap by tap the gradients are added to what the pixels have so far.
      let whole = Tensor.zeros(input, gradient.scalarType)
      let pixels: Shape = [input[0], height, width, channels]
      let rows = windows.contiguousStrides
      for u in 0..<kernel.height {
        for v in 0..<kernel.width {
          let place = u * taps[0] + v * taps[1]
          let part = Kernels.gather(
            gradient, shape: pixels, strides: [rows[0], rows[1], rows[2], 1], offset: u * rows[3] + v * rows[4])
          let present = Kernels.gather(whole, shape: pixels, strides: steps + [1], offset: place)
          Kernels.scatter(present + part, into: whole, strides: steps + [1], offset: place)
        }
      }
      return whole
    }
  }
  report(
    "Patches", y, from: [padded], as: .patches(PatchSettings(kernel: kernel, stride: stride, dilation: dilation)),
    with: .init(window: .init(kernel: kernel.pair, stride: stride.pair, dilation: dilation.pair, before: (top, left))))
  return y
}
