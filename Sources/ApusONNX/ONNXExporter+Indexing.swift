import Apus

/// Operations by the places of elements. In a file indices are int64.
extension ONNXExporter {
  mutating func gather(_ axis: Int, _ perElement: Bool) throws {
    let x = node.inputs[0]
    // One axis of indices leaves images what they are.
    let layout = perElement || shape(node.inputs[1]).count != 1 ? .own : imageLayout(x)
    let inputs = [try tensor(x, layout), try indices(node.inputs[1])]
    let operation = perElement ? "GatherElements" : "Gather"
    finish(emit(operation, inputs, [("axis", .integer(self.axis(axis, layout)))]), layout)
  }

  mutating func scatterAdd(_ axis: Int) throws {
    let inputs = [
      try tensor(node.inputs[0], .own), try indices(node.inputs[1]),
      try tensor(node.inputs[2], .own, role: "updates"),
    ]
    finish(emit("ScatterElements", inputs, [("axis", .integer(axis)), ("reduction", .text("add"))]), .own)
  }

  /// The grid has no channels: it stays as it is.
  mutating func gridSample(_ settings: GridSettings) throws {
    let inputs = [
      try tensor(node.inputs[0], .channelsFirst, role: "images"), try tensor(node.inputs[1], .own, role: "grid"),
    ]
    let attributes: ONNXFile.Attributes = [
      ("align_corners", .integer(settings.alignCorners ? 1 : 0)),
      ("mode", .text(settings.isNearest ? "nearest" : "bilinear")),
      ("padding_mode", .text(settings.atBorder ? "border" : "zeros")),
    ]
    finish(emit("GridSample", inputs, attributes), .channelsFirst)
  }

  /// The second result of TopK.
  mutating func order(_ count: Int, _ descending: Bool) throws {
    let inputs = [try tensor(node.inputs[0], .own), integers([count])]
    let attributes: ONNXFile.Attributes = [
      ("axis", .integer(-1)), ("largest", .integer(descending ? 1 : 0)), ("sorted", .integer(1)),
    ]
    finish(emit("TopK", inputs, attributes, before: 1), .own)
  }
}
