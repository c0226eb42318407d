import Apus

/// Where a network puts images, as a map.
extension LookMethod {
  static let pca = LookMethod(
    name: "pca", summary: "features along their two principal components, a point per image"
  ) { subject in
    let features = try LookFeatures(subject)
    if min(features.rows.shape[0], features.rows.shape[1]) < 2 {
      throw AttributionError(
        "pca of \(features.rows.shape) features: expected two images and two numbers of each, or more")
    }
    let components = PrincipalComponents(of: features.rows, count: 2)
    let shares = components.explainedVariance.map { $0.percent(decimals: 1) }
    let figure = features.figure(
      "Principal components of \(features.layer)", components.projected(features.rows),
      x: Figure.Axis("first component", unit: "\(shares[0]) of the variance"),
      y: Figure.Axis("second component", unit: "\(shares[1]) of the variance"))
    return [
      LookPicture(
        name: features.layer,
        caption:
          "\(features.layer): \(features.images); the components explain \(shares[0]) and \(shares[1]) of the variance",
        figure: figure)
    ]
  }

  static let tsne = LookMethod(
    name: "tsne", summary: "features as a map in which neighbors stay together (t-SNE), a point per image"
  ) { subject in
    let features = try LookFeatures(subject)
    let progress = MapProgress(isShown: subject.showsProgress)
    defer { progress.end() }
    let map = try TSNE(perplexity: subject.perplexity).map(features.rows) { progress.show($0) }
    let perplexity = subject.perplexity.compact(decimals: 1, width: 8)
    return [
      LookPicture(
        name: features.layer,
        caption: "\(features.layer): \(features.images); perplexity \(perplexity), divergence "
          + "\(map.divergence.compact(decimals: 3, width: 8)) nats; distances between clusters and axes mean nothing",
        figure: features.figure("t-SNE of \(features.layer)", map.points))
    ]
  }
}
