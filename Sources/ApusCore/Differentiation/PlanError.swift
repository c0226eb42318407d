/// A model and an input that do not fit: found by `plan`, before any training starts.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the layer in the model, `layer1.0.conv1`; empty where the operation belongs to no layer.
  package var path: String
  /// The operation: `Conv2D`.
  package var operation: String
  /// What is wrong: what was expected and what came.
  package var problem: String
  /// The types of layers of one's own, outside of the library, that the operation runs in, the innermost first: `["Gate", "Net"]`.
  package var owners: [String]

  package init(path: String, operation: String, problem: String, owners: [String] = []) {
    self.path = path
    self.operation = operation
    self.problem = problem
    self.owners = owners
  }

  /// One line, `PATH: OPERATION PROBLEM (in OWNER of OWNER)`, without what is empty.
  public var description: String {
    (path.isEmpty ? "" : path + ": ") + operation + " " + problem
      + (owners.isEmpty ? "" : " (in \(owners.joined(separator: " of ")))")
  }
}
