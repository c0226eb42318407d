import ApusCore
import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Values of hyperparameters by name.
public typealias Candidate = [String: Double]

/// What a search looks through.
public enum SearchSpace {
  /// Every combination of the values, the first axis slowest.
  public static func grid(_ axes: KeyValuePairs<String, [Double]>) -> [Candidate] {
    axes.reduce([[:]]) { candidates, axis in
      candidates.flatMap { candidate in
        axis.value.map { value in candidate.merging([axis.key: value]) { _, new in new } }
      }
    }
  }

  /// Where a random value comes from.
  public enum Axis: Hashable, Sendable {
    case uniform(ClosedRange<Double>)
    /// Uniform in the logarithm: for learning rates and weight decay.
    case logarithmic(ClosedRange<Double>)
    case choice([Double])

    func value(at part: Double) -> Double {
      switch self {
      case .uniform(let range): range.lowerBound + part * (range.upperBound - range.lowerBound)
      case .logarithmic(let range): range.lowerBound * exp(part * log(range.upperBound / range.lowerBound))
      case .choice(let values): values[min(values.count - 1, Int(part * Double(values.count)))]
      }
    }

    func check(_ name: String) {
      switch self {
      case .uniform: break
      case .logarithmic(let range) where range.lowerBound <= 0:
        fatalError("a logarithmic axis \(name) begins at \(range.lowerBound): it must be above 0")
      case .logarithmic: break
      case .choice(let values) where values.isEmpty: fatalError("an axis \(name) of no values")
      case .choice: break
      }
    }
  }

  /// `count` independent draws, a pure function of the seed. Bergstra & Bengio 2012, "Random search for hyper-parameter
  /// optimization": where few of the axes matter it finds better values than a grid of as many.
  public static func random(_ axes: KeyValuePairs<String, Axis>, count: Int, seed: UInt64 = 1) -> [Candidate] {
    if count < 0 { fatalError("\(count) candidates") }
    for (name, axis) in axes { axis.check(name) }
    let numbers = Random.uniform(seed: seed, stream: RandomDomain.search, count: count * axes.count)
    return (0..<count).map { row in
      var candidate: Candidate = [:]
      for (column, (name, axis)) in axes.enumerated() {
        candidate[name] = axis.value(at: Double(numbers[row * axes.count + column]))
      }
      return candidate
    }
  }
}

/// A candidate's training as the search sees it.
public struct SearchResult: Sendable {
  /// The hyperparameters that were tried.
  public let candidate: Candidate
  /// The validation score after each epoch, the larger the better.
  public package(set) var scores: [Double] = []
  /// Whether it was given up before its last epoch.
  package var isStopped = false

  /// The highest score that is not NaN; `nil` if there is none.
  public var best: Double? { scores.filter { !$0.isNaN }.max() }
}

/// Of numbers in ascending order, at least one: of an even number of them the mean of the middle two.
private func median(_ sorted: [Double]) -> Double {
  (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// Trains candidates one after the other and gives up those that go badly: after epoch e, from `grace` epochs on, a run is stopped where
/// its best score so far is below the median of what the earlier runs had on average up to e (the median rule of Golovin et al. 2017,
/// "Google Vizier"), or its score is NaN.
///
/// - Parameter start: makes the training of a candidate: a closure that trains one more epoch and returns the validation score.
/// - Returns: all results, the best first; of equal ones the earlier.
public func search(
  _ candidates: [Candidate], epochs: Int, grace: Int = 1,
  start: (Candidate) throws -> (_ epoch: Int) throws -> Double
) throws -> [SearchResult] {
  if epochs < 1 || grace < 1 { fatalError("search: \(epochs) epochs with a grace of \(grace): at least 1 each") }
  var results: [SearchResult] = []
  for candidate in candidates {
    var result = SearchResult(candidate: candidate)
    let train = try start(candidate)
    for epoch in 0..<epochs {
      let score = try train(epoch)
      result.scores.append(score)
      if epoch + 1 == epochs { break }
      let averages = results.filter { $0.scores.count > epoch }
        .map { $0.scores[...epoch].reduce(0, +) / Double(epoch + 1) }.filter { !$0.isNaN }.sorted()
      let isBad = epoch + 1 >= grace && !averages.isEmpty && (result.best ?? -.infinity) < median(averages)
      if score.isNaN || isBad {
        result.isStopped = true
        break
      }
    }
    results.append(result)
  }
  return results.enumerated().sorted {
    let (a, b) = ($0.element.best ?? -.infinity, $1.element.best ?? -.infinity)
    return a != b ? a > b : $0.offset < $1.offset
  }.map(\.element)
}
