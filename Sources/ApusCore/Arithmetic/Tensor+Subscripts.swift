import ApusSupport

/// What a subscript takes of an axis: an index, a range, `.all`, `.last(3)`.
public protocol AxisIndex {
  /// The part of an axis.
  var selection: AxisSelection { get }
}

/// Part of an axis, whose size is not known yet. A negative place counts from the end.
public struct AxisSelection: AxisIndex, Hashable, Sendable {
  /// `nil`: from the first element.
  let start: Int?
  /// `nil`: to the last element.
  let end: Int?
  /// Whether the axis goes, as its one element is taken.
  var isIndex = false
  /// As the program has it.
  let text: String

  /// Itself.
  public var selection: AxisSelection { self }

  /// Whether no size takes anything away.
  var isWhole: Bool { (start ?? 0) == 0 && end == nil && !isIndex }

  /// Places on an axis of `size` elements; `nil` where it has not so many.
  func resolved(_ size: Int) -> Range<Int>? {
    func place(_ bound: Int) -> Int { bound < 0 ? bound.addingReportingOverflow(size).partialValue : bound }
    let first = start.map(place) ?? 0
    // The end behind the last element, −1, is 0.
    let behind = isIndex ? first.addingReportingOverflow(1).partialValue : end.map(place) ?? size
    return first >= 0 && first <= behind && behind <= size ? first..<behind : nil
  }
}

extension AxisIndex where Self == AxisSelection {
  /// The whole axis.
  public static var all: AxisSelection { AxisSelection(start: nil, end: nil, text: "all") }
  /// The last `count` elements.
  public static func last(_ count: Int) -> AxisSelection {
    if count < 0 { fatalError("last(\(count)): a number of elements is 0 or more") }
    // None is no part of the axis, wherever it begins.
    return AxisSelection(start: -count, end: count == 0 ? 0 : nil, text: "last(\(count))")
  }
}

extension Int: AxisIndex {
  /// One element; the axis goes.
  public var selection: AxisSelection { AxisSelection(start: self, end: nil, isIndex: true, text: "\(self)") }
}

extension Range: AxisIndex where Bound == Int {
  /// The elements from the lower bound on, the upper one not included.
  public var selection: AxisSelection { AxisSelection(start: lowerBound, end: upperBound, text: "\(self)") }
}

extension ClosedRange: AxisIndex where Bound == Int {
  /// The elements from the lower bound on, the upper one included.
  public var selection: AxisSelection { .closed(lowerBound, upperBound, "\(self)") }
}

extension PartialRangeFrom: AxisIndex where Bound == Int {
  /// The elements from the bound on: `1...`, and `(-3)...` for the last three.
  public var selection: AxisSelection { AxisSelection(start: lowerBound, end: nil, text: "\(lowerBound)...") }
}

extension PartialRangeUpTo: AxisIndex where Bound == Int {
  /// The elements before the bound: `..<5`, and `..<(-1)` for all but the last.
  public var selection: AxisSelection { AxisSelection(start: nil, end: upperBound, text: "..<\(upperBound)") }
}

extension PartialRangeThrough: AxisIndex where Bound == Int {
  /// The elements up to the bound, which is included.
  public var selection: AxisSelection { .closed(nil, upperBound, "...\(upperBound)") }
}

extension AxisSelection {
  fileprivate static func closed(_ start: Int?, _ last: Int, _ text: String) -> AxisSelection {
    // Up to −1, the last element: no element is left out.
    AxisSelection(start: start, end: last == -1 || last == Int.max ? nil : last + 1, text: text)
  }
}

extension Tensor {
  /// Part of a tensor, an entry per axis from the outermost on; axes without an entry stay whole, and an index drops its axis.
  /// Negative places count from the end.
  ///
  /// ```swift
  /// let first = images[0]                      // [N, H, W, C] → [H, W, C]
  /// let center = images[.all, 2..<30, 2..<30]  // a margin less
  /// let last = tokens[.all, -1]                // [N, T, C] → [N, C]
  /// ```
  /// What is beyond an axis traps, or fails a `plan`. `slice` takes a step.
  public subscript(indices: any AxisIndex...) -> Tensor {
    if isPoisoned { return self }
    let selections = indices.map(\.selection)
    var y = self
    for (axis, selection) in selections.enumerated() {
      guard axis < rank, let range = selection.resolved(shape[axis]) else {
        return shapeFailure("Subscript", outside(selection, axis, of: selections.count), input: self)
      }
      // Which operations there are depends on the code alone, not on sizes, or a graph for any batch could not be told from two.
      if !selection.isWhole { y = y.slice(axis: axis, range: range) }
    }
    let kept = y.shape.indices.filter { $0 >= selections.count || !selections[$0].isIndex }
    return y.reshaped(Shape(kept.map { y.shape[$0] }))
  }

  private func outside(_ selection: AxisSelection, _ axis: Int, of count: Int) -> String {
    let what = "\(selection.isIndex ? "index" : "range") \(selection.text)"
    let place = count == 1 ? "" : " of axis \(axis)"
    if axis >= rank {
      return "\(what)\(place) of a tensor of shape \(shape), expected \(rank == 0 ? "no index" : "at most \(rank)")"
    }
    let size = shape[axis]
    let expected =
      size == 0 && selection.isIndex
      ? "a tensor with elements"
      : selection.isIndex ? "0...\(size - 1), or −\(size)...−1 from the end" : "places in 0...\(size)"
    return "\(what)\(place) of a tensor of shape \(shape), expected \(expected)"
  }
}
