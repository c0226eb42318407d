import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The elements of an SVG text, or what is wrong with it.
final class XMLElements: NSObject, XMLParserDelegate {
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var texts: [String] = []
  private(set) var problem: String?
  private var open: [String] = []

  init(_ text: String) {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    if !parser.parse() { problem = "\(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")" }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.append((name, attributes))
    open.append(name)
    texts.append("")
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { texts[texts.count - 1] += text }

  /// The elements that have a class among theirs, with the text inside each.
  func styled(_ style: String) -> [(attributes: [String: String], text: String)] {
    zip(elements, texts).compactMap { element, text in
      (element.attributes["class"] ?? "").split(separator: " ").contains(Substring(style))
        ? (element.attributes, text.trimmingCharacters(in: .whitespacesAndNewlines)) : nil
    }
  }

  /// Numbers in an attribute of the elements that have a class among theirs.
  func numbers(_ attribute: String, of style: String) -> [[Double]] {
    elements.filter { ($0.attributes["class"] ?? "").split(separator: " ").contains(Substring(style)) }
      .compactMap { $0.attributes[attribute] }
      .map { $0.split { ", ".contains($0) }.compactMap { Double($0) } }
  }
}

/// Fields of a CSV text, quotes resolved.
func csvRows(_ text: String) -> [[String]] {
  var (rows, row, field, isQuoted): ([[String]], [String], String, Bool) = ([], [], "", false)
  var rest = Substring(text)
  while let character = rest.popFirst() {
    switch character {
    case "\"" where isQuoted && rest.first == "\"":
      field.append("\"")
      rest.removeFirst()
    case "\"": isQuoted.toggle()
    case "," where !isQuoted:
      row.append(field)
      field = ""
    case "\n" where !isQuoted:
      rows.append(row + [field])
      (row, field) = ([], "")
    default: field.append(character)
    }
  }
  return rows
}
