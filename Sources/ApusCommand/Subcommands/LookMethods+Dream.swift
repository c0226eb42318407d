import Apus

/// What a network asks for.
extension LookMethod {
  /// Channels of a layer that are drawn.
  private static let mostChannels = 9

  static let dream = LookMethod(
    name: "dream",
    summary: "images that raise a class's score, or with --at what a layer gives: from each image, and from noise"
  ) { subject in
    try subject.path.map { try layerDreams(subject, at: $0) } ?? classDreams(subject)
  }

  /// Each image, what it becomes when its class's score is raised, and what noise becomes.
  private static func classDreams(_ subject: LookSubject) throws -> [LookPicture] {
    let ascent = ActivationAscent(steps: 60, jitter: 2, smoothness: 0.05, seed: subject.seed)
    var fromNoise: [Int: Tensor] = [:]
    return try subject.images.indices.map { place in
      let target = ActivationTarget.score(class: subject.classes[place])
      let image = subject.batch.slice(axis: 0, range: place..<place + 1)
      let raised = try ascent.image(for: target, of: subject.model, from: image)
      let made =
        try fromNoise[subject.classes[place]] ?? ascent.image(for: target, of: subject.model, from: subject.noise).image
      fromNoise[subject.classes[place]] = made
      let last = raised.objective[0][raised.objective[0].count - 1]
      return LookPicture(
        name: subject.images[place].name,
        caption:
          "\(subject.explained(place)), raised to \(last.compact(decimals: 2, width: 8)): the image, made of it, made of noise",
        picture: .row([subject.photo(place)] + [raised.image, made].map { subject.picture($0).shown() }))
    }
  }

  /// Each image with more of what the layer finds in it, then what raises the layer's first channels.
  private static func layerDreams(_ subject: LookSubject, at layer: String) throws -> [LookPicture] {
    let dreams = try subject.images.indices.map { place in
      let image = subject.batch.slice(axis: 0, range: place..<place + 1)
      let (dreamt, octaves) = try deepDream(subject, from: image, at: layer)
      return LookPicture(
        name: subject.images[place].name,
        caption: "\(subject.images[place].name): more of what \(layer) finds, "
          + (octaves == 1 ? "at the one size that the network takes" : "at \(octaves) sizes"),
        picture: .row([subject.photo(place), subject.picture(dreamt).shown()]))
    }
    let shape = try FeatureExtractor(subject.model, at: layer, input: subject.input).outputShape
    let channels = 0..<min(shape.last ?? 0, mostChannels)
    // A channel's mean is small beside a score: what smooths an image for one would leave it gray for the other.
    let ascent = ActivationAscent(steps: 60, jitter: 2, seed: subject.seed)
    let pictures = try channels.map { channel in
      subject.picture(
        try ascent.image(for: .channel(channel, at: layer), of: subject.model, from: subject.noise).image
      ).shown(least: 96)
    }
    return dreams + [
      LookPicture(
        name: layer,
        caption: "\(layer): made of noise for each of the first \(channels.count) of \(shape.last ?? 0) channels",
        picture: .grid(pictures, columns: 3))
    ]
  }

  /// At several sizes where the network takes other ones than its own.
  private static func deepDream(
    _ subject: LookSubject, from image: Tensor, at layer: String
  ) throws -> (image: Tensor, octaves: Int) {
    func dreamt(_ octaves: Int) throws -> (image: Tensor, octaves: Int) {
      let ascent = ActivationAscent(steps: 20, stepSize: 0.03, jitter: 2, octaves: octaves, seed: subject.seed)
      return (try ascent.image(for: .layer(layer), of: subject.model, from: image).image, octaves)
    }
    do { return try dreamt(3) } catch is PlanError { return try dreamt(1) }
  }
}
