import Apus

/// Where in an image a class is.
extension LookMethod {
  static let occlusion = LookMethod(
    name: "occlusion", summary: "how much the score falls where a square is covered"
  ) { subject in
    // A square of an eighth of the side, half of it apart: some two hundred copies of an image.
    let size = IntOrPair(max(1, subject.input[0] / 8), max(1, subject.input[1] / 8))
    let stride = IntOrPair(max(1, size.height / 2), max(1, size.width / 2))
    let falls = try Attribution.occlusion(
      of: subject.model, at: subject.batch, classes: subject.classes, size: size, stride: stride)
    return subject.overlays(falls) { "\(subject.explained($0)), squares of \(size)" }
  }

  static let classActivation = LookMethod(
    name: "cam", summary: "maps behind which are an average and one linear layer"
  ) { subject in
    let maps = try Attribution.classActivation(of: subject.model, at: subject.batch, classes: subject.classes)
    return subject.overlays(relu(maps)) { subject.explained($0) }
  }

  static let gradCAM = LookMethod(name: "grad-cam", summary: "maps of a layer, weighed by their mean gradient") {
    subject in
    let layer = try subject.layer()
    let maps = try Attribution.gradCAM(
      of: subject.model, at: subject.batch, classes: subject.classes, path: layer)
    return subject.overlays(maps) { "\(subject.explained($0)), at \(layer)" }
  }

  static let excitation = LookMethod(
    name: "excitation", summary: "the probability that a unit of a layer won"
  ) { try excitations($0, contrastive: false) }

  static let contrastiveExcitation = LookMethod(
    name: "contrastive-excitation", summary: "the same, less what speaks against the class"
  ) { try excitations($0, contrastive: true) }

  private static func excitations(_ subject: LookSubject, contrastive: Bool) throws -> [LookPicture] {
    let layer = try subject.layer()
    let mass = try Attribution.excitation(
      of: subject.model, at: subject.batch, classes: subject.classes, path: layer, contrastive: contrastive)
    if mass.rank != 4 {
      throw AttributionError("\(layer) gives \(mass.shape): give --at a layer that gives images, [N, H, W, C]")
    }
    let places = mass.sum(axes: [3])
    return subject.overlays(contrastive ? relu(places) : places) { "\(subject.explained($0)), at \(layer)" }
  }
}
