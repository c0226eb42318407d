import ApusCore
import ApusSupport

/// Decodes many files on as many threads as the library computes with, into one tensor.
package struct ImageFolderDecoding {
  private let files: [(path: String, label: Int32)]
  private let folder: String
  private let options: ImageFolder.Options
  private let reader: ImageFolder.Reader

  /// - Parameters:
  ///   - files: with paths below `folder`.
  package init(
    _ files: [(path: String, label: Int32)], in folder: String, _ options: ImageFolder.Options,
    _ reader: @escaping ImageFolder.Reader
  ) {
    self.files = files
    self.folder = folder
    self.options = options
    self.reader = reader
  }

  /// The images, and what is in the files.
  ///
  /// - Parameter source: the folder that paths are told below: `folder`, or one that it is in.
  /// - Throws: if files are refused, the error of the first in the list; unless such files are left out, and some are left.
  package func decoded(classNames: [String], below source: String) throws -> ImageFolder.Decoded {
    let failures = Failures(keepsAll: options.damaged == .skip)
    var contents = [DataFile.Content](repeating: .init(byteCount: 0, fingerprint: 0), count: files.count)
    let images = contents.withUnsafeMutableBufferPointer { contents in decodeAll(contents, failures) }
    let failed = failures.all
    // An error that is not about the file, such as an interruption of the reading, is not damage.
    let refused = failed.first { options.damaged == .stop || !($0.error is FileError || $0.error is DataError) }
    if let refused { throw options.damaged == .stop ? DamagedImages.withHint(refused.error) : refused.error }
    let lost = Set(failed.map(\.index))
    let kept = files.indices.filter { !lost.contains($0) }
    let prefix = folder == source ? "" : String(folder.utf8.dropFirst(source.utf8.count + 1))! + "/"
    let skipped = failed.map { failure in
      SkippedImage(
        path: prefix + files[failure.index].path, reason: reason(failure.error, path(failure.index)))
    }
    if kept.isEmpty { try DamagedImages.check(skipped, of: files.count, folder) }
    let dataset = try ImageDataset(
      images: kept.count == files.count ? images : taken(kept, of: images), labels: kept.map { files[$0].label },
      classNames: classNames, source: source)
    return ImageFolder.Decoded(
      dataset: dataset, paths: kept.map { prefix + files[$0].path }, drawPaths: kept.map { files[$0].path },
      contents: kept.map { contents[$0] }, skipped: skipped)
  }

  private func path(_ index: Int) -> String { "\(folder)/\(files[index].path)" }

  /// An error's text without the path, which stands beside it.
  private func reason(_ error: any Error, _ path: String) -> String {
    let text = "\(error)"
    return text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
  }

  private func decodeAll(
    _ contents: UnsafeMutableBufferPointer<DataFile.Content>, _ failures: Failures
  ) -> Tensor {
    Tensor(shape: Shape([files.count] + options.input), of: UInt8.self) { pixels in
      let target = Target(pixels: pixels.baseAddress!, contents: contents.baseAddress!)
      let threadCount = max(1, min(Runtime.threadCount, files.count))
      let threads = (0..<threadCount).map { first in
        Joinable { decode(from: first, by: threadCount, into: target, failures) }
      }
      for thread in threads { thread.join() }
    }
  }

  private func decode(from first: Int, by step: Int, into target: Target, _ failures: Failures) {
    let size = options.input.reduce(1, *)
    for index in stride(from: first, to: files.count, by: step) where !failures.makesNeedless(index) {
      do {
        let path = path(index)
        let content = try File.contents(of: path, limit: ImageFolder.fileLimit)
        target.contents[index] = DataFile.Content(content)
        let bytes = try reader(content, path, options)
        if bytes.count != size {
          throw DataError(
            path, found: "\(bytes.count) bytes from the reader", expected: "\(size) for an image of \(options.input)")
        }
        (target.pixels + index * size).initialize(from: bytes, count: size)
      } catch {
        failures.add(error, at: index)
      }
    }
  }

  /// The images at those places alone.
  private func taken(_ kept: [Int], of images: Tensor) -> Tensor {
    let size = options.input.reduce(1, *)
    return images.withUnsafeScalars(of: UInt8.self) { all in
      Tensor(shape: Shape([kept.count] + options.input), of: UInt8.self) { pixels in
        for (place, index) in kept.enumerated() {
          (pixels.baseAddress! + place * size).initialize(from: all.baseAddress! + index * size, count: size)
        }
      }
    }
  }

  /// `@unchecked Sendable` for the pointers: thread k of n writes to the places k, k + n, … alone, and the one that made the memory
  /// waits for all of them before it reads.
  private struct Target: @unchecked Sendable {
    let pixels: UnsafeMutablePointer<UInt8>
    let contents: UnsafeMutablePointer<DataFile.Content>
  }

  /// Of the first file in the list, or of all.
  private final class Failures: Sendable {
    typealias Failure = (index: Int, error: any Error)
    private let keepsAll: Bool
    private let failures = Monitor<[Failure]>([])

    init(keepsAll: Bool) { self.keepsAll = keepsAll }

    func add(_ error: any Error, at index: Int) {
      failures.locked { failures in
        if keepsAll || failures.isEmpty {
          failures.append((index, error))
        } else if index < failures[0].index {
          failures[0] = (index, error)
        }
      }
    }

    /// Whether a file before this one has failed, and that is all that will be told.
    func makesNeedless(_ index: Int) -> Bool {
      !keepsAll && failures.locked { failures in failures.first.map { index > $0.index } ?? false }
    }

    /// In the order of the list.
    var all: [Failure] { failures.locked { $0.sorted { $0.index < $1.index } } }
  }
}
