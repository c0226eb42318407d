import ApusCore
import ApusSupport

extension Conv2D {
  /// The convolution as a matrix: T [OH·OW·K, H·W·C] with conv(x) = T · vec(x) + bias, images row by row as (h, w, c).
  ///
  /// Its rows repeat the filter, shifted: a (doubly block) Toeplitz matrix, most of it zeros. For teaching and proofs: it has
  /// OH·OW·K·H·W·C elements.
  public func asToeplitz(height: Int, width: Int) -> Tensor {
    let filter = weight.value.detached()
    let kernel = IntOrPair(filter.shape[0], filter.shape[1])
    let (channels, outputs) = (filter.shape[2] * groups, filter.shape[3])
    let around = padding.resolved(
      input: IntOrPair(height, width), kernel: kernel, stride: stride, dilation: dilation)
    let settings = ConvolutionSettings(stride: stride, dilation: dilation, padding: around, groups: groups)
    let size = settings.outputSize(IntOrPair(height, width), kernel: kernel)
    if height < 1 || width < 1 || size.height < 1 || size.width < 1 {
      fatalError("asToeplitz: a \(kernel) kernel does not fit into \(height)×\(width)")
    }
    let values = filter.array(of: Float.self)
    let (columns, groupIn, groupOut) = (height * width * channels, filter.shape[2], outputs / groups)
    return Tensor(shape: [size.height * size.width * outputs, columns], of: Float.self) { matrix in
      matrix.initialize(repeating: 0)
      for i in 0..<size.height {
        for j in 0..<size.width {
          for u in 0..<kernel.height {
            let h = i * stride.height + u * dilation.height - around.top
            if h < 0 || h >= height { continue }
            for v in 0..<kernel.width {
              let w = j * stride.width + v * dilation.width - around.left
              if w < 0 || w >= width { continue }
              for c in 0..<groupIn {
                for k in 0..<outputs {
                  let row = (i * size.width + j) * outputs + k
                  let column = (h * width + w) * channels + k / groupOut * groupIn + c
                  matrix[row * columns + column] = values[((u * kernel.width + v) * groupIn + c) * outputs + k]
                }
              }
            }
          }
        }
      }
    }
  }
}
