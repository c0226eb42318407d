import Apus

/// What a layer looks for, and what it finds.
extension LookMethod {
  /// Filters, templates and maps of a picture at most.
  private static let most = 64

  static let filters = LookMethod(
    name: "filters", summary: "a convolution's filters"
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
      let pictures = FilterPictures.drawn(part).map { $0.shown(least: 48) }
      let counts = shown < outputs ? "the first \(shown) of \(outputs) filters" : "\(outputs) filters"
      return LookPicture(
        name: path, caption: "\(path): \(counts), \(filters.shape[0])×\(filters.shape[1]) of \(inputs) channels",
        picture: .grid(pictures, columns: 8))
    }
  }

  static let templates = LookMethod(
    name: "templates", summary: "what a linear classifier holds images against"
  ) { subject in
    let templates = try Seeing.templates(of: subject.model, input: subject.input)
    let shown = templates.slice(axis: 0, range: 0..<min(templates.shape[0], most))
    let pictures = FilterPictures.drawn(shown.transposed([1, 2, 3, 0])).map { $0.shown(least: 96) }
    return [
      LookPicture(
        name: "classes", caption: "templates of \(shown.shape[0]) classes, in their order",
        picture: .grid(pictures, columns: 5))
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
      let channels = LookMaps(maps[place].slice(axis: 2, range: 0..<shown).transposed([2, 0, 1]))
      let pictures = (0..<shown).map { channels.picture($0).shown(least: 64) }
      let counts = shown < maps.shape[3] ? "the first \(shown) of \(maps.shape[3]) channels" : "\(shown) channels"
      return LookPicture(
        name: subject.images[place].name, caption: "\(subject.images[place].name): \(layer), \(counts)",
        picture: .grid(pictures, columns: 8))
    }
  }

  static let patches = LookMethod(
    name: "patches", summary: "what excites a layer's channels most, in the images"
  ) { subject in
    let layer = try subject.layer()
    let shape = try FeatureExtractor(subject.model, at: layer, input: subject.input).outputShape
    let channels = 0..<min(shape.last ?? 0, 16)
    let rows = try Seeing.maximalPatches(
      of: subject.model, at: layer, channels: Array(channels), images: subject.poolBatch)
    let pictures = rows.flatMap { $0.map { subject.cut($0) } }
    return [
      LookPicture(
        name: layer,
        caption:
          "\(layer): a row per channel, the first \(channels.count); of \(subject.pool.count) images the strongest first",
        picture: .grid(pictures, columns: min(9, subject.pool.count)))
    ]
  }

  static let receptiveField = LookMethod(
    name: "receptive-field", summary: "how much each pixel moves a layer's middle unit"
  ) { subject in
    let layer = try subject.layer()
    let field = try Seeing.effectiveReceptiveField(of: subject.model, at: layer, images: subject.batch)
    let planned = try? Seeing.receptiveField(of: subject.model, at: layer, input: subject.batch.shape)
    return [
      LookPicture(
        name: layer,
        caption: "\(layer): mean over \(subject.images.count) images"
          + (planned.map { ", planned \($0)" } ?? ""),
        picture: LookMaps(field.unsqueezed(0)).picture(0).shown())
    ]
  }
}

extension LookSubject {
  /// A patch of an image, enlarged; what lies beyond the image's edge is gray. Of a unit that sees more than the image's height or width it is
  /// all of that.
  fileprivate func cut(_ patch: Seeing.Patch) -> Picture {
    let image = Picture(pool[patch.image].reshaped(input))
    let (top, height) = patch.height > image.height ? (0, image.height) : (patch.top, patch.height)
    let (left, width) = patch.width > image.width ? (0, image.width) : (patch.left, patch.width)
    let (rows, columns) = (max(0, top)..<min(top + height, image.height), max(0, left)..<min(left + width, image.width))
    var pixels = [UInt8](repeating: 128, count: height * width * image.channels)
    for row in rows {
      let from = (row * image.width + columns.lowerBound) * image.channels
      let to = ((row - top) * width + columns.lowerBound - left) * image.channels
      let count = columns.count * image.channels
      pixels.replaceSubrange(to..<to + count, with: image.pixels[from..<from + count])
    }
    return Picture(width: width, height: height, channels: image.channels, pixels: pixels).shown(least: 64)
  }
}
