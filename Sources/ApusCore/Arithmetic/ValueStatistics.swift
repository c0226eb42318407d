import ApusSupport

/// What a tensor's numbers are like, in float64: nothing overflows, also where float32's squares are infinite. Elements that are not finite
/// are counted, and are in nothing else.
public struct ValueStatistics: Hashable, Sendable, Codable {
  /// Elements of the tensor, or of the channel.
  public var count: Int
  /// Those that are neither infinite nor NaN.
  public var finiteCount: Int
  /// Mean of the finite elements; 0 where there is none, as everything below.
  public var mean: Double
  /// √(E[x²] − E[x]²), of the population.
  public var standardDeviation: Double
  /// The smallest and the largest element.
  public var least, largest: Float
  /// Share of the elements that are exactly 0.
  public var zeros: Double
  /// Share of the elements at an end of what the function that made them can give, where that is bounded: sigmoid below 0.01 or above
  /// 0.99, tanh beyond ±0.98. Its gradient is all but 0 there.
  public var saturated: Double?

  /// E[x²].
  public var meanSquare: Double { standardDeviation * standardDeviation + mean * mean }

  package init(_ moments: Moments, countsEnds: Bool) {
    let finite = Double(Swift.max(1, moments.finite))
    count = moments.count
    finiteCount = moments.finite
    mean = moments.mean
    standardDeviation = moments.variance.squareRoot()
    (least, largest) = (moments.least, moments.largest)
    zeros = Double(moments.zeros) / finite
    saturated = countsEnds ? Double(moments.ends) / finite : nil
  }
}

/// How many of a tensor's numbers lie where.
public struct Histogram: Hashable, Sendable, Codable {
  /// The first bin's lower end and the last one's upper end.
  public var least, largest: Float
  /// Elements of each of the bins, which are equally wide. The upper end belongs to the last.
  public var counts: [Int]

  /// The number below which `share` of the elements lie, linear within a bin; NaN where the histogram is empty.
  public func percentile(_ share: Double) -> Double {
    if !(0...1).contains(share) {
      fatalError("percentile(\(share)): a share from 0 to 1 is expected, the median is 0.5")
    }
    let total = counts.reduce(0, +)
    if total == 0 { return .nan }
    let width = (Double(largest) - Double(least)) / Double(counts.count)
    var left = share * Double(total)
    for (bin, count) in counts.enumerated() where count > 0 {
      if left <= Double(count) { return Double(least) + width * (Double(bin) + left / Double(count)) }
      left -= Double(count)
    }
    return Double(largest)
  }
}

extension Tensor {
  /// Mean, deviation, extremes and shares over all elements, in float64.
  public func statistics() -> ValueStatistics { statistics(channels: 1, ends: nil)[0] }

  /// The same for each index of the last axis.
  public func channelStatistics() -> [ValueStatistics] { statistics(channels: shape.last ?? 1, ends: nil) }

  package func statistics(channels: Int, ends: ClosedRange<Float>?) -> [ValueStatistics] {
    Kernels.moments(countable("statistics"), channels: channels, ends: ends).map {
      ValueStatistics($0, countsEnds: ends != nil)
    }
  }

  /// How many of the finite elements lie in each of `bins` equal parts of a range.
  ///
  /// - Parameters:
  ///   - range: from the smallest to the largest finite element if none is given.
  ///   - most: elements that are looked at; of more, evenly spread ones.
  public func histogram(bins: Int = 64, in range: ClosedRange<Float>? = nil, most: Int = .max) -> Histogram {
    if bins < 1 || most < 1 {
      fatalError("a histogram of \(bins) bins over at most \(most) elements, expected 1 or more")
    }
    let x = countable("histogram").stored(as: .float32)
    let range = range ?? x.finiteRange
    let step = Swift.max(1, (x.elementCount - 1) / most + 1)
    let counts = Kernels.histogram(x, every: step, in: range, bins: bins)
    return Histogram(least: range.lowerBound, largest: range.upperBound, counts: counts.map { Int($0) })
  }

  /// The number below which `share` of the elements lie, by sorting; NaN where one is NaN, or there is none.
  ///
  /// Between two elements it is linear, as NumPy's default: `percentile(0.5)` is the median.
  public func percentile(_ share: Double) -> Double {
    if !(0...1).contains(share) {
      fatalError("percentile(\(share)): a share from 0 to 1 is expected, the median is 0.5")
    }
    let values = countable("percentile").cast(to: .float64).array(of: Double.self).sorted()
    if values.isEmpty || values.contains(where: \.isNaN) { return .nan }
    let place = share * Double(values.count - 1)
    let below = Int(place)
    let part = place - Double(below)
    return part == 0 ? values[below] : values[below] + (values[below + 1] - values[below]) * part
  }

  private var finiteRange: ClosedRange<Float> {
    let moments = Kernels.moments(self, channels: 1, ends: nil)[0]
    return moments.least...moments.largest
  }

  /// Counted as they are, off the tape; whole numbers as floats.
  private func countable(_ name: StaticString) -> Tensor {
    if isPlanning { fatalError("\(name)() of a tensor without memory: while a model is planned there are no numbers") }
    let x = detached()
    return x.scalarType.isFloatingPoint ? x : x.cast(to: .float32)
  }
}
