import ApusCore

extension Conv2D {
  /// The convolution as a matrix: T [OH·OW·K, H·W·C] with conv(x) = T · vec(x) + bias, images row by row as (h, w, c).
  ///
  /// Its rows repeat the filter, shifted: a (doubly block) Toeplitz matrix, most of it zeros. For teaching and proofs: it has
  /// OH·OW·K·H·W·C elements.
  public func asToeplitz(height: Int, width: Int) -> Tensor {
    let filter = weight.value.detached()
    let kernel = (filter.shape[0], filter.shape[1])
    let (channels, outputs) = (filter.shape[2] * groups, filter.shape[3])
    let around = padding.resolved(
      input: (height, width), kernel: kernel, stride: stride.pair, dilation: dilation.pair)
    let geometry = ConvolutionGeometry(
      stride: stride.pair, dilation: dilation.pair, padding: around, groups: groups)
    let size = geometry.outputSize((height, width), kernel: kernel)
    if height < 1 || width < 1 || size.0 < 1 || size.1 < 1 {
      fatalError("asToeplitz: a \(kernel.0)×\(kernel.1) kernel does not fit into \(height)×\(width)")
    }
    let values = filter.array(of: Float.self)
    let (columns, groupIn, groupOut) = (height * width * channels, filter.shape[2], outputs / groups)
    return Tensor(shape: [size.0 * size.1 * outputs, columns], of: Float.self) { matrix in
      matrix.initialize(repeating: 0)
      for i in 0..<size.0 {
        for j in 0..<size.1 {
          for u in 0..<kernel.0 {
            let h = i * stride.height + u * dilation.height - around.0
            if h < 0 || h >= height { continue }
            for v in 0..<kernel.1 {
              let w = j * stride.width + v * dilation.width - around.1
              if w < 0 || w >= width { continue }
              for c in 0..<groupIn {
                for k in 0..<outputs {
                  let row = (i * size.1 + j) * outputs + k
                  let column = (h * width + w) * channels + k / groupOut * groupIn + c
                  matrix[row * columns + column] = values[((u * kernel.1 + v) * groupIn + c) * outputs + k]
                }
              }
            }
          }
        }
      }
    }
  }
}
