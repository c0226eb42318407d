import ApusLayers

/// The library's layers in PyTorch's files. Layers that are made of these need nothing more; those without a twin (locally connected
/// ones, LeNet-5's trained subsampling) are written as they are.

extension Conv2D: PyTorchTwinned {
  public var twin: PyTorchTwin { .filters }
}

extension ConvTranspose2D: PyTorchTwinned {
  public var twin: PyTorchTwin { .filters }
}

/// PyTorch has no such layer; its users derive one from its convolution, whose names and axes these are.
extension WeightStandardizedConv2D: PyTorchTwinned {
  public var twin: PyTorchTwin { PyTorchTwin(PyTorchTwin.filters.weights + [.init("gain", .same)]) }
}

extension Linear: PyTorchTwinned {
  public var twin: PyTorchTwin { PyTorchTwin([.init("weight", .matrix), .init("bias", .same)]) }
}

extension BatchNorm: PyTorchTwinned {
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
  public var twin: PyTorchTwin { .vectors }
}

extension InstanceNorm: PyTorchTwinned {
  public var twin: PyTorchTwin { .vectors }
}

extension LayerNorm: PyTorchTwinned {
  public var twin: PyTorchTwin {
    let layout = shape.count > 1 ? WeightLayout.image : .same
    return PyTorchTwin([.init("weight", layout), .init("bias", layout)])
  }
}

extension PReLU: PyTorchTwinned {
  public var twin: PyTorchTwin { PyTorchTwin([.init("weight", .same)]) }
}

extension PyTorchTwin {
  fileprivate static let filters = PyTorchTwin([.init("weight", .filters), .init("bias", .same)])
  fileprivate static let vectors = PyTorchTwin([.init("weight", .same), .init("bias", .same)])
}
