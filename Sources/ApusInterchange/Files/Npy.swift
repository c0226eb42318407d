import ApusCore
import ApusSupport

/// One tensor in a file, in numpy's npy format. Reading executes nothing: object arrays, which hold pickles, are refused.
///
/// float32, float64, int32 and uint8 are Tensor's own scalar types. float16 is read as float32, int64 as int32 where every value
/// fits, int16 and int8 as int32, bool as uint8; other dtypes are refused. Big-endian numbers and Fortran order are read as well.
public enum Npy {
  /// Reads the file at `path`. Throws if anything in it is not as the format says.
  public static func read(_ path: String) throws(FileError) -> Tensor {
    try decode(File.contents(of: path), file: path)
  }

  /// The tensor in `bytes`; `file` is named in errors.
  package static func decode(_ bytes: [UInt8], file: String) throws(FileError) -> Tensor {
    try typed(bytes[...], file: file, part: "").value
  }

  /// The tensor, and the type of its elements in the file.
  /// - Parameter part: the part of the file that `bytes` are, as errors name it.
  static func typed(
    _ bytes: ArraySlice<UInt8>, file: String, part: String
  ) throws(FileError) -> (value: Tensor, type: StoredType) {
    let header = try NpyHeader(bytes, file: file, part: part)
    let data = bytes.dropFirst(header.byteCount)
    if data.count != header.dataByteCount {
      throw FileError(
        file, part: part,
        found: "\(data.count < header.dataByteCount ? "a truncated file: " : "")\(data.count) bytes of data",
        expected: "\(header.dataByteCount) for \(header.dtype) of shape \(header.layout.shape)")
    }
    guard let tensor = header.layout.tensor(in: data) else {
      throw FileError(
        file, part: part, found: "\(header.dtype) values outside the range of int32", expected: "values that fit")
    }
    return (tensor, header.layout.type)
  }

  /// Writes `tensor` to the file at `path` atomically, byte for byte as `numpy.save` does.
  public static func write(_ tensor: Tensor, to path: String) throws {
    let writer = try AtomicFile.Writer(path)
    try writer.append(NpyHeader.encoded(tensor.scalarType, tensor.shape))
    try tensor.withUnsafeBytes { try writer.append($0) }
    try writer.commit()
  }

  /// The bytes of a file with `tensor`.
  package static func encode(_ tensor: Tensor) -> [UInt8] {
    NpyHeader.encoded(tensor.scalarType, tensor.shape) + tensor.withUnsafeBytes { Array($0) }
  }
}
