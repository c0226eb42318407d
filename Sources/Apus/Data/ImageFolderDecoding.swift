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

  /// Where files are refused, the error is that of the first in the list.
  func dataset(labels: [Int32], classNames: [String], source: String) throws -> ImageDataset {
    let size = options.input.reduce(1, *)
    let failures = Failures()
    let images = Tensor(shape: Shape([files.count] + options.input), of: UInt8.self) { pixels in
      let target = Target(start: pixels.baseAddress!)
      let threadCount = max(1, min(Runtime.threadCount, files.count))
      let threads = (0..<threadCount).map { first in
        Joinable { decode(from: first, by: threadCount, size, into: target, failures) }
      }
      for thread in threads { thread.join() }
    }
    if let first = failures.first { throw first }
    return try ImageDataset(images: images, labels: labels, classNames: classNames, source: source)
  }

  private func decode(from first: Int, by step: Int, _ size: Int, into target: Target, _ failures: Failures) {
    for index in stride(from: first, to: files.count, by: step) where !failures.hasOne(before: index) {
      do {
        let bytes = try reader(files[index], options)
        if bytes.count != size {
          fatalError("\(files[index]): a reader gave \(bytes.count) bytes for an image of \(options.input)")
        }
        (target.start + index * size).initialize(from: bytes, count: size)
      } catch {
        failures.add(error, at: index)
      }
    }
  }

  /// `@unchecked Sendable` for the pointer: each thread writes to images of its own, and all have ended when the memory is read.
  private struct Target: @unchecked Sendable {
    let start: UnsafeMutablePointer<UInt8>
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
