import Apus
import Testing

/// Numbers that make no sense end the program, and the text says which and what is allowed.
@Suite struct OptimizerTrapTests {
  @Test func optimizersRefuseNonsense() async {
    let sgd = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD(Linear(2, 2).parameters, learningRate: -0.5)
    }
    #expect(errorText(sgd).contains("SGD: the learning rate is -0.5, expected a number from 0"))
    let momentum = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD(Linear(2, 2).parameters, learningRate: 0.5, momentum: 1)
    }
    #expect(errorText(momentum).contains("SGD: the momentum is 1.0, expected a number from 0 to below 1"))
    let nesterov = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD(Linear(2, 2).parameters, learningRate: 0.5, nesterov: true)
    }
    #expect(errorText(nesterov).contains("Nesterov's form needs a momentum, and it is 0"))
    let adam = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Adam(Linear(2, 2).parameters, beta2: 1.5)
    }
    #expect(errorText(adam).contains("Adam: beta2 is 1.5"))
    let adamW = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdamW(Linear(2, 2).parameters, weightDecay: -1)
    }
    #expect(errorText(adamW).contains("AdamW: the weight decay is -1.0"))
    let rms = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RMSProp(Linear(2, 2).parameters, epsilon: .nan)
    }
    #expect(errorText(rms).contains("RMSProp: epsilon is nan"))
    let adagrad = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Adagrad(Linear(2, 2).parameters, learningRateDecay: -1)
    }
    #expect(errorText(adagrad).contains("Adagrad: the decay of the learning rate is -1.0"))
    let sign = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SignSGD(Linear(2, 2).parameters, momentum: -0.1)
    }
    #expect(errorText(sign).contains("SignSGD: the momentum is -0.1"))
    let sam = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parameters = Linear(2, 2).parameters
      _ = SAM(SGD(parameters, learningRate: 1), parameters, rho: -1)
    }
    #expect(errorText(sam).contains("SAM: rho is -1.0"))
    let rate = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = FixedGradient(.ones([2]))
      var sgd = SGD(model.parameters, learningRate: 1)
      sgd.learningRate = .nan
      sgd.step(model.gradients(.ones([2])))
    }
    #expect(errorText(rate).contains("the learning rate is nan"))
  }

  @Test func groupsSchedulesAndClippingRefuseNonsense() async {
    let pattern = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SGD(Linear(2, 2).parameters, learningRate: 1, groups: [ParameterGroup("wait", learningRate: 2)])
    }
    #expect(errorText(pattern).contains("ParameterGroup(\"wait\") matches none of the 2 parameters (weight, bias"))
    let multiplier = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ParameterGroup("*", learningRate: -2)
    }
    #expect(errorText(multiplier).contains("the learning rate's multiplier is -2.0"))
    let step = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Schedule.step(every: 0)
    }
    #expect(errorText(step).contains("Schedule.step: every is 0, expected at least 1"))
    let cosine = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Schedule.cosine(over: 10, to: 2)
    }
    #expect(errorText(cosine).contains("Schedule.cosine: to is 2.0"))
    let plateau = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Plateau(decay: 1.5)
    }
    #expect(errorText(plateau).contains("Plateau: the decay is 1.5"))
    let clip = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = FixedGradient(.ones([2]))
      var gradients = model.gradients(.ones([2]))
      try gradients.clip(toNorm: 0)
    }
    #expect(errorText(clip).contains("the norm is 0.0, expected a number above 0"))
  }
}
