import ApusLayers

/// The library's layers in PyTorch's files. Layers that are made of these need nothing more; those without a twin (locally connected
/// ones, LeNet-5's trained subsampling) are written as they are.

extension Conv2D: PyTorchTwinned {
  /// In the file: `weight` (K, C / groups, KH, KW), `bias` (K).
  public var twin: PyTorchTwin { .filters }
}

extension Conv1D: PyTorchTwinned {
  /// In the file: `weight` (K, C / groups, kernel), `bias` (K).
  public var twin: PyTorchTwin { .filters }
}

extension MultiHeadAttention: PyTorchTwinned {
  /// In the file: `in_proj_weight` (3·C, C), `in_proj_bias` (3·C), `out_proj.weight` (C, C), `out_proj.bias` (C).
  public var twin: PyTorchTwin {
    PyTorchTwin([
      .init("inWeight", .matrix, name: "in_proj_weight"), .init("inBias", .same, name: "in_proj_bias"),
      .init("outWeight", .matrix, name: "out_proj.weight"), .init("outBias", .same, name: "out_proj.bias"),
    ])
  }
}

/// PyTorch has no such layer; the name is that of the networks which have it.
extension LayerScale: PyTorchTwinned {
  /// In the file: `gamma` (C).
  public var twin: PyTorchTwin { PyTorchTwin([.init("gamma", .same)]) }
}

extension ConvTranspose2D: PyTorchTwinned {
  /// In the file: `weight` (C, K / groups, KH, KW), `bias` (K).
  public var twin: PyTorchTwin { .filters }
}

/// PyTorch has no such layer; its users derive one from its convolution, whose names and axes these are.
extension WeightStandardizedConv2D: PyTorchTwinned {
  /// In the file: `weight` (K, C / groups, KH, KW), `bias` (K), `gain` (K).
  public var twin: PyTorchTwin { PyTorchTwin(PyTorchTwin.filters.weights + [.init("gain", .same)]) }
}

extension Linear: PyTorchTwinned {
  /// In the file: `weight` (out, in), `bias` (out).
  public var twin: PyTorchTwin { PyTorchTwin([.init("weight", .matrix), .init("bias", .same)]) }
}

extension BatchNorm: PyTorchTwinned {
  /// In the file: `weight`, `bias`, `running_mean` and `running_var`, each (C), or (C, H, W) per activation; and a counter.
  public var twin: PyTorchTwin {
    let layout = runningMean.shape.count > 1 ? WeightLayout.image : .same
    return PyTorchTwin(
      [
        .init("weight", layout), .init("bias", layout), .init("runningMean", layout, name: "running_mean"),
        .init("runningVariance", layout, name: "running_var"),
      ],
      counters: ["num_batches_tracked"])
  }
}

extension GroupNorm: PyTorchTwinned {
  /// In the file: `weight` (C), `bias` (C).
  public var twin: PyTorchTwin { .vectors }
}

extension InstanceNorm: PyTorchTwinned {
  /// In the file: `weight` (C), `bias` (C).
  public var twin: PyTorchTwin { .vectors }
}

extension LayerNorm: PyTorchTwinned {
  /// In the file: `weight` and `bias`, with the channels first if they have several axes.
  public var twin: PyTorchTwin {
    let layout = shape.count > 1 ? WeightLayout.image : .same
    return PyTorchTwin([.init("weight", layout), .init("bias", layout)])
  }
}

extension PReLU: PyTorchTwinned {
  /// In the file: `weight`, with one slope or one per channel.
  public var twin: PyTorchTwin { PyTorchTwin([.init("weight", .same)]) }
}

extension PyTorchTwin {
  fileprivate static let filters = PyTorchTwin([.init("weight", .filters), .init("bias", .same)])
  fileprivate static let vectors = PyTorchTwin([.init("weight", .same), .init("bias", .same)])
}
