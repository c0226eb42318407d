import Apus
import ApusData
import Testing

/// Principal components: scikit-learn's, few of long rows, and back again. Whitening is in `DataPropertyTests`.
struct PrincipalComponentsTests {
  static func digits() throws -> Tensor {
    let images = try Digits.original().images
    return images.cast(to: .float32).reshaped([images.shape[0], 64])
  }

  /// scikit-learn 1.9.1, `PCA(5, svd_solver="full")` of `load_digits()`, its variances divided by N instead of N − 1.
  @Test func areThoseOfScikitLearn() throws {
    let x = try PrincipalComponentsTests.digits()
    let found = PrincipalComponents(of: x, count: 5)
    expectClose(
      Tensor(found.variances),
      [178.90731577960918, 163.6266407342756, 141.70953623246618, 101.04411455999738, 69.47448269416442],
      tolerance: 1e-10
    )
    expectClose(
      Tensor(found.explainedVariance),
      [0.14890593584063835, 0.1361877123963547, 0.1179459376397577, 0.08409979421009202, 0.05782414664005522],
      tolerance: 1e-10)
    let wanted = [
      [0.08339514536483086, 0.2159153423827229, -0.17212680090614652, -0.16371209750986726, 0.028644445226926146],
      [-0.19825733745951019, 0.0486386550175599, 0.22557489352985405, 0.004505418621843141, -0.02676967272808001],
      [-0.004727197922490838, -0.07381478445145888, -0.09654043236117596, 0.3075811078192899, 0.14801191000273267],
    ]
    for (k, row) in wanted.enumerated() { expectClose(found.components[k, 18..<23], row, tolerance: 1e-9) }
    let projected = found.projected(x[0..<2, .all])
    expectClose(
      projected,
      [
        -1.259466450101626, -21.27488348073845, 9.4630546176052, -13.014188691055462, 7.128822779243643,
        7.957611300010699, 20.768698956046165, -4.439506038749077, 14.893664435394278, -5.896248780418524,
      ])
    expectClose(
      found.reconstructed(projected)[0, 18..<23],
      [15.27277296209506, 0.35702192240496533, -1.0801111979989706, 12.662712236069295, 4.141643804536196])
    // Of all 64 axes nothing is lost.
    let all = PrincipalComponents(of: x)
    #expect(abs(all.explainedVariance.reduce(0, +) - 1) < 1e-12)
    expectClose(all.reconstructed(all.projected(x)), x.cast(to: .float64).array(of: Double.self))
  }

  /// Xᵀ X of long rows has the eigenvalues of X Xᵀ, which is small.
  @Test func fewOfLongRowsAreTheFirstOfAll() {
    let (rows, size) = (24, 600)
    let x = matmul(floats([rows, 30], seed: 1), floats([30, size], seed: 2)) + 3
    let few = PrincipalComponents(of: x, count: 4)
    #expect(few.components.shape == [4, 600] && few.variances.count == 4)
    let wide = x.cast(to: .float64) - x.cast(to: .float64).mean(axes: [0])
    let products = (matmul(wide, wide.transposed()) / Double(rows)).array(of: Double.self)
    let all = SymmetricEigen((0..<rows).map { Array(products[$0 * rows..<($0 + 1) * rows]) })
    let total = all.values.reduce(0, +)
    for k in 0..<4 {
      #expect(abs(few.variances[k] - all.values[k]) < 1e-5 * all.values[0])
      #expect(abs(few.explainedVariance[k] - all.values[k] / total) < 1e-5)
      let axis = few.components.slice(axis: 0, range: k..<k + 1)
      let turned = matmul(matmul(axis, wide.transposed()), wide) / Double(rows)
      let residual = (turned - axis * few.variances[k]).square().sum().item().squareRoot()
      #expect(residual < 1e-3 * few.variances[0], "\(k): \(residual)")
    }
    let products4 = matmul(few.components, few.components.transposed()).array(of: Double.self)
    for (place, value) in products4.enumerated() { #expect(abs(value - (place % 5 == 0 ? 1 : 0)) < 1e-6) }
    // As many as there are rows, which span one direction less.
    let whole = PrincipalComponents(of: x[0..<6, .all], count: 6)
    #expect(whole.variances[4] > 0 && whole.variances[5] < 1e-5 * whole.variances[0])
  }

  @Test func refusesCountsThatAreNotThere() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PrincipalComponents(of: .zeros([5, 9]), count: 6)
    }
    #expect(errorText(result).contains("PrincipalComponents(count: 6) of rows [5, 9]: 1...5"))
  }
}
