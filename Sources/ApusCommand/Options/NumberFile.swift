import Apus

/// Arrays of numbers in `.npy` files, as float32.
enum NumberFile {
  /// A batch of images, [N, H, W, C].
  static func images(_ path: String) throws -> Tensor {
    let images = try floats(path)
    if images.rank != 4 || images.elementCount == 0 {
      throw FileError(path, found: "shape \(images.shape)", expected: "a batch of images, [N, H, W, C]")
    }
    return images
  }

  static func floats(_ path: String) throws -> Tensor {
    let values = try Npy.read(path)
    if !values.scalarType.isFloatingPoint {
      throw FileError(path, found: values.scalarType.rawValue, expected: "float32 or float64")
    }
    return values.cast(to: .float32)
  }
}
