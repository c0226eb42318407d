import Apus

/// Einsum of one or two operands, as sums and a product of matrices: `bhid,bhjd->bhij`. No operand may name an axis twice.
func einsumOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  let equation = try context.anyText("equation").filter { $0 != " " }
  guard let form = EinsumForm(equation) else {
    throw context.problem("the equation \(NodeNames.quoted(equation))", "one or two operands, each axis named once")
  }
  return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
    if operands.count != form.operands.count {
      throw OperatorProblem("of \(operands.count) operands, and the equation has \(form.operands.count)")
    }
    var terms: [EinsumTerm] = []
    for place in 0..<operands.count {
      terms.append(try EinsumTerm(try operands.take(place), form.operands[place]))
    }
    return [.tensor(try form.result(of: terms))]
  }
}

/// An equation, its axes named by letters, those that `...` stands for by their places from the end.
private struct EinsumForm {
  enum Label: Hashable {
    case letter(Character)
    case rest(Int)
  }

  /// `nil` in an operand is `...`.
  let operands: [[Character?]]
  /// `nil`: in alphabetical order those that appear once, behind `...`.
  private let output: [Character?]?

  init?(_ equation: String) {
    let sides = equation.split(separator: "->", omittingEmptySubsequences: false)
    var lists: [[Character?]] = []
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false)
    for text in terms + sides.dropFirst().prefix(1) {
      let pieces = text.split(separator: "...", omittingEmptySubsequences: false)
      let letters = pieces.joined()
      guard pieces.count <= 2, letters.allSatisfy(\.isLetter), Set(letters).count == letters.count else { return nil }
      let parts = pieces.map { $0.map(Optional.some) }
      lists.append(Array(parts.joined(separator: [nil])))
    }
    if sides.count > 2 || terms.isEmpty || terms.count > 2 { return nil }
    operands = Array(lists[..<terms.count])
    output = sides.count == 2 ? lists[terms.count] : nil
  }

  private func wanted(_ terms: [EinsumTerm]) -> [Label] {
    let all = terms.flatMap(\.labels)
    let rest = Set(all).compactMap { if case .rest(let place) = $0 { place } else { nil } }.sorted(by: >)
    if let output { return output.flatMap { letter in letter.map { [.letter($0)] } ?? rest.map { .rest($0) } } }
    let once = all.filter { label in all.count { $0 == label } == 1 }
    let letters = once.compactMap { if case .letter(let letter) = $0 { letter } else { nil } }.sorted()
    return rest.map { .rest($0) } + letters.map { .letter($0) }
  }

  func result(of terms: [EinsumTerm]) throws(OperatorProblem) -> LaidTensor {
    var sizes: [Label: Int] = [:]
    for term in terms {
      for (label, size) in zip(term.labels, term.value.shape) {
        if let known = sizes[label], known != size {
          throw OperatorProblem(
            "of shapes \(terms.map(\.value.shape)), in which an axis has sizes \(known) and \(size)")
        }
        sizes[label] = size
      }
    }
    let wanted = wanted(terms)
    if wanted.contains(where: { sizes[$0] == nil }) { throw OperatorProblem("makes an axis that no operand has") }
    // What one operand alone has, and the result does not, is summed over first.
    let reduced = terms.enumerated().map { place, term in
      term.summed { label in
        wanted.contains(label)
          || terms.enumerated().contains { $0.offset != place && $0.element.labels.contains(label) }
      }
    }
    let (value, labels) = reduced.count == 1 ? (reduced[0].value, reduced[0].labels) : product(reduced, wanted, sizes)
    _ = try checkedShape(wanted.map { sizes[$0] ?? 1 })
    return value.transposed(wanted.map { labels.firstIndex(of: $0) ?? 0 })
  }

  /// Axes of both operands are a batch where the result has them, otherwise summed over.
  private func product(
    _ terms: [EinsumTerm], _ wanted: [Label], _ sizes: [Label: Int]
  ) -> (value: LaidTensor, labels: [Label]) {
    let (left, right) = (terms[0].labels, terms[1].labels)
    let shared = left.filter(right.contains)
    let (batch, inner) = (shared.filter(wanted.contains), shared.filter { !wanted.contains($0) })
    let (rows, columns) = (left.filter { !right.contains($0) }, right.filter { !left.contains($0) })
    func count(_ labels: [Label]) -> Int { labels.reduce(1) { $0 * (sizes[$1] ?? 1) } }
    func matrices(_ term: EinsumTerm, _ first: [Label], _ second: [Label]) -> Tensor {
      term.value.inOrder((batch + first + second).map { term.labels.firstIndex(of: $0) ?? 0 })
        .reshaped([count(batch), count(first), count(second)])
    }
    let y = matmul(matrices(terms[0], rows, inner), matrices(terms[1], inner, columns))
    let labels = batch + rows + columns
    return (LaidTensor(y.reshaped(Shape(labels.map { sizes[$0] ?? 1 }))), labels)
  }
}

/// An operand with its axes' names.
private struct EinsumTerm {
  let value: LaidTensor
  let labels: [EinsumForm.Label]

  init(_ value: LaidTensor, _ names: [Character?]) throws(OperatorProblem) {
    let letters = names.count { $0 != nil }
    let rest = value.rank - letters
    guard rest >= 0, rest == 0 || letters != names.count else {
      throw OperatorProblem("of \(value.rank) axes, and the equation names \(letters)")
    }
    labels = names.flatMap { name -> [EinsumForm.Label] in
      name.map { [.letter($0)] } ?? (0..<rest).reversed().map { .rest($0) }
    }
    self.value = value
  }

  private init(value: LaidTensor, labels: [EinsumForm.Label]) { (self.value, self.labels) = (value, labels) }

  func summed(except isKept: (EinsumForm.Label) -> Bool) -> EinsumTerm {
    let gone = labels.indices.filter { !isKept(labels[$0]) }
    if gone.isEmpty { return self }
    let y = value.plain.sum(axes: gone, keepingAxes: false)
    return EinsumTerm(value: LaidTensor(y), labels: labels.filter(isKept))
  }
}
