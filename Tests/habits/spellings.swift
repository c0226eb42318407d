// What PyTorch's users type and Apus calls otherwise: the compiler must name what to type instead. Scripts/test-examples compiles this with
// -verify, by which a line whose message is another one, or missing, is an error. What compiles as it is guessed is in SpellingTests.
import Apus

struct Net: Module {  // expected-error {{'Module' has been renamed to 'Layer'}}
  func callAsFunction(_ x: Tensor) -> Tensor { x }
}

func layers() {
  // expected-error@+1 {{say which probability: Dropout(dropProbability: 0.2), PyTorch's p, or Dropout(keepProbability: 0.8)}}
  _ = Dropout(0.2)
  _ = Dropout(p: 0.2)  // expected-error {{say which probability}}
  _ = Conv2D(3, 6, kernel: (3, 5))  // expected-error {{a pair is [height, width]: kernel: [3, 5]}}
  _ = MaxPool2D((2, 2))  // expected-error {{a pair is [height, width]: MaxPool2D([3, 5])}}
  _ = MaxPool2D(2, stride: (2, 1))  // expected-error {{a pair is [height, width]: stride: [2, 1]}}
  _ = AveragePool2D((2, 2))  // expected-error {{a pair is [height, width]: AveragePool2D([3, 5])}}
  _ = AveragePool2D(2, stride: (2, 1))  // expected-error {{a pair is [height, width]: stride: [2, 1]}}
  _ = AdaptiveAveragePool2D((1, 1))  // expected-error {{a pair is [height, width]: AdaptiveAveragePool2D([3, 5])}}
  _ = Conv2D(3, 6, 5)  // expected-error {{missing argument label 'kernel:' in call}}
  _ = Conv2d.self  // expected-error {{'Conv2d' has been renamed to 'Conv2D'}}
  _ = ConvTranspose2d.self  // expected-error {{renamed to 'ConvTranspose2D'}}
  _ = MaxPool2d(2)  // expected-error {{renamed to 'MaxPool2D'}}
  _ = AvgPool2d(2)  // expected-error {{renamed to 'AveragePool2D'}}
  _ = AdaptiveAvgPool2d(1)  // expected-error {{renamed to 'AdaptiveAveragePool2D'}}
  _ = BatchNorm2d(8)  // expected-error {{renamed to 'BatchNorm'}}
  _ = CrossEntropyLoss.self  // expected-error {{losses are functions: crossEntropy(logits, labels)}}
  _ = MSELoss.self  // expected-error {{losses are functions: mseLoss(prediction, target)}}
}

func training(_ model: Linear, _ x: Tensor, _ labels: Tensor) {
  var optimizer = SGD(model.parameters, lr: 0.1)
  model.train()  // expected-error {{a layer trains exactly while valueWithGradients takes gradients}}
  let loss = crossEntropy(model.forward(x), labels)  // expected-error {{a layer is called: model(x)}}
  optimizer.zeroGrad()  // expected-error {{gradients are values, and nothing keeps those of the last step}}
  // expected-error@+1 {{gradients are taken of what runs in a closure: let (loss, gradients) = valueWithGradients(of: model)}}
  loss.backward()
  optimizer.step()  // expected-error {{gradients are values: optimizer.step(gradients)}}
  noGrad { _ = model(x) }  // expected-error {{nothing is recorded outside of valueWithGradients}}
}

func tensors(_ x: Tensor) {
  _ = x.view(2, -1)  // expected-error {{'view' has been renamed to 'reshaped(_:)'}}
  _ = x.reshape(2, -1)  // expected-error {{renamed to 'reshaped(_:)'}}
  _ = x.flatten()  // expected-error {{flatten(1) keeps the batch, flatten(0) makes a vector}}
  _ = x.size(0)  // expected-error {{shape is all sizes, shape[0] one of them}}
  _ = x.permute(0, 2, 3, 1)  // expected-error {{transposed([0, 2, 3, 1])}}
  _ = x.float()  // expected-error {{cast(to: .float32)}}
  _ = x.long()  // expected-error {{cast(to: .int32)}}
  _ = x.std()  // expected-error {{renamed to 'standardDeviation()'}}
  _ = x.detach()  // expected-error {{renamed to 'detached()'}}
  _ = x == x  // expected-error {{elements are compared by .==}}
  _ = x > 0  // expected-error {{elements are compared by .>}}
  _ = dropout(x, 0.2)  // expected-error {{say which probability}}
  _ = dropout(x, p: 0.2)  // expected-error {{say which probability}}
  _ = avgPool2d(x, 2)  // expected-error {{renamed to 'averagePool2d}}
  _ = Tensor.randn(2, 3)  // expected-error {{Tensor.normal([2, 3], seed: 1)}}
}
