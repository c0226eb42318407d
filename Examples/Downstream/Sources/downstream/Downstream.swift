import Apus

/// Fits y = 2·a − 3·b + 1 with one linear layer: a task whose solution is known, so that the result can be checked.
@main
struct Downstream {
  static func main() {
    let count = 64
    let inputs = Random.normal(seed: 7, stream: 0, first: 0, count: 2 * count)
    let x = Tensor(inputs, shape: [count, 2])
    let y = matmul(x, Tensor([2, -3] as [Float], shape: [2, 1])) + 1.0

    let model = Sequential { Linear(2, 1) }
    var optimizer = SGD(model.parameters, learningRate: 0.1, momentum: 0.9)
    var loss = Double.infinity
    for _ in 0..<200 {
      let (value, gradients) = valueWithGradients(of: model) {
        let error = model(x) - y
        return (error * error).mean()
      }
      optimizer.step(gradients)
      loss = value.item()
    }
    guard loss < 1e-6 else { fatalError("an exactly linear function is fitted with a mean squared error of \(loss)") }
    print("downstream: fitted, mean squared error below 1e-6 (apus \(Runtime.version))")
  }
}
