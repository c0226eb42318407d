/// Why a script could not be compiled or started, in words for its author.
struct ScriptError: Error, CustomStringConvertible {
  let description: String
}
