/// Decodes many files on as many threads as the library computes with, into one tensor.
struct ImageFolderDecoding {
  private let files: [String]
  private let options: ImageFolder.Options
  private let reader: ImageFolder.Reader

  init(_ files: [String], _ options: ImageFolder.Options, _ reader: @escaping ImageFolder.Reader) {
    self.files = files
    self.options = options
    self.reader = reader
  }

  /// The images, and what is in the files. Where files are refused, the error is that of the first in the list.
  func dataset(
    labels: [Int32], classNames: [String], source: String
  ) throws -> (dataset: ImageDataset, contents: [DataFile.Content]) {
    let size = options.input.reduce(1, *)
    let failures = Failures()
    var contents = [DataFile.Content](repeating: .init(byteCount: 0, fingerprint: 0), count: files.count)
    let images = contents.withUnsafeMutableBufferPointer { contents in decoded(size, contents, failures) }
    if let first = failures.first { throw first }
    return (
      try ImageDataset(images: images, labels: labels, classNames: classNames, source: source), contents
    )
  }

  private func decoded(
    _ size: Int, _ contents: UnsafeMutableBufferPointer<DataFile.Content>, _ failures: Failures
  ) -> Tensor {
    Tensor(shape: Shape([files.count] + options.input), of: UInt8.self) { pixels in
      let target = Target(pixels: pixels.baseAddress!, contents: contents.baseAddress!)
      let threadCount = max(1, min(Runtime.threadCount, files.count))
      let threads = (0..<threadCount).map { first in
        Joinable { decode(from: first, by: threadCount, size, into: target, failures) }
      }
      for thread in threads { thread.join() }
    }
  }

  private func decode(from first: Int, by step: Int, _ size: Int, into target: Target, _ failures: Failures) {
    for index in stride(from: first, to: files.count, by: step) where !failures.hasOne(before: index) {
      do {
        target.contents[index] = DataFile.Content(try File.contents(of: files[index]))
        let bytes = try reader(files[index], options)
        if bytes.count != size {
          throw DataError(
            files[index], found: "\(bytes.count) bytes from the reader",
            expected: "\(size) for an image of \(options.input)")
        }
        (target.pixels + index * size).initialize(from: bytes, count: size)
      } catch {
        failures.add(error, at: index)
      }
    }
  }

  /// `@unchecked Sendable` for the pointers: thread k of n writes to the places k, k + n, … alone, and the one that made the memory
  /// waits for all of them before it reads.
  private struct Target: @unchecked Sendable {
    let pixels: UnsafeMutablePointer<UInt8>
    let contents: UnsafeMutablePointer<DataFile.Content>
  }

  private final class Failures: Sendable {
    private typealias Failure = (index: Int, error: any Error)
    private let earliest = Monitor<Failure?>(nil)

    func add(_ error: any Error, at index: Int) {
      earliest.locked { if index < $0?.index ?? .max { $0 = (index, error) } }
    }

    func hasOne(before index: Int) -> Bool { earliest.locked { index > $0?.index ?? .max } }

    var first: (any Error)? { earliest.locked { $0?.error } }
  }
}
