import Apus
import Foundation
import Testing

private let names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

/// A record: its class, then planes of red = pixel's row, green = its column, blue = `blue`.
private func record(_ label: UInt8, blue: UInt8) -> [UInt8] {
  let rows = (0..<1024).map { UInt8($0 / 32) }
  let columns = (0..<1024).map { UInt8($0 % 32) }
  return [label] + rows + columns + [UInt8](repeating: blue, count: 1024)
}

private func records(_ count: Int, blue: UInt8 = 0) -> [UInt8] {
  (0..<count).flatMap { record(UInt8($0 % 10), blue: blue &+ UInt8($0)) }
}

private func folder(train: [[UInt8]], test: [UInt8]?, meta: String? = names.joined(separator: "\n") + "\n\n") throws
  -> TemporaryFolder
{
  let folder = try TemporaryFolder()
  for (index, bytes) in train.enumerated() { try folder.file("data_batch_\(index + 1).bin", bytes) }
  if let test { try folder.file("test_batch.bin", test) }
  if let meta { try folder.file("batches.meta.txt", Array(meta.utf8)) }
  return folder
}

@Suite struct CIFAR10Tests {
  @Test func loadsPlanesAsPixels() throws {
    let folder = try folder(train: [records(20), records(30, blue: 100)], test: records(10, blue: 7))
    let splits = try CIFAR10.load(folder: folder.path)
    #expect(splits.train.count == 45 && splits.validation.count == 5 && splits.test.count == 10)
    #expect(splits.imageShape == [32, 32, 3] && splits.classNames == names)
    #expect(splits.test.labels == (0..<10).map { Int32($0) })
    let image = splits.test.image(at: 3).array(of: UInt8.self)
    for (y, x) in [(0, 0), (0, 31), (5, 9), (31, 31)] {
      #expect(Array(image[(y * 32 + x) * 3..<(y * 32 + x) * 3 + 3]) == [UInt8(y), UInt8(x), 10])
    }
  }

  @Test func refusesDamagedFiles() throws {
    let whole = records(10)
    func expectRefusal(
      _ words: String..., train: [[UInt8]] = [records(20)], test: [UInt8]? = records(10),
      meta: String? = names.joined(separator: "\n")
    ) throws {
      let folder = try folder(train: train, test: test, meta: meta)
      do {
        _ = try CIFAR10.load(folder: folder.path)
        Issue.record("accepted; expected \(words)")
      } catch { for word in words { #expect("\(error)".contains(word), "\(word) is missing in: \(error)") } }
    }
    try expectRefusal("data_batch_1.bin", train: [])
    try expectRefusal("test_batch.bin", "binary version", test: nil)
    try expectRefusal("test_batch.bin", "30729 bytes", "records of 3073", test: Array(whole.dropLast()))
    try expectRefusal("test_batch.bin", "0 bytes", test: [])
    var wrong = whole
    wrong[2 * 3073] = 10
    try expectRefusal("test_batch.bin", "class 10 in record 2 (byte 6146)", "0...9", test: wrong)
    try expectRefusal("batches.meta.txt", meta: nil)
    try expectRefusal("batches.meta.txt", "9 different names", meta: names.dropLast().joined(separator: "\n"))
  }

  @Test(.enabled(if: testDataFolder != nil, "APUS_TEST_DATA names no folder with cifar10/"))
  func readsRealImages() throws {
    let splits = try CIFAR10.load(folder: #require(testDataFolder) + "/cifar10")
    #expect(splits.train.count + splits.validation.count >= 10_000 && splits.test.count == 10_000)
    // A thousand test images per class, whatever their order.
    #expect((Int32(0)..<10).allSatisfy { label in splits.test.labels.count { $0 == label } == 1000 })
    // The means of the whole training set are 0.4914, 0.4822, 0.4465.
    for (mean, known) in pairs(splits.normalization.mean, [0.4914, 0.4822, 0.4465]) {
      #expect(abs(Double(mean) - known) < 6e-3)
    }
  }
}

@Suite struct CIFARResNetTests {
  /// He et al. 2016, table 6, give 0.27, 0.46, 0.66, 0.85 and 1.7 million.
  @Test(arguments: [(20, 272_474), (32, 466_906), (44, 661_338), (56, 855_770), (110, 1_730_714)])
  func parameterCounts(depth: Int, parameters: Int) throws {
    let plan = try CIFARResNet(depth: depth).plan(input: [2, 32, 32, 3])
    #expect(plan.parameters == parameters && plan.outputShape == [2, 10])
  }

  @Test func namesAreThoseOfItsProperties() {
    let paths = CIFARResNet().parameters.map(\.path)
    #expect(paths.count == 65)
    #expect(paths.first == "conv1.weight" && paths.last == "fc.bias")
    #expect(paths.contains("stage2.0.downsample.0.weight") && !paths.contains("stage1.0.downsample.0.weight"))
  }

  @Test func gradients() {
    let model = Random.withSeed(2) { CIFARResNet(depth: 8, classes: 3) }
    let result = gradientCheck(of: model) {
      crossEntropy(logits: model(doubles([2, 8, 8, 3], seed: 4)), labels: Tensor([Int32(0), 2], shape: [2]))
    }
    #expect(result.count > 0 && result.largestError < 1e-5, "\(result)")
  }

  @Test func globalAveragePoolingIsTheMeanOfTheImage() {
    let x = floats([2, 17, 19, 5], seed: 1)
    expectClose(
      globalAveragePool2d(x), x.cast(to: .float64).mean(axes: [1, 2]).array(of: Double.self), tolerance: 1e-5)
    #expect(globalAveragePool2d(x).shape == [2, 1, 1, 5])
    expectGradients(at: [doubles([2, 3, 4, 2], seed: 5)]) { (globalAveragePool2d($0[0]) * $0[0]).sum() }
  }
}
