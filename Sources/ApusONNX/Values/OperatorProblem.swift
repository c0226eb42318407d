/// Why an operator cannot do its work on what it is given; completes a sentence that begins with the operator.
struct OperatorProblem: Error {
  var text: String

  init(_ text: String) { self.text = text }
}
