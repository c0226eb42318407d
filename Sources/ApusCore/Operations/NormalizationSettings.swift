/// How group norm sees a tensor: samples of positions of channels, groups of neighboring channels.
package struct GroupView {
  var batch: Int
  var positions: Int
  var channels: Int
  var groups: Int
  var epsilon: Double

  package init(batch: Int, positions: Int, channels: Int, groups: Int, epsilon: Double) {
    self.batch = batch
    self.positions = positions
    self.channels = channels
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Values that share a mean.
  package var members: Int { positions * (channels / groups) }
}

/// Numbers of local response norm.
package struct ResponseWindow {
  var size: Int
  var alpha: Double
  var beta: Double
  var k: Double

  package init(size: Int, alpha: Double, beta: Double, k: Double) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }
}
