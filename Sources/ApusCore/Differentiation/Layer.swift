import ApusSupport

/// A part of a network, or a whole one: a type with layers, parameters and buffers as properties, and what it does to a tensor.
///
/// ```swift
/// struct Block: Layer {
///   let conv = Conv2D(64, 64, kernel: 3, padding: .same, bias: false)
///   let norm = BatchNorm(64)
///   func forward(_ x: Tensor) -> Tensor { relu(norm(conv(x)) + x) }
/// }
/// let y = Block()(x)
/// ```
/// A layer implements `forward`, and is called like a function. The call tells the operations inside where they run, so that plans,
/// errors, observers and feature extraction name the layer by its path in the model; `forward` called by itself does not.
///
/// State lives in `Parameter` and `Buffer`, which are references: copying a layer copies the references, so both copies train together.
///
/// `print(model)` shows the layers, the shapes of their parameters and how many numbers they learn.
///
/// A layer may declare its argument as `Tensor` or, to let the next operation reuse the memory, as `consuming Tensor`.
public protocol Layer: Model {
  /// The layer's result for `x`. The layer's comment says which shapes it takes and makes; another shape traps, or fails a `plan`.
  func forward(_ x: consuming Tensor) -> Tensor

  /// `forward`, at the layer's place in the model. It is there already: a layer that implements it itself, in place of `forward`, runs,
  /// but its operations are named as those of the layer around it.
  func callAsFunction(_ x: consuming Tensor) -> Tensor
}

extension Layer {
  /// Runs `forward`, and tells the operations in it that they are this layer's.
  public func callAsFunction(_ x: consuming Tensor) -> Tensor {
    guard let scope = Scope.current else {
      // A scope of plain inference changes nothing but that errors can tell where they are.
      let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
      var x = Optional(consume x)
      return scope.run { self(x.take()!) }
    }
    scope.enter(self)
    var y = forward(x)
    if scope.isListenedTo { y = scope.tellLayerReturned(y) }
    scope.leave()
    return y
  }

  /// What a layer that implements `callAsFunction` itself does.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if Scope.current?.isEntering(Self.self) ?? false {
      fatalError("\(Self.self): a Layer implements forward(_ x: Tensor) -> Tensor, which this one lacks")
    }
    return self(x)
  }
}
