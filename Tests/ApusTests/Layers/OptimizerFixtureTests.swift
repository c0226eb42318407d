import Apus
import Foundation
import Testing

/// Optimizers and schedules against PyTorch's numbers in double precision; see Tests/Fixtures/optimizer_fixtures.py.
@Suite struct OptimizerFixtureTests {
  /// The case's optimizer, with the numbers that the script gives PyTorch's.
  private func made(_ name: String, _ p: ParameterList) -> (any OnePassOptimizer)? {
    switch name {
    case "sgd": SGD(p, learningRate: 0.002)
    case "sgd-decay": SGD(p, learningRate: 0.002, weightDecay: 0.05, decaying: .all)
    case "momentum": SGD(p, learningRate: 0.0002, momentum: 0.9)
    case "momentum-decay": SGD(p, learningRate: 0.0002, momentum: 0.9, weightDecay: 0.05, decaying: .all)
    case "nesterov": SGD(p, learningRate: 0.0002, momentum: 0.9, weightDecay: 0.05, nesterov: true, decaying: .all)
    case "adam": Adam(p, learningRate: 0.003)
    case "adam-decay":
      Adam(p, learningRate: 0.003, beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.05, decaying: .all)
    case "adamw": AdamW(p, learningRate: 0.003, weightDecay: 0.05, decaying: .all)
    case "rmsprop": RMSProp(p, learningRate: 0.002)
    case "rmsprop-decay": RMSProp(p, learningRate: 0.002, smoothing: 0.99, weightDecay: 0.05, decaying: .all)
    case "rmsprop-momentum": RMSProp(p, learningRate: 0.0003, momentum: 0.9)
    case "rmsprop-centered": RMSProp(p, learningRate: 0.001, centered: true)
    case "rmsprop-all":
      RMSProp(
        p, learningRate: 0.0002, smoothing: 0.95, epsilon: 1e-6, momentum: 0.8, centered: true, weightDecay: 0.05,
        decaying: .all)
    case "adagrad": Adagrad(p, learningRate: 0.01)
    case "adagrad-decay":
      Adagrad(p, learningRate: 0.02, learningRateDecay: 0.01, epsilon: 1e-8, weightDecay: 0.05, decaying: .all)
    default: nil
    }
  }

  @Test func aHundredStepsEqualPyTorchsToAMillionth() throws {
    let fixture = try PyTorchFixture("optimizers")
    let kept = fixture.integers("steps")
    let names = fixture.cases.filter { !["value", "gradients", "steps"].contains($0) }
    #expect(names.count == 15 && kept == [1, 10, 100])
    for name in names {
      let model = FixedGradient(fixture["value"])
      var optimizer = try #require(made(name, model.parameters), "\(name)")
      let expected = fixture["\(name)/values"].array(of: Double.self)
      var worst = 0.0
      for step in 1...100 {
        optimizer.step(model.gradients(fixture["gradients"][step - 1]))
        guard let row = kept.firstIndex(of: step) else { continue }
        let values = model.value.value.array(of: Float.self).map(Double.init)
        for (value, want) in zip(values, expected[(row * values.count)...]) {
          worst = max(worst, abs(value - want) / abs(want))
        }
      }
      #expect(worst > 0 && worst < 1e-6, "\(name): \(worst)")
    }
  }

  @Test func schedulesEqualPyTorchs() throws {
    let fixture = try PyTorchFixture("schedules")
    let schedules: [String: Schedule] = [
      "constant": .constant, "step": .step(every: 7, factor: 0.3), "milestones": .milestones([5, 12, 30]),
      "exponential": .exponential(0.9), "cosine": .cosine(over: 40, to: 0.05), "one-cycle": .oneCycle(over: 50),
      "one-cycle-wide": .oneCycle(over: 60, rise: 0.5, from: 0.1, to: 0.001),
      "warmup-cosine": .warmup(over: 8, then: .cosine(over: 32)),
      "warmup-step": .warmup(over: 8, then: .step(every: 10)),
      "warmup-exponential": .warmup(over: 8, then: .exponential(0.9)),
    ]
    #expect(Set(fixture.cases.filter { !$0.hasPrefix("plateau") }) == Set(schedules.keys))
    for (name, schedule) in schedules {
      for (time, want) in fixture[name].array(of: Double.self).enumerated() {
        let rate = schedule.rate(at: time, base: 0.8)
        #expect(abs(rate - want) <= 1e-12, "\(name) at \(time): \(rate), PyTorch \(want)")
        #expect(Schedule.advancing(every: 3, schedule).rate(at: 3 * time + 2, base: 0.8) == rate)
      }
    }
  }

  @Test func plateausEqualPyTorchs() throws {
    let fixture = try PyTorchFixture("schedules")
    let cases = fixture.cases.filter { $0.hasPrefix("plateau") }
    #expect(cases.count == 4)
    for name in cases {
      let goal: Goal = name.contains("falling") ? .falling : .rising
      var plateau =
        name.hasSuffix("usual")
        ? Plateau(goal, patience: 3)
        : Plateau(goal, decay: 0.5, patience: 1, threshold: 0.02, cooldown: 4, least: 0.1)
      let metrics = fixture["\(name)/metrics"].array(of: Double.self)
      for (metric, want) in pairs(metrics, fixture["\(name)/rates"].array(of: Double.self)) {
        let before = plateau.factor
        let fell = plateau.observe(metric)
        #expect(abs(0.8 * plateau.factor - want) <= 1e-15, "\(name)")
        #expect(fell == (plateau.factor < before))
        // Through JSON, as in a checkpoint.
        plateau = try JSONDecoder().decode(Plateau.self, from: JSONEncoder().encode(plateau))
      }
    }
  }
}
