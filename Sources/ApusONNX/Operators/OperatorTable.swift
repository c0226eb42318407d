import Apus

/// The operators that models may have, by their names in ONNX's own domain.
enum OperatorTable {
  /// The sets that their meaning is known of.
  static let operatorSets = 7...28

  private static let products: [String: OperatorMaker] = [
    "Conv": { context throws(FileError) in try ConvolutionOperator(context) },
    "ConvTranspose": { context throws(FileError) in try TransposedConvolutionOperator(context) },
    "Gemm": gemmOperator, "MatMul": matMulOperator, Patterns.linear: linearOperator, "Einsum": einsumOperator,
    "DequantizeLinear": dequantizeOperator,
  ]

  private static let pools: [String: OperatorMaker] = [
    "MaxPool": { context throws(FileError) in try PoolingOperator(.maximum, context) },
    "AveragePool": { context throws(FileError) in try PoolingOperator(.average, context) },
    "GlobalMaxPool": { _ throws(FileError) in
      FunctionOperator.ofTensor { x throws(OperatorProblem) in try globalPool(x, maximum: true) }
    },
    "GlobalAveragePool": { _ throws(FileError) in
      FunctionOperator.ofTensor { x throws(OperatorProblem) in try globalPool(x, maximum: false) }
    },
  ]

  private static let resizes: [String: OperatorMaker] = [
    "Resize": { context throws(FileError) in try ResizeOperator(context, isUpsample: false) },
    "Upsample": { context throws(FileError) in try ResizeOperator(context, isUpsample: true) },
  ]

  private static let norms: [String: OperatorMaker] = [
    "BatchNormalization": { context throws(FileError) in try BatchNormOperator(context) },
    "InstanceNormalization": { context throws(FileError) in try GroupNormOperator(context, isInstanceNorm: true) },
    "GroupNormalization": { context throws(FileError) in try GroupNormOperator(context, isInstanceNorm: false) },
    "LayerNormalization": { context throws(FileError) in try LayerNormOperator(context) },
    "LRN": responseNormOperator, "LpNormalization": lpNormOperator,
    "MeanVarianceNormalization": meanVarianceNormOperator,
    "Softmax": { context throws(FileError) in try softmaxOperator(context, logarithm: false) },
    "LogSoftmax": { context throws(FileError) in try softmaxOperator(context, logarithm: true) },
  ]

  private static let reductions: [String: OperatorMaker] = [
    "ReduceMean": reduction(.mean), "ReduceSum": reduction(.sum), "ReduceMax": reduction(.maximum),
    "ReduceMin": reduction(.minimum), "ReduceProd": reduction(.product), "ReduceL1": reduction(.norm1),
    "ReduceL2": reduction(.norm), "ReduceSumSquare": reduction(.sumOfSquares), "ReduceLogSum": reduction(.logSum),
    "ReduceLogSumExp": reduction(.logSumExp),
  ]

  private static func reduction(_ kind: ReductionOperator.Kind) -> OperatorMaker {
    { (context: NodeContext) throws(FileError) in try ReductionOperator(kind, context) }
  }

  private static let all: [String: OperatorMaker] = {
    let tables = [
      products, pools, resizes, norms, reductions, ActivationOperators.all, ArithmeticOperators.all,
      ComparisonOperators.all, IndexingOperators.all, GridOperators.all,
      ReshapeOperators.all, JoiningOperators.all, MovementOperators.all, ShapeOperators.all,
    ]
    return tables.reduce(into: [:]) { all, table in all.merge(table) { first, _ in first } }
  }()

  /// What makes the operator of a node; `nil` if there is none of that name.
  static func maker(of node: NodeRecord) -> OperatorMaker? { node.domain.isEmpty ? all[node.operation] : nil }
}
