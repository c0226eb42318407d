import ApusCore
import ApusSupport

extension Initializer {
  /// A transposed convolution that enlarges bilinearly, each channel by itself, where its stride is half of its even kernel: filters
  /// [KH, KW, K / groups, C] have (1 − |u − center| / f)(1 − |v − center| / f), f = ⌈kernel / 2⌉, where output and input channel are the
  /// same, else 0. Long, Shelhamer & Darrell 2015, "Fully convolutional networks", section 3.3.
  public static let bilinear = Initializer { shape, _, _, _, _ in
    guard shape.count == 4, shape[3] % shape[2] == 0 else {
      fatalError(
        "bilinear of a parameter of shape \(shape): it takes filters [KH, KW, K / groups, C] with as many outputs as inputs"
      )
    }
    func triangle(_ size: Int) -> [Float] {
      let factor = Float((size + 1) / 2)
      let center = Float(size - 1) / 2
      return (0..<size).map { 1 - abs(Float($0) - center) / factor }
    }
    let (rows, columns) = (triangle(shape[0]), triangle(shape[1]))
    let (outputs, inputs) = (shape[2], shape[3])
    return Tensor(shape: shape, of: Float.self) { buffer in
      buffer.initialize(repeating: 0)
      for (u, row) in rows.enumerated() {
        for (v, column) in columns.enumerated() {
          let place = (u * columns.count + v) * outputs * inputs
          for input in 0..<inputs { buffer[place + input % outputs * inputs + input] = row * column }
        }
      }
    }
  }
}
