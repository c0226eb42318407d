import ApusCore

/// In what order a file lists the features of a flattened image: h, w and c for height, width and channels, the outermost first.
/// PyTorch's `flatten` of an image makes `chw`; behind `x.permute(0, 3, 2, 1)` it makes `whc`. Axes of size 1 do not matter, and
/// signals [N, L, C] have a width alone.
public enum FlattenedOrder: String, Hashable, Sendable, CaseIterable {
  /// Channels first.
  case chw, cwh
  /// Height first.
  case hwc, hcw
  /// Width first.
  case whc, wch

  var axes: [FeatureOrder.Axis.Name] {
    rawValue.map { $0 == "h" ? .height : $0 == "w" ? .width : .channels }
  }
}
