import Apus
import Foundation
import Synchronization
import Testing

/// Runs `body` on threads of their own, which begin together, and waits for all of them.
private func onThreads(_ count: Int, _ body: @escaping @Sendable (_ index: Int) -> Void) {
  final class Start: Sendable { let arrived = Atomic(0) }
  let start = Start()
  let threads = (0..<count).map { index in
    Joinable {
      start.arrived.add(1, ordering: .relaxed)
      while start.arrived.load(ordering: .relaxed) < count { sched_yield() }
      body(index)
    }
  }
  for thread in threads { thread.join() }
}

/// What threads hand to each other. `@unchecked Sendable`: reached inside the lock only, one that the thread sanitizer knows.
private final class Results<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Int: Value] = [:]

  subscript(index: Int) -> Value? {
    get { lock.withLock { values[index] } }
    set { lock.withLock { values[index] = newValue } }
  }

  /// Takes one out; `nil` when all are gone.
  func removeOne() -> Value? { lock.withLock { values.popFirst()?.value } }

  var count: Int { lock.withLock { values.count } }
}

/// What one thread does with tensors while others do the same, with the same tensors or with their own. Continuous integration runs
/// these under the thread sanitizer; without it they compare bits.
@Suite struct ThreadTests {
  /// A pending result of each kind, and what it holds.
  private static func pendings(_ x: Tensor) -> [Tensor] {
    let (conv, norm, groups, linear) = Random.withSeed(1) {
      (Conv2D(2, 4, kernel: 3), BatchNorm(2), GroupNorm(2, groups: 1), Linear(162, 3))
    }
    return [conv(x), norm(x), groups(x), linear(x.reshaped([2, 81 * 2]))]
  }

  @Test func oneRunsAPendingKernelAndAllReadItsResult() {
    let x = floats([2, 9, 9, 2], seed: 1)
    let expected = Self.pendings(x).map { $0.array(of: Float.self) }
    for _ in 0..<20 {
      let shared = Self.pendings(x)
      let results = Results<[[Float]]>()
      onThreads(4) { index in
        // In another order on each thread, by the value, by a view, and by an operation that must not change what others hold.
        for turn in 0..<4 {
          let place = (turn + index) % 4
          let y = shared[place]
          switch index {
          case 0: results[place] = (results[place] ?? []) + [y.array(of: Float.self)]
          case 1: #expect(y.reshaped([y.elementCount]).array(of: Float.self) == expected[place])
          case 2: #expect(relu(y).array(of: Float.self) == expected[place].map { max($0, 0) })
          default: #expect((y + y).array(of: Float.self) == expected[place].map { $0 + $0 })
          }
        }
      }
      for place in 0..<4 { #expect(results[place] == [expected[place]]) }
    }
  }

  /// Tensors that one thread makes, another uses up in place and a third one frees: what is written in place must be nobody else's.
  @Test func memoryGoesFromThreadToThread() {
    let count = 60
    let (made, used) = (Results<Tensor>(), Results<Tensor>())
    for index in 0..<count { made[index] = .full([30_000 + 100 * index], Double(index)) }
    let sums = Results<Double>()
    onThreads(4) { index in
      if index < 2 {
        while let tensor = made.removeOne() {
          // The only reference: the result takes its memory.
          used[Int(tensor.max().item())] = tensor + 1
        }
      } else {
        var seen = 0
        while seen < count / 2 {
          guard let tensor = used.removeOne() else {
            sched_yield()
            continue
          }
          seen += 1
          let values = tensor.array(of: Float.self)
          #expect(values.allSatisfy { $0 == values[0] })
          sums[index] = (sums[index] ?? 0) + Double(values[0])
        }
      }
    }
    #expect((sums[2] ?? 0) + (sums[3] ?? 0) == Double(count * (count + 1) / 2))
    #expect(made.count == 0 && used.count == 0)
  }

  /// Steps of a network with batch norm, dropout and momentum; the values at their end.
  private static func trained(seed: UInt64) -> [[Float]] {
    let model = Random.withSeed(seed) {
      Sequential {
        Conv2D(1, 4, kernel: 3, padding: 1)
        BatchNorm(4)
        ReLU()
        MaxPool2D(2)
        Flatten()
        Dropout(dropProbability: 0.2)
        Linear(64, 3)
      }
    }
    var optimizer = SGD(model.parameters, learningRate: 0.05, momentum: 0.9)
    for step in 0..<6 {
      let x = floats([4, 8, 8, 1], seed: seed &* 100 &+ UInt64(step))
      let labels = Tensor([0, 1, 2, Int32(step % 3)], shape: [4])
      let key = RandomKey(seed: seed, step: UInt64(step))
      let (_, gradients) = valueWithGradients(of: model, key: key) { crossEntropy(logits: model(x), labels: labels) }
      optimizer.step(gradients)
    }
    return model.state().map { $0.value.array(of: Float.self) }
  }

  @Test func twoTrainingLoopsDoNotMeet() {
    let alone = [Self.trained(seed: 1), Self.trained(seed: 2)]
    let results = Results<[[Float]]>()
    onThreads(2) { results[$0] = Self.trained(seed: UInt64($0 + 1)) }
    #expect(results[0] == alone[0] && results[1] == alone[1])
    #expect(alone[0] != alone[1])
  }

  @Test func compiledInstancesRunSideBySide() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(2, 5, kernel: 3, padding: 1)
        BatchNorm(5)
        ReLU()
        GlobalAveragePool2D()
        Flatten()
        Linear(5, 3)
      }
    }
    let compiled = try model.compiled(for: [2, 9, 9, 2])
    let inputs = (0..<3).map { floats([2, 9, 9, 2], seed: UInt64($0)) }
    let alone = try inputs.map { try compiled($0).array(of: Float.self) }
    // Each thread takes the instance that was made for it.
    final class Slot: Sendable {
      let instance: Mutex<Compiled>
      init(_ instance: sending Compiled) { self.instance = Mutex(instance) }
    }
    let slots = inputs.map { _ in Slot(compiled.another()) }
    onThreads(3) { index in
      slots[index].instance.withLock { instance in
        for _ in 0..<10 { #expect((try? instance(inputs[index]).array(of: Float.self)) == alone[index]) }
      }
    }
  }

  /// A prefetch thread that makes tensors, which the consumer changes in place, beside another consumer of its own.
  @Test func prefetchedTensorsBelongToTheirConsumer() {
    onThreads(2) { index in
      let prefetcher = Prefetcher<Tensor, Never>(0..<40, depth: 3) { .full([20_000], Double($0 + index)) }
      var next = index
      while let tensor = prefetcher.next() {
        let values = (tensor * 2).array(of: Float.self)
        #expect(values.first == Float(2 * next) && values.last == Float(2 * next))
        next += 1
      }
      #expect(next == 40 + index)
    }
  }
}

/// Apart from the others, as the thread sanitizer does not see the order that reference counts make (nor for arrays).
@Suite struct HolderTests {
  /// A tensor that several threads hold: whoever lets go of it last may take its memory, and no earlier one.
  @Test func theLastHolderAloneWritesInPlace() {
    for round in 0..<50 {
      let held = Results<Tensor>()
      do {
        let x = floats([20_000], seed: UInt64(round))
        for index in 0..<3 { held[index] = x }
      }
      let want = floats([20_000], seed: UInt64(round)).array(of: Float.self)
      onThreads(3) { index in
        let mine = held.removeOne()!
        let y = (consume mine) * 2
        let isRight = pairs(y.array(of: Float.self), want).allSatisfy { $0 == 2 * $1 }
        #expect(isRight)
      }
    }
  }
}
