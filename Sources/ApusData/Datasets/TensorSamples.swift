import ApusCore
import ApusSupport

/// Samples that lie in two tensors, one of inputs and one of what is to be learned of them.
///
/// ```swift
/// let x = Tensor.uniform([500, 1], in: -2...2, seed: 1)
/// let curve = TensorSamples(x, targets: x * x)
/// for batch in curve.batches(of: 32, shuffled: 1, epoch: 1) { … }
/// ```
public struct TensorSamples: SampleSource {
  /// `[N, …]`, as the network takes them.
  package let inputs: Tensor
  /// `[N, …]`, as the loss takes them: int32 labels `[N]`, or numbers.
  package let targets: Tensor

  /// Traps unless both have the same number of samples.
  public init(_ inputs: Tensor, targets: Tensor) {
    if inputs.rank < 1 || targets.rank < 1 || inputs.shape[0] != targets.shape[0] {
      fatalError(
        """
        TensorSamples: inputs of shape \(inputs.shape) and targets of shape \(targets.shape), expected [N, …] of both with the \
        same number N of samples
        """)
    }
    self.inputs = inputs.detached()
    self.targets = targets.detached()
  }

  /// Number of samples.
  public var count: Int { inputs.shape[0] }
  /// Shape of one input.
  public var sampleShape: Shape { Shape(inputs.shape.dropFirst()) }

  /// Batches in a random order: a pure function of (seed, epoch), as that of `DataSplit`.
  public func batches(of size: Int, shuffled seed: UInt64, epoch: Int, from first: Int = 0) -> BatchSequence {
    if epoch < 0 { fatalError("epoch \(epoch)") }
    let order = Shuffle.permutation(count, seed: seed, stream: RandomDomain.shuffle | UInt64(epoch))
    return batches(of: size, order.map { Int($0) }, from: first)
  }

  /// Every sample once, in order.
  public func batches(of size: Int) -> BatchSequence { batches(of: size, Array(0..<count), from: 0) }

  /// The first samples.
  public func sample(_ count: Int) -> TensorSamples {
    let count = min(count, self.count)
    return TensorSamples(inputs.slice(axis: 0, range: 0..<count), targets: targets.slice(axis: 0, range: 0..<count))
  }

  /// Of shapes, types and every bit of both tensors.
  public var fingerprint: String? {
    var print = Fingerprint()
    for tensor in [inputs, targets] {
      print.add("\(tensor.scalarType) \(tensor.shape)")
      tensor.withUnsafeBytes { print.add($0) }
    }
    return print.text
  }

  private func batches(of size: Int, _ order: [Int], from first: Int) -> BatchSequence {
    if size < 1 { fatalError("a batch size of \(size), expected at least 1") }
    return BatchSequence(count: (order.count + size - 1) / size, from: first) { index in
      let rows = order[index * size..<min((index + 1) * size, order.count)]
      return Batch(images: TensorSamples.rows(rows, of: inputs), targets: TensorSamples.rows(rows, of: targets))
    }
  }

  /// On the calling thread alone: it makes batches ahead.
  private static func rows(_ rows: ArraySlice<Int>, of tensor: Tensor) -> Tensor {
    let size = tensor.elementCount / tensor.shape[0]
    let shape = Shape([rows.count] + tensor.shape.dropFirst())
    func chosen<Scalar: TensorScalar>(_: Scalar.Type) -> Tensor {
      tensor.withUnsafeScalars(of: Scalar.self) { all in
        Tensor(shape: shape, of: Scalar.self) { output in
          for (place, row) in rows.enumerated() {
            let source = UnsafeBufferPointer(rebasing: all[row * size..<(row + 1) * size])
            _ = UnsafeMutableBufferPointer(rebasing: output[place * size..<(place + 1) * size]).initialize(from: source)
          }
        }
      }
    }
    switch tensor.scalarType {
    case .float32: return chosen(Float.self)
    case .float64: return chosen(Double.self)
    case .int32: return chosen(Int32.self)
    case .uint8: return chosen(UInt8.self)
    }
  }
}
