import Apus
import ApusVision

extension Image {
  /// Draws a line of text whose upper left corner is at `place`, smooth. What reaches beyond the image is left out,
  /// and everything at a place that is no number.
  ///
  /// - Parameter background: fills the line's rectangle before, so that it can be read on any picture.
  /// - Returns: the rectangle that the line takes.
  /// - Throws: `FileError` if FreeType cannot draw the text with this font.
  @discardableResult
  public mutating func draw(
    _ text: String, at place: Point, font: Font, color: Color, background: Color? = nil
  ) throws(FileError) -> Box {
    if !place.x.isFinite || !place.y.isFinite {
      return Box(left: place.x, top: place.y, right: place.x, bottom: place.y)
    }
    let line = try font.line(of: text)
    let (left, top) = (Image.whole(place.x), Image.whole(place.y))
    let (rows, columns) = (top..<top + line.height, left..<left + line.width)
    if let background {
      blend([Float](repeating: 1, count: rows.count * columns.count), rows: rows, columns: columns, color: background)
    }
    blend(line.coverage.map { Float($0) / 255 }, rows: rows, columns: columns, color: color)
    return Box(
      left: Float(columns.lowerBound), top: Float(rows.lowerBound), right: Float(columns.upperBound),
      bottom: Float(rows.upperBound))
  }
}
