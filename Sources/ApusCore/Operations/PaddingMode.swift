/// What `padded` puts around a tensor.
public enum PaddingMode: Hashable, Sendable {
  /// One number, rounded to the tensor's scalar type.
  case constant(Double)
  /// The elements beside the edge, mirrored at it without the edge itself: c b | a b c | b a. Fewer than the axis has elements.
  case reflect
  /// The edge's element again: a a | a b c | c c.
  case replicate
}
