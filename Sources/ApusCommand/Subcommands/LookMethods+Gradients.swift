import Apus

extension LookMethod {
  static let saliency = LookMethod(
    name: "saliency", summary: "how much each pixel moves the score: |gradient|"
  ) { subject in
    subject.maps(try Attribution.saliency(of: subject.model, at: subject.batch, classes: subject.classes)) {
      subject.explained($0)
    }
  }

  static let gradientTimesInput = LookMethod(
    name: "gradient-times-input", summary: "gradient × input: parts of a linear score"
  ) { subject in
    subject.maps(try Attribution.gradientTimesInput(of: subject.model, at: subject.batch, classes: subject.classes)) {
      subject.explained($0)
    }
  }

  static let smoothGrad = LookMethod(name: "smoothgrad", summary: "the gradient's mean over noisy copies") { subject in
    let mean = try Attribution.smoothGradient(
      of: subject.model, at: subject.batch, classes: subject.classes, seed: subject.seed)
    return subject.maps(mean.abs().max(axes: [3])) { subject.explained($0) }
  }

  static let integratedGradients = LookMethod(
    name: "integrated-gradients", summary: "parts of the score's rise from the mean image"
  ) { subject in
    let parts = try Attribution.integratedGradients(of: subject.model, at: subject.batch, classes: subject.classes)
    let sums = parts.sum(axes: [1, 2, 3]).array(of: Float.self)
    let start = subject.model(Tensor.zeros(subject.batch.shape))
    return subject.maps(parts) { image in
      let rise = subject.scores[image] - start[image, subject.classes[image]].array(of: Float.self)[0]
      return subject.explained(image)
        + ", parts \(Double(sums[image]).compact(decimals: 3, width: 8)) of a rise by \(Double(rise).compact(decimals: 3, width: 8))"
    }
  }

  static let deconvolution = LookMethod(
    name: "deconvolution", summary: "back through rectified gradients (deconvnet)"
  ) { subject in
    subject.maps(try Attribution.deconvolution(of: subject.model, at: subject.batch, classes: subject.classes)) {
      subject.explained($0)
    }
  }

  static let guidedBackprop = LookMethod(
    name: "guided-backprop", summary: "the same, through units that were active alone"
  ) { subject in
    subject.maps(
      try Attribution.guidedBackpropagation(of: subject.model, at: subject.batch, classes: subject.classes)
    ) { subject.explained($0) }
  }
}
