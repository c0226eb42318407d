import Apus
import ApusVision

/// What a layer looks for, and what it finds.
extension LookMethod {
  /// Filters, templates and maps of a picture at most.
  private static let most = 64

  static let filters = LookMethod(
    name: "filters", summary: "a convolution's filters: in color of three channels, else the first of each one's"
  ) { subject in
    let all = Seeing.convolutions(of: subject.model)
    let chosen = try subject.path.map { [($0, try Seeing.filters(of: subject.model, at: $0))] } ?? all.map { ($0, $1) }
    if chosen.isEmpty {
      throw AttributionError("the network has no convolution; of a linear classifier templates shows what it looks for")
    }
    return chosen.map { path, filters in
      let (inputs, outputs) = (filters.shape[2], filters.shape[3])
      let shown = min(outputs, most)
      let part = filters.slice(axis: 3, range: 0..<shown).slice(axis: 2, range: 0..<(inputs == 3 ? 3 : 1))
      let each = part.transposed([3, 0, 1, 2])
      let scale = max(1, 48 / max(filters.shape[0], filters.shape[1]))
      let images = patches(each).map { $0.enlarged(by: scale) }
      let counts = shown < outputs ? "the first \(shown) of \(outputs) filters" : "\(outputs) filters"
      return LookPicture(
        name: path, caption: "\(path): \(counts), \(filters.shape[0])×\(filters.shape[1]) of \(inputs) channels",
        image: .grid(images, columns: 8, gap: 4))
    }
  }

  static let templates = LookMethod(
    name: "templates", summary: "what a linear classifier holds each image against"
  ) { subject in
    let templates = try Seeing.templates(of: subject.model, input: subject.input)
    let shown = templates.slice(axis: 0, range: 0..<min(templates.shape[0], most))
    return [
      LookPicture(
        name: "classes", caption: "templates of \(shown.shape[0]) classes, in their order",
        image: .grid(patches(shown).map { $0.enlarged(by: max(1, 96 / $0.height)) }, columns: 5, gap: 4))
    ]
  }

  static let activations = LookMethod(name: "activations", summary: "a layer's maps, each on its own scale") {
    subject in
    let layer = try subject.layer()
    let maps = try FeatureExtractor(subject.model, at: layer, input: subject.input)(subject.batch)
    if maps.rank != 4 {
      throw AttributionError("\(layer) gives \(maps.shape): give --at a layer that gives images, [N, H, W, C]")
    }
    let shown = min(maps.shape[3], most)
    return subject.images.indices.map { place in
      let channels = maps.slice(axis: 0, range: place..<place + 1).slice(axis: 3, range: 0..<shown)
        .transposed([3, 1, 2, 0]).reshaped([shown, maps.shape[1], maps.shape[2]])
      let side = max(1, 64 / max(maps.shape[1], maps.shape[2]))
      let images = (0..<shown).map {
        LookMap(channels, $0).picture(height: maps.shape[1] * side, width: maps.shape[2] * side)
      }
      let counts = shown < maps.shape[3] ? "the first \(shown) of \(maps.shape[3]) channels" : "\(shown) channels"
      return LookPicture(
        name: subject.images[place].name, caption: "\(subject.images[place].name): \(layer), \(counts)",
        image: .grid(images, columns: 8, gap: 4))
    }
  }

  static let patches = LookMethod(
    name: "patches", summary: "what excites a layer's channels most: their receptive fields in the images"
  ) { subject in
    let layer = try subject.layer()
    let shape = try FeatureExtractor(subject.model, at: layer, input: subject.input).outputShape
    let channels = 0..<min(shape.last ?? 0, 16)
    let rows = try channels.map { channel in
      try Seeing.maximalPatches(of: subject.model, at: layer, channel: channel, images: subject.batch, count: 9)
        .map { subject.cut($0) }
    }
    return [
      LookPicture(
        name: layer,
        caption: "\(layer): a row per channel, the first \(channels.count), the strongest image first",
        image: .grid(rows.flatMap { $0 }, columns: min(9, subject.images.count), gap: 4))
    ]
  }

  static let receptiveField = LookMethod(
    name: "receptive-field", summary: "how much each pixel moves the middle unit of a layer, over the images"
  ) { subject in
    let layer = try subject.layer()
    let field = try Seeing.effectiveReceptiveField(of: subject.model, at: layer, images: subject.batch)
    let map = LookMap(field.reshaped([1, field.shape[0], field.shape[1]]), 0)
    let size = subject.photo(0)
    let planned = try? Seeing.receptiveField(of: subject.model, at: layer, input: subject.batch.shape)
    return [
      LookPicture(
        name: layer,
        caption: "\(layer): mean over \(subject.images.count) images"
          + (planned.map { ", planned \($0)" } ?? ""),
        image: map.picture(height: size.height, width: size.width))
    ]
  }

  /// [K, h, w, c] as pictures of one scale: in color of three channels, 0 as middle gray; of one by blue and orange.
  private static func patches(_ filters: Tensor) -> [Image] {
    let largest = max(filters.abs().max().array(of: Float.self)[0], .leastNormalMagnitude)
    return (0..<filters.shape[0]).map { place in
      let one = filters.slice(axis: 0, range: place..<place + 1)
      if one.shape[3] == 3 { return Image(one, in: -largest...largest) }
      return LookMap(one.sum(axes: [3]), 0, largest: largest).pixels
    }
  }
}

extension LookSubject {
  /// A patch of an image, enlarged; what lies beyond the image's edge is gray.
  fileprivate func cut(_ patch: Seeing.Patch) -> Image {
    let image = Image(images[patch.image].pixels).rgb()
    var pixels = [UInt8](repeating: 128, count: patch.height * patch.width * 3)
    let (rows, columns) = patch.visible(inHeight: image.height, width: image.width)
    for row in rows {
      for column in columns {
        let (from, to) = ((row * image.width + column) * 3, ((row - patch.top) * patch.width + column - patch.left) * 3)
        for channel in 0..<3 { pixels[to + channel] = image.pixels[from + channel] }
      }
    }
    return Image(height: patch.height, width: patch.width, channels: 3, pixels: pixels)
      .enlarged(by: max(1, 64 / max(patch.height, patch.width)))
  }
}
