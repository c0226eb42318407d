// What users of PyTorch, Keras and MLX type and Apus calls otherwise: the compiler must name what to type instead. Scripts/test-examples compiles this with
// -verify, by which a line whose message is another one, or missing, is an error. What compiles as it is guessed is in SpellingTests.
import Apus

struct Net: Module {  // expected-error {{'Module' has been renamed to 'Layer'}}
  func forward(_ x: Tensor) -> Tensor { x }
}

func layers() {
  // expected-error@+1 {{say which probability: dropProbability: 0.2, PyTorch's p, or keepProbability:}}
  _ = Dropout(0.2)
  _ = Dropout(p: 0.2)  // expected-error {{say which probability}}
  _ = Conv2D(3, 6, kernel: (3, 5))  // expected-error {{a pair is [height, width]: kernel: [3, 5]}}
  _ = MaxPool2D((2, 2))  // expected-error {{a pair is [height, width]: MaxPool2D([3, 5])}}
  _ = Conv2D(3, 6, 5)  // expected-error {{renamed to 'init(_:_:kernel:stride:padding:)'}}
  _ = Conv2D(3, 6, 5, stride: 2, padding: 1)  // expected-error {{renamed to 'init(_:_:kernel:stride:padding:)'}}
  _ = Conv2D(3, 6, kernelSize: 5)  // expected-error {{renamed to 'init(_:_:kernel:stride:padding:)'}}
  _ = Conv2D(3, 6, kernel_size: 5, padding: 2)  // expected-error {{renamed to 'init(_:_:kernel:stride:padding:)'}}
  // expected-error@+1 {{renamed to 'init(_:_:kernel:stride:padding:)'}}
  _ = Conv2D(in_channels: 3, out_channels: 6, kernel_size: 5)
  // expected-error@+1 {{renamed to 'init(_:_:kernel:stride:padding:)'}}
  _ = Conv2D(inputChannels: 3, outputChannels: 6, kernelSize: 5)
  _ = MaxPool2D(2, 2)  // expected-error {{renamed to 'init(_:stride:)'}}
  _ = AveragePool2D(2, 2)  // expected-error {{renamed to 'init(_:stride:)'}}
  _ = Softmax(dim: 1)  // expected-error {{renamed to 'init(axis:)'}}
  _ = Conv2d.self  // expected-error {{'Conv2d' has been renamed to 'Conv2D'}}
  _ = MaxPool2d(2)  // expected-error {{renamed to 'MaxPool2D'}}
  _ = AvgPool2d(2)  // expected-error {{renamed to 'AveragePool2D'}}
  _ = AdaptiveAvgPool2d(1)  // expected-error {{renamed to 'AdaptiveAveragePool2D'}}
  _ = BatchNorm2d(8)  // expected-error {{renamed to 'BatchNorm'}}
  _ = Dense(8, 10)  // expected-error {{Linear(inputs, outputs), which takes both counts}}
  _ = nn.Linear(2, 3)  // expected-error {{layers have no prefix: Conv2D(3, 64, kernel: 3), Linear(512, 10)}}
  _ = nn.Conv2d(in_channels: 3, out_channels: 64, kernel_size: 3)  // expected-error {{layers have no prefix}}
}

struct Prefixed: nn.Module {  // expected-error {{layers have no prefix}}
  func forward(_ x: Tensor) -> Tensor { x }
}

func losses(_ x: Tensor, _ labels: [Int], _ narrow: [Int32]) {
  let loss = CrossEntropyLoss()  // expected-error {{losses are functions: crossEntropy(logits, labels)}}
  _ = loss(x, x)
  _ = MSELoss()(x, x)  // expected-error {{losses are functions: mseLoss(prediction, target)}}
  _ = BCEWithLogitsLoss()(x, x)  // expected-error {{losses are functions: binaryCrossEntropy(logits: x, targets: y)}}
  _ = crossEntropy(x, labels)  // expected-error {{labels are a tensor: crossEntropy(logits, Tensor(labels))}}
  _ = crossEntropy(x, narrow)  // expected-error {{labels are a tensor: crossEntropy(logits, Tensor(labels))}}
  // expected-error@+1 {{renamed to 'crossEntropy(_:_:classWeights:labelSmoothing:)'}}
  _ = crossEntropy(x, x, label_smoothing: 0.1)
  _ = crossEntropy(x, x, weight: x)  // expected-error {{renamed to 'crossEntropy(_:_:classWeights:labelSmoothing:)'}}
  _ = F.cross_entropy(x, x, label_smoothing: 0.1)  // expected-error {{functions have no prefix: relu(x)}}
  _ = F.relu(x)  // expected-error {{functions have no prefix: relu(x)}}
}

func data(_ split: DataSplit) {
  _ = split.batches(of: 64, shuffle: true)  // expected-error {{batches(of: 64, shuffled: 1, epoch: 0)}}
  _ = split.batches(of: 64, shuffled: true)  // expected-error {{batches(of: 64, shuffled: 1, epoch: 0)}}
  _ = DataLoader(split, batchSize: 64, shuffle: true)  // expected-error {{a split makes its batches}}
}

func training(_ model: Linear, _ x: Tensor, _ labels: Tensor) {
  let optimizer = SGD(model.parameters, lr: 0.1)
  model.train()  // expected-error {{a layer trains exactly while valueWithGradients takes gradients}}
  let loss = crossEntropy(model.forward(x), labels)
  optimizer.zeroGrad()  // expected-error {{gradients are values, and nothing keeps those of the last step}}
  // expected-error@+1 {{let (loss, gradients) = valueWithGradients(of: model)}}
  loss.backward()
  // A constant: nobody is told to make it a variable first.
  optimizer.step()  // expected-error {{gradients are values: optimizer.step(gradients)}}
  noGrad { _ = model(x) }  // expected-error {{nothing is recorded outside of valueWithGradients}}
  optimizer.zero_grad()  // expected-error {{gradients are values, and nothing keeps those of the last step}}
}

func optimizers(_ model: Linear, _ x: Tensor, _ gradients: Gradients, _ optimizer: SGD) {
  _ = model.parameters()  // expected-error {{parameters is a property: model.parameters, without ()}}
  // expected-error@+1 {{an optimizer takes parameters: SGD(model.parameters, learningRate: 0.1)}}
  _ = SGD(model, lr: 0.1, momentum: 0.9)
  _ = Adam(model, learningRate: 0.1)  // expected-error {{an optimizer takes parameters}}
  let weight = model.weight
  _ = weight.grad  // expected-error {{gradients are values: gradients[parameter]}}
  _ = weight.data  // expected-error {{renamed to 'value'}}
  weight.requires_grad = false  // expected-error {{renamed to 'isTrainable'}}
}

func models(_ model: Linear, _ x: Tensor) throws {
  // expected-error@+1 {{try model.load("weights.pth") reads the file}} expected-error@+1 {{no prefix}}
  model.load_state_dict(torch.load("x"))
  _ = model.state_dict()  // expected-error {{renamed to 'state()'}}
  _ = model.named_parameters()  // expected-error {{for (path, parameter) in model.parameters}}
  print(model.summary())  // expected-error {{try model.plan(input: [1, 32, 32, 3]) has shapes and costs}}
  model.fit(x, epochs: 3)  // expected-error {{write the loop}}
  _ = model.predict(x)  // expected-error {{softmax(model(x)) has probabilities, model(x).argmax() classes}}
  _ = model.to("cuda")  // expected-error {{everything is on the CPU}}
}

func axes(_ x: Tensor) {
  _ = x.mean(0)  // expected-error {{axes are a list: mean(axes: [0]), or mean(axes: [0], keepingAxes: true)}}
  _ = x.mean(dim: 0)  // expected-error {{axes are a list: mean(axes: [0])}}
  _ = x.mean(dim: [1, 2], keepdim: true)  // expected-error {{axes are a list: mean(axes: [0])}}
  _ = x.mean(axis: 0, keepdims: true)  // expected-error {{axes are a list: mean(axes: [0])}}
  _ = x.sum(1)  // expected-error {{axes are a list: sum(axes: [0])}}
  _ = x.sum(dim: 1)  // expected-error {{axes are a list: sum(axes: [0])}}
  _ = x.max(1)  // expected-error {{axes are a list: max(axes: [0])}}
  _ = x.min(dim: 1, keepdim: true)  // expected-error {{axes are a list: min(axes: [0])}}
  _ = x.var(0)  // expected-error {{variance(), which divides by n; axes are a list}}
  _ = x.var()  // expected-error {{variance(), which divides by n}}
  _ = x.std(0)  // expected-error {{standardDeviation() divides by n; axes are a list}}
  _ = x.argmax(1)  // expected-error {{renamed to 'argmax(axis:)'}}
  _ = x.argmax(dim: 1)  // expected-error {{renamed to 'argmax(axis:)'}}
  _ = x.softmax()  // expected-error {{softmax(x), over the last axis}}
  _ = x.softmax(dim: -1)  // expected-error {{softmax(x), over the last axis}}
  _ = x.softmax(axis: 1)  // expected-error {{softmax(x), over the last axis}}
  _ = x.softmax(1)  // expected-error {{softmax(x), over the last axis}}
  _ = softmax(x, dim: 1)  // expected-error {{renamed to 'softmax(_:axis:)'}}
  _ = x.flatten(startDim: 1)  // expected-error {{flatten(1) keeps the batch}}
  _ = x.flatten(start_dim: 1)  // expected-error {{flatten(1) keeps the batch}}
}

func tensors(_ x: Tensor) {
  _ = x.view(2, -1)  // expected-error {{'view' has been renamed to 'reshaped(_:)'}}
  _ = x.reshape(2, -1)  // expected-error {{renamed to 'reshaped(_:)'}}
  _ = x.flatten()  // expected-error {{flatten(1) keeps the batch, flatten(0) makes a vector}}
  _ = x.size(0)  // expected-error {{shape is all sizes, shape[0] one of them}}
  _ = x.permute(0, 2, 3, 1)  // expected-error {{transposed([0, 2, 3, 1])}}
  _ = x.float()  // expected-error {{cast(to: .float32)}}
  _ = x.std()  // expected-error {{standardDeviation() divides by n}}
  _ = x.detach()  // expected-error {{renamed to 'detached()'}}
  _ = x == x  // expected-error {{elements are compared by .==}}
  _ = x > 0  // expected-error {{elements are compared by .>}}
  _ = Tensor.randn(2, 3)  // expected-error {{Tensor.normal([2, 3])}}
  _ = Tensor.randn([2, 3])  // expected-error {{Tensor.normal([2, 3])}}
  _ = Tensor.rand([2, 3])  // expected-error {{Tensor.uniform([2, 3])}}
  _ = Tensor.zeros(2, 3)  // expected-error {{a shape has brackets: Tensor.zeros([2, 3])}}
  _ = Tensor.ones(2)  // expected-error {{a shape has brackets: Tensor.ones([2, 3])}}
  _ = torch.zeros(2, 3)  // expected-error {{names have no prefix: Tensor.zeros([2, 3]), relu(x)}}
  _ = x.dtype  // expected-error {{renamed to 'scalarType'}}
  _ = x.T  // expected-error {{renamed to 'transposed()'}}
  _ = x.unsqueeze(1)  // expected-error {{renamed to 'unsqueezed(_:)'}}
  _ = x.squeeze()  // expected-error {{renamed to 'squeezed(_:)'}}
  _ = x.tolist()  // expected-error {{x.array(of: Float.self); of whole numbers x.array(of: Int.self)}}
  _ = x.numpy()  // expected-error {{x.array(of: Float.self)}}
  let inferred: [Float] = x.array()
  _ = inferred
  _ = x.to("cuda")  // expected-error {{everything is on the CPU}}
  _ = Float(x)  // expected-error {{Float(loss.item())}}
  _ = Double(x)  // expected-error {{Float(loss.item())}}
  _ = Int(x)  // expected-error {{Int(x.item())}}
}

func operations(_ x: Tensor) {
  _ = x.clamp(min: 0, max: 1)  // expected-error {{Tensor.minimum(Tensor.maximum(x, low), high)}}
  _ = x.transpose(0, 1)  // expected-error {{transposed([1, 0]) puts all axes in another order}}
  _ = x.reshape([3, 1])  // expected-error {{renamed to 'reshaped(_:)'}}
  _ = x.clone()  // expected-error {{a tensor is a value}}
  _ = x.grad  // expected-error {{gradients are values}}
  _ = x.requires_grad  // expected-error {{what is trained is a Parameter(tensor) in a layer}}
  _ = Tensor.arange(10)  // expected-error {{Tensor((0..<10).map { Float($0) })}}
  let model = nn.Sequential(3)  // expected-error {{layers have no prefix}}
  // Nothing is said twice of what a prefix made.
  _ = model(x)
  let optimizer = torch.optim.Adam(model.parameters(), lr: 0.1)  // expected-error {{names have no prefix}}
  optimizer.step()
}
