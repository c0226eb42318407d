import Apus
import Foundation
import Testing

/// `--json`: what a command prints for people, for programs.
extension CommandTests {
  private func object(_ run: Finished, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
    #expect(run.status == 0, "\(run.errors)", sourceLocation: sourceLocation)
    return try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], sourceLocation: sourceLocation)
  }

  /// Two sets of weights of LeNet-5 in one file, so that there is something to note.
  private func checkpoint(_ folder: TemporaryFolder) throws -> (path: String, input: String) {
    let model = Random.withSeed(2) { LeNet5(classes: 4) }
    let tensors = try model.weights(input: [1, 28, 28, 1]).tensors
    let (path, input) = (folder.path + "/two", folder.path + "/x.npy")
    try Safetensors.write(
      ["model", "ema"].flatMap { set in tensors.map { ("\(set).\($0.name)", $0.value) } }, to: path)
    try Npy.write(Tensor.normal([3, 28, 28, 1], seed: 3), to: input)
    return (path, input)
  }

  @Test func featuresPrintsJSON() throws {
    let folder = try TemporaryFolder()
    let (weights, input) = try checkpoint(folder)
    let output = folder.path + "/f.npy"
    let arguments = [
      "features", "lenet5", "--weights", weights, "--prefix", "ema", "--at", "features.0", "--input", input, "-o",
      output,
    ]
    let result = try object(apus(words: arguments + ["--json"]))
    #expect(result.keys.sorted() == ["at", "features", "images", "network", "notes", "output"])
    #expect(result["network"] as? String == "lenet5" && result["at"] as? String == "features.0")
    #expect(result["output"] as? String == output && result["images"] as? [Int] == [3, 28, 28, 1])
    #expect(try result["features"] as? [Int] == Array(Npy.read(output).shape))
    // The same for people.
    let notes = try #require(result["notes"] as? [String])
    #expect(notes == ["removed from the names: ema.", "outside the prefix, not read 10: \(Self.outside)"])
    let text = try apus(words: arguments)
    #expect(
      text.output == "lenet5 at features.0: [3, 28, 28, 1] to [3, 28, 28, 6] in \(output)\n"
        + notes.map { $0 + "\n" }.joined(), "\(text.output)")
  }

  private static let outside = "model.classifier.1.bias, model.classifier.1.weight, model.classifier.3.bias and 7 more"

  @Test func exportPrintsJSON() throws {
    let folder = try TemporaryFolder()
    let (weights, _) = try checkpoint(folder)
    let output = folder.path + "/m.onnx"
    let arguments = ["export", "lenet5", "--weights", weights, "--prefix", "ema", "-o", output]
    let result = try object(apus(words: arguments + ["--json"]))
    #expect(result.keys.sorted() == ["batch", "bytes", "input", "logits", "notes", "operator_set", "output"])
    #expect(result["output"] as? String == output && result["batch"] as? String == "dynamic")
    #expect(try result["bytes"] as? Int == bytes(of: output).count && result["operator_set"] as? Int == 17)
    #expect(result["input"] as? [Int] == [1, 28, 28] && result["logits"] as? [Int] == [4])
    let notes = try #require(result["notes"] as? [String])
    #expect(notes.first == "removed from the names: ema.")
    let text = try apus(words: arguments + ["--batch", "5"])
    #expect(text.output.hasPrefix(notes.map { $0 + "\n" }.joined() + "wrote \(output) (opset 17, "), "\(text.output)")
    #expect(text.output.hasSuffix("input [5,1,28,28], output logits [5,4]\n"))
    #expect(try object(apus(words: arguments + ["--batch", "5", "--json"]))["batch"] as? String == "5")
  }

  @Test func forwardPrintsJSON() throws {
    let folder = try TemporaryFolder()
    let (weights, input) = try checkpoint(folder)
    let (output, labels, rounding) = (folder.path + "/y.npy", folder.path + "/l.npy", folder.path + "/r.csv")
    try Npy.write(Tensor([0 as Int32, 3, 1]), to: labels)
    let arguments = [
      "forward", "lenet5", "--weights", weights, "--prefix", "ema", "--input", input, "-o", output, "--json",
    ]
    let plain = try object(apus(words: arguments))
    #expect(plain.keys.sorted() == ["logits", "network", "notes", "output", "tensors", "weights"])
    #expect(plain["logits"] as? [Int] == [3, 4] && plain["tensors"] as? Int == 10)
    #expect((plain["notes"] as? [String])?.first == "removed from the names: ema.")
    let trained = try object(
      apus(words: arguments + ["--training", "--labels", labels, "--rounding", rounding, "--gradients", output + "2"]))
    #expect(trained["gradients"] as? String == output + "2" && trained["output"] as? String == output)
    let found = try #require(trained["rounding"] as? [String: Any])
    #expect(found.keys.sorted() == ["decisions", "differing", "file", "own_decisions", "same_decisions"])
    let errors = String(decoding: try File.contents(of: rounding), as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("gradient,") }.compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
    #expect(errors.count == 10 && found["same_decisions"] as? Double == errors.max())
  }

  @Test func weightsPrintsJSON() throws {
    let folder = try TemporaryFolder()
    let (weights, _) = try checkpoint(folder)
    let to = folder.path + "/w.npz"
    let result = try object(apus("weights", "lenet5", weights, "--prefix", "ema", "--to", to, "--json"))
    #expect(
      result.keys.sorted()
        == [
          "converted", "counters", "file", "is_layout_recorded", "layout", "matched", "network", "outside", "prefix",
          "renamed", "skipped", "to", "unreached",
        ])
    #expect(result["layout"] as? String == "pytorch" && result["is_layout_recorded"] as? Bool == false)
    #expect(result["prefix"] as? String == "ema" && (result["outside"] as? [String])?.count == 10)
    let matched = try #require(result["matched"] as? [[String: Any]])
    #expect(matched.count == 10 && matched.contains { $0["name"] as? String == "features.0.weight" })
    #expect(matched.count { $0["is_transposed"] as? Bool == true } == 5)
    #expect(try result["to"] as? String == to && WeightsFile.read(to).tensors.count == 10)
  }

  @Test func verifyPrintsJSON() throws {
    let run = try apus("zoo", "verify", "vgg16", "--json")
    let lines = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
    let whole = try #require(lines.first { ($0["here"] as? [String: Any])?["parameters"] as? Int == 138_357_544 })
    #expect(whole["network"] as? String == "vgg16" && whole["verdict"] as? String != "differs")
    #expect(lines.allSatisfy { $0["source"] is String && $0["line"] is String && $0["printed"] is [String: Any] })
    let text = try apus("zoo", "verify", "vgg16")
    let equal = lines.count { $0["verdict"] as? String == "equal" }
    let errata = lines.count { $0["verdict"] as? String == "erratum" && $0["erratum"] is String }
    #expect(text.output.hasSuffix("\(equal) lines equal, \(errata) known errata, 0 differing\n") && run.status == 0)
  }

  /// Every command has the option, or writes its results into files.
  @Test func everyCommandThatPrintsAResultHasIt() throws {
    let list = try apus("fly").errors
    let names = try #require(list.firstMatch(of: /The commands are (.*?)(\(|\n|$)/)).1
    let all = names.split(separator: ",").map { $0.trimmingCharacters(in: [" ", "\n", ")", "."]) }
    let without = ["train", "segment", "script"]
    #expect(Set(all).isSuperset(of: without + ["features", "export", "import"]) && all.count >= 13, "\(all)")
    let results = all.filter { !without.contains($0) }.map { $0 == "zoo" ? "zoo list" : $0 } + ["zoo verify"]
    for name in results {
      let help = try apus(words: name.split(separator: " ").map(String.init) + ["--help"])
      #expect(help.output.contains("--json"), "\(name)")
    }
  }
}
