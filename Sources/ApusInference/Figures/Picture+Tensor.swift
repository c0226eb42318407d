import ApusCore
import ApusFigures
import ApusSupport

extension Picture {
  /// The picture that a tensor holds, uint8 `[H, W, C]` with one channel (gray) or three (RGB), rows from the top.
  public init(_ tensor: Tensor) {
    let shape = tensor.shape
    if shape.count != 3 || (shape[2] != 1 && shape[2] != 3) || tensor.scalarType != .uint8 {
      fatalError("Picture: \(tensor.scalarType) \(shape), expected uint8 [H, W, 1] or [H, W, 3]")
    }
    self.init(width: shape[1], height: shape[0], channels: shape[2], pixels: tensor.array(of: UInt8.self))
  }
}
