import ApusCore

/// Gradient descent of a map, as in the program of van der Maaten: each coordinate has a gain, larger by 0.2 where its gradient keeps
/// the direction, times 0.8 where it turns (R. Jacobs, "Increased rates of convergence through learning rate adaptation", 1988).
package struct MapDescent {
  private static let leastGain: Float = 0.01

  /// [2, N], around 0.
  package private(set) var map: Tensor
  private var velocity: [Float]
  private var gains: [Float]

  package init(_ map: Tensor) {
    self.map = map
    velocity = [Float](repeating: 0, count: map.elementCount)
    gains = [Float](repeating: 1, count: map.elementCount)
  }

  /// velocity ← momentum · velocity − rate · gain · gradient; map ← map + velocity, moved back around 0.
  package mutating func step(_ gradient: Tensor, learningRate: Double, momentum: Double) {
    let (rate, momentum) = (Float(learningRate), Float(momentum))
    gradient.withUnsafeScalars(of: Float.self) { gradient in
      for place in gradient.indices {
        // Against the velocity: the direction in which the map was moving is still the right one.
        let keeps = velocity[place] * gradient[place] < 0
        gains[place] = max(MapDescent.leastGain, keeps ? gains[place] + 0.2 : gains[place] * 0.8)
        velocity[place] = momentum * velocity[place] - rate * gains[place] * gradient[place]
      }
    }
    let moved = map + Tensor(velocity, shape: map.shape)
    map = moved - moved.mean(axes: [1], keepingAxes: true)
  }
}
