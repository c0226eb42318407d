import Apus
import Testing

/// What the lectures say of data and of several models, as properties; the numbers are those of the list of them.
@Suite struct DataPropertyTests {
  /// Full-batch training of a classifier of points in the plane; its accuracy on the same points.
  private func accuracy(_ model: some Layer, on set: ToySet, steps: Int) throws -> Double {
    let labels = try #require(set.labels)
    var optimizer = SGD(model.parameters, learningRate: 0.1, momentum: 0.9)
    for _ in 0..<steps {
      let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(set.points), labels: labels) }
      optimizer.step(gradients)
    }
    let predicted = model(set.points).argmax(axis: 1).array(of: Int32.self)
    let right = zip(predicted, labels.array(of: Int32.self)).count { $0 == $1 }
    return Double(right) / Double(predicted.count)
  }

  @Test func property26WhiteningMakesTheCovarianceTheIdentity() {
    let mixed = matmul(floats([400, 6], seed: 1), floats([6, 6], seed: 2)) + floats([6], seed: 3) * 5
    let components = PrincipalComponents(of: mixed)
    for white in [components.whitened(mixed), components.whitened(mixed, zca: true)] {
      let wide = white.cast(to: .float64)
      let covariance = (matmul(wide.transposed(), wide) / 400).array(of: Double.self)
      for (index, value) in covariance.enumerated() {
        #expect(abs(value - (index / 6 == index % 6 ? 1 : 0)) < 1e-4, "\(index)")
      }
      #expect(wide.mean(axes: [0]).array(of: Double.self).allSatisfy { abs($0) < 1e-5 })
    }
    // With ZCA each column goes with its own: the covariance of white and given rows is symmetric.
    let rotated = components.whitened(mixed, zca: true).cast(to: .float64)
    let joint = matmul(rotated.transposed(), mixed.cast(to: .float64) - components.mean).array(of: Double.self)
    for i in 0..<6 {
      for j in 0..<i { #expect(abs(joint[i * 6 + j] - joint[j * 6 + i]) < 1e-4 * abs(joint[i * 6 + i])) }
    }
    // Along the components variances come in order, and nothing is lost.
    #expect(components.variances == components.variances.sorted(by: >))
    let total = (mixed.cast(to: .float64) - components.mean).square().mean(axes: [0]).sum().item()
    #expect(abs(components.variances.reduce(0, +) - total) < 1e-6 * total)
  }

  @Test func property26AMeanImageHasTheImagesShapeAndAChannelMeanThreeNumbers() throws {
    let bytes = (0..<12288).map { (index: Int) -> UInt8 in UInt8(index * 31 % 251) }
    let data = try ImageDataset(
      images: Tensor(bytes, shape: [4, 32, 32, 3]), labels: [0, 0, 0, 0], classNames: ["a"], source: "test")
    let mean = MeanImage(of: data, at: [0, 1, 2, 3])
    #expect(mean.mean.shape == [32, 32, 3])
    #expect(Normalization(of: data, at: [0, 1, 2, 3]).mean.count == 3)
    let centered = mean(data.images)
    #expect(centered.mean(axes: [0]).array(of: Float.self).allSatisfy { abs($0) < 1e-6 })
  }

  @Test func property27FlippingTwiceIsNothingAndTenCropGivesTen() {
    let x = floats([2, 6, 5, 3], seed: 4)
    expectSameBits(TenCrop.mirrored(TenCrop.mirrored(x)), x)
    let views = TenCrop.views(of: x, height: 4, width: 4)
    #expect(views.shape == [20, 4, 4, 3])
    expectSameBits(views[0..<1], x[0..<1].slice(axis: 1, range: 0..<4).slice(axis: 2, range: 0..<4))
    expectSameBits(views[3..<4], x[0..<1].slice(axis: 1, range: 2..<6).slice(axis: 2, range: 1..<5))
    expectSameBits(views[4..<5], x[0..<1].slice(axis: 1, range: 1..<5).slice(axis: 2, range: 0..<4))
    for index in 0..<5 { expectSameBits(views[5 + index..<6 + index], TenCrop.mirrored(views[index..<index + 1])) }
    let model = Sequential {
      Conv2D(3, 4, kernel: 3)
      Flatten()
      Linear(16, 3)
    }
    let probabilities = TenCrop.probabilities(model, x, height: 4, width: 4)
    #expect(probabilities.shape == [2, 3])
    expectClose(probabilities.sum(axes: [1]), [1, 1], tolerance: 1e-5)
  }

  @Test func theAnnulusIsTheRingBetweenOneAndTwo() throws {
    let set = ToySet.annulus(400)
    let points = set.points.array(of: Float.self)
    let radii = (0..<400).map { (index: Int) -> Float in
      let (x, y): (Float, Float) = (points[2 * index], points[2 * index + 1])
      return (x * x + y * y).squareRoot()
    }
    #expect(try #require(set.labels).array(of: Int32.self) == radii.map { $0 >= 1 && $0 <= 2 ? 1 : 0 })
    #expect(radii.contains { $0 < 1 } && radii.contains { $0 > 2 })
  }

  @Test(arguments: ["quadrants", "annulus", "three modes"])
  func property29ALinearModelFailsWhereATwoLayerNetSolves(name: String) throws {
    let set: ToySet =
      switch name {
      case "quadrants": .quadrants(400)
      case "annulus": .annulus(400)
      default: .threeModes(400)
      }
    let labels = try #require(set.labels).array(of: Int32.self)
    let majority = max(labels.count { $0 == 1 }, labels.count { $0 == 0 })
    let straight = Random.withSeed(1) { Linear(2, 2) }
    let net = Random.withSeed(1) {
      Sequential {
        Linear(2, 64)
        ReLU()
        Linear(64, 2)
      }
    }
    let simple = try accuracy(straight, on: set, steps: 200)
    let bent = try accuracy(net, on: set, steps: 4000)
    #expect(simple < Double(majority) / 400 + 0.12 && bent > 0.95, "linear \(simple), two layers \(bent)")
  }

  @Test func property31AnEnsembleIsAtLeastAsAccurateAsItsMembersOnAverage() throws {
    let digits = Digits.load()
    let members: [any Layer] = (0..<5).map { member in
      let model = Random.withSeed(UInt64(member)) {
        Sequential {
          Flatten()
          Linear(1024, 16)
          ReLU()
          Linear(16, 10)
        }
      }
      var optimizer = SGD(model.parameters, learningRate: 0.02, momentum: 0.9)
      let draw = digits.train.bootstrap(seed: UInt64(member))
      for epoch in 0..<3 {
        for batch in draw.batches(of: 64, shuffled: 1, epoch: epoch) {
          let (_, gradients) = valueWithGradients(of: model) {
            crossEntropy(logits: model(batch.images), labels: batch.labels)
          }
          optimizer.step(gradients)
        }
      }
      return model
    }
    let (ensemble, single) = Ensemble(members).accuracy(on: digits.test.batches(of: 200))
    let mean = single.reduce(0, +) / 5
    #expect(ensemble >= mean && mean > 0.5, "ensemble \(ensemble), members \(single)")
  }

  /// Of probabilities, in which a member that is sure does not outvote the others as it would by its logits.
  @Test func anEnsembleAveragesProbabilities() {
    let members = [[0, 100], [1, 0], [1, 0]].map { row in
      Linear(
        1, 2, bias: false, initializer: Initializer { _, _, _, _, _ in Tensor(row.map(Float.init), shape: [1, 2]) })
    }
    let p = 0.7310585786300049  // e / (1 + e)
    expectClose(
      Ensemble(members).probabilities(.ones([1, 1])), [2 * p / 3, (1 + 2 * (1 - p)) / 3], tolerance: 1e-6)
  }

  @Test func aPolynomialOverfitsAndARidgeTermHelps() throws {
    let (train, test) = (ToySet.regression(12, seed: 2), ToySet.regression(200, noise: 0, seed: 3))
    let degree = 9
    let (x, y) = (
      ToySet.powers(train.points.cast(to: .float64), degree: degree), try #require(train.targets).cast(to: .float64)
    )
    /// Normal equations (XᵀX + λI)w = Xᵀy through the eigenvectors of XᵀX, by which the ridge is exact.
    func errors(_ ridge: Double) throws -> (train: Double, test: Double) {
      let gram =
        matmul(x.transposed(), x)
        + Tensor(
          (0...degree).flatMap { i in (0...degree).map { $0 == i ? ridge : 0 } }, shape: [degree + 1, degree + 1])
      let w = solve(gram.array(of: Double.self), matmul(x.transposed(), y).array(of: Double.self))
      let weights = Tensor(w, shape: [degree + 1, 1])
      func error(_ set: ToySet) throws -> Double {
        let prediction = matmul(ToySet.powers(set.points.cast(to: .float64), degree: degree), weights)
        return (prediction - (try #require(set.targets)).cast(to: .float64)).square().mean().item()
      }
      return (try error(train), try error(test))
    }
    let (free, ridged) = (try errors(1e-12), try errors(1e-3))
    #expect(free.train < ridged.train && free.test > ridged.test, "\(free) \(ridged)")
  }

  /// Gaussian elimination with pivoting.
  private func solve(_ matrix: [Double], _ right: [Double]) -> [Double] {
    let n = right.count
    var rows = (0..<n).map { Array(matrix[$0 * n..<($0 + 1) * n]) + [right[$0]] }
    for column in 0..<n {
      let pivot = (column..<n).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
      rows.swapAt(column, pivot)
      for row in 0..<n where row != column {
        let factor = rows[row][column] / rows[column][column]
        for k in column...n { rows[row][k] -= factor * rows[column][k] }
      }
    }
    return (0..<n).map { rows[$0][n] / rows[$0][$0] }
  }
}
