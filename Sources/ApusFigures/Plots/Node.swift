extension Figure {
  /// A box of a graph.
  public struct Node: Sendable {
    package let title: String
    package let detail: String
    package let sources: [Int]
    package let output: String
    package let group: String

    /// A box that reads what others make.
    ///
    /// - Parameters:
    ///   - title: its first line.
    ///   - detail: its second line, smaller.
    ///   - sources: places, in the list of nodes, of those that it reads: all before its own.
    ///   - output: written beside the arrow that leaves it, as the shape of what it makes.
    ///   - group: nodes of one group have one color, which the legend names.
    public init(_ title: String, detail: String = "", from sources: [Int] = [], output: String = "", group: String = "")
    {
      self.title = title
      self.detail = detail
      self.sources = sources
      self.output = output
      self.group = group
    }
  }
}
