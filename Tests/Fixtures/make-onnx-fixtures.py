#!/usr/bin/env python3
"""Makes the fixtures of importing ONNX files: python make-onnx-fixtures.py [FOLDER], with the packages onnx, onnxruntime, safetensors.

Small models as exporters write them, and onnxruntime's outputs for two inputs each: onnx-import/NAME.onnx and onnx-import.safetensors
with NAME/x0, NAME/y0 … (images [N, H, W, C])."""
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
(folder / "onnx-import").mkdir(exist_ok=True)
random = np.random.default_rng(20261130)
tensors = {}


def normal(*shape):
    return random.standard_normal(shape).astype(np.float32)


class Builder:
    def __init__(self):
        self.nodes, self.initializers, self.count = [], [], 0

    def constant(self, value):
        self.count += 1
        name = f"c{self.count}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def __call__(self, operation, *inputs, outputs=1, domain="", **attributes):
        self.count += 1
        names = [f"v{self.count}_{place}" for place in range(outputs)]
        inputs = [name if isinstance(name, str) else self.constant(name) for name in inputs]
        self.nodes.append(helper.make_node(operation, inputs, names, name=f"/{operation}_{self.count}", domain=domain, **attributes))
        return names[0] if outputs == 1 else names


def save(name, builder, input_shape, outputs, cases, opset=17, functions=(), turned=True, others=()):
    for place, output in enumerate(outputs):
        builder.nodes.append(helper.make_node("Identity", [output], [f"out{place}"]))
    inputs = [("input", input_shape), *others]
    graph = helper.make_graph(
        builder.nodes, name, [helper.make_tensor_value_info(input, TensorProto.FLOAT, shape) for input, shape in inputs],
        [helper.make_tensor_value_info(f"out{place}", TensorProto.FLOAT, None) for place in range(len(outputs))], builder.initializers)
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(function.domain, 1) for function in functions]
    model = helper.make_model(graph, opset_imports=imports, functions=list(functions), producer_name="fixtures", ir_version=8)
    path = folder / "onnx-import" / f"{name}.onnx"
    onnx.save(model, path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for place, shape in enumerate(cases):
        x = normal(*shape)
        given = {"input": x} | {input: normal(*(size or shape[0] for size in sizes)) for input, sizes in others}
        results = session.run(None, given)
        tensors[f"{name}/x{place}"] = np.ascontiguousarray(x.transpose(0, 2, 3, 1)) if turned else x
        for input, _ in others:
            tensors[f"{name}/{input}{place}"] = given[input]
        for number, y in enumerate(results):
            tensors[f"{name}/y{place}" + (f".{number}" if number else "")] = (
                np.ascontiguousarray(y.transpose(0, 2, 3, 1)) if turned and y.ndim == 4 else y)


# A network whose shapes are computed: a channel shuffle, resizing to another value's size, a flattening before a matrix.
b = Builder()
x = b("Relu", b("Conv", "input", normal(8, 3, 3, 3), normal(8), pads=[1, 1, 1, 1], kernel_shape=[3, 3]))
size = b("Shape", x)
n, h, w = (b("Unsqueeze", b("Gather", size, np.int64(axis)), np.int64([0])) for axis in (0, 2, 3))
two, four = np.int64([2]), np.int64([4])
y = b("Reshape", x, b("Concat", n, two, four, h, w, axis=0))
y = b("Reshape", b("Transpose", y, perm=[0, 2, 1, 3, 4]), b("Concat", n, np.int64([8]), h, w, axis=0))
y = b("MaxPool", y, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
target = b("Concat", b("Slice", b("Shape", y), np.int64([0]), np.int64([2])), b("Slice", size, np.int64([2]), np.int64([2**63 - 1])), axis=0)
y = b("Resize", y, "", "", target, mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
y = b("Add", y, x)
y = b("AveragePool", y, kernel_shape=[2, 2], strides=[2, 2])
y = b("Resize", y, "", np.float32([1, 1, 0.5, 0.5]), mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
pooled = b("ReduceMean", y, axes=[3], keepdims=0)
flat = b("Flatten", b("Resize", y, "", "", b("Concat", n, np.int64([8, 2, 3]), axis=0), mode="nearest"))
z = b("Gemm", flat, normal(5, 48), normal(5), transB=1, alpha=0.5)
save("shapes", b, ["N", 3, "H", "W"], [z, b("ReduceSum", pooled, np.int64([2]), keepdims=0)], [(1, 3, 16, 16), (3, 3, 17, 24)])

# What exporters take apart: layer norm, GELU, swish, hard swish, linear layers over tokens, squeeze and excitation.
b = Builder()
x = b("Conv", "input", normal(6, 3, 4, 4), normal(6), strides=[4, 4])
t = b("Transpose", x, perm=[0, 2, 3, 1])
mean = b("ReduceMean", t, axes=[-1])
d = b("Sub", t, mean)
variance = b("ReduceMean", b("Pow", d, np.float32(2)), axes=[-1])
t = b("Add", b("Mul", b("Div", d, b("Sqrt", b("Add", variance, np.float32(1e-6)))), normal(6)), normal(6))
t = b("Add", b("MatMul", t, normal(6, 12)), normal(12))
t = b("Mul", b("Mul", t, b("Add", b("Erf", b("Div", t, np.float32(np.sqrt(2)))), np.float32(1))), np.float32(0.5))
t = b("Add", b("MatMul", t, normal(12, 6)), normal(6))
x = b("Add", b("Mul", b("Transpose", t, perm=[0, 3, 1, 2]), normal(6, 1, 1)), x)
x = b("Mul", x, b("Sigmoid", x))
gate = b("HardSigmoid", b("Conv", b("GlobalAveragePool", x), normal(6, 6, 1, 1)), alpha=1 / 6, beta=0.5)
x = b("Mul", gate, x)
x = b("Mul", x, b("HardSigmoid", x, alpha=1 / 6, beta=0.5))
tokens = b("Transpose", b("Reshape", x, np.int64([0, 0, -1])), perm=[0, 2, 1])
weights = b("Softmax", b("MatMul", tokens, b("Transpose", tokens, perm=[0, 2, 1])), axis=-1)
save("decomposed", b, ["N", 3, "H", "W"], [b("MatMul", weights, tokens), x], [(1, 3, 16, 16), (2, 3, 20, 12)])

# As Keras' converter writes: images [N, H, W, C], turned by a Transpose, with padding that depends on the size.
b = Builder()
x = b("Transpose", b("Mul", "input", np.float32(2)), perm=[0, 3, 1, 2])
x = b("Conv", x, normal(4, 2, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2])
x = b("BatchNormalization", x, normal(4), normal(4), normal(4), np.abs(normal(4)) + np.float32(0.5))
x = b("Clip", x, np.float32(0), np.float32(6))
x = b("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")
save("keras", b, ["N", "H", "W", 2], [b("Transpose", x, perm=[0, 2, 3, 1])], [(1, 8, 8, 2), (2, 9, 7, 2)], opset=13, turned=False)

# Other operators, and a function of the file's own with an attribute.
function = helper.make_function(
    "fixtures", "Scaled", ["a"], ["c"],
    [helper.make_node("Relu", ["a"], ["b"]), helper.make_node("LeakyRelu", ["b"], ["c"])], [helper.make_opsetid("", 17)], [])
node = function.node[1].attribute.add()
node.name, node.ref_attr_name, node.type = "alpha", "slope", onnx.AttributeProto.FLOAT
function.attribute.append("slope")
b = Builder()
left, right = b("Split", "input", np.int64([2, 4]), outputs=2, axis=1)
left = b("Scaled", left, domain="fixtures", slope=0.3)
right = b("PRelu", right, normal(4, 1, 1))
y = b("Concat", left, right, axis=1)
y = b("Pad", y, np.int64([0, 0, 1, 2, 0, 0, 0, 1]), mode="reflect")
y = b("ConvTranspose", y, normal(6, 2, 3, 3), normal(4), group=2, strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 0])
y = b("InstanceNormalization", y, normal(4), normal(4))
y = b("DepthToSpace", b("LRN", y, size=3, alpha=0.1), blocksize=2, mode="CRD")
y = b("Where", b("Greater", y, np.float32(0)), y, b("Elu", y, alpha=0.7))
y = b("Slice", y, np.int64([-1, 0]), np.int64([-100, 2**40]), np.int64([3, 2]), np.int64([-2, 3]))
save("operators", b, ["N", 6, 5, 6], [b("Softmax", y, axis=3), b("ReduceL2", y, axes=[2], keepdims=0)], [(1, 6, 5, 6), (2, 6, 5, 6)], functions=[function])

# Elements by their places, sums of products, and weights that are computed of constants.
b = Builder()
quantized = b("DequantizeLinear", random.integers(-127, 128, (8, 6, 3, 3)).astype(np.int8), normal(8), np.zeros(8, np.int8), axis=0)
x = b("Conv", "input", b("Identity", quantized), pads=[1, 1, 1, 1])
x = b("Conv", x, b("Transpose", normal(8, 4, 1, 1), perm=[1, 0, 2, 3]), b("Mul", normal(4), np.float32(0.1)))
x = b("LpNormalization", x, axis=1)
best, places = b("TopK", x, np.int64([2]), outputs=2, axis=1)
largest = b("Cast", b("ArgMax", x, axis=1, keepdims=0), to=TensorProto.FLOAT)
masked = b("Where", b("And", b("Greater", x, np.float32(0)), b("Not", b("IsNaN", x))), x, b("Trilu", x, np.int64(1)))
taken = b("GatherElements", masked, np.int64([[[[2, -1, 0]]]]), axis=3)
rows = b("GatherND", b("Transpose", x, perm=[1, 0, 2, 3]), np.int64([[3], [-4], [1]]))
put = b("ScatterND", b("Transpose", x, perm=[1, 0, 2, 3]), np.int64([[2], [0]]), b("Slice", rows, np.int64([0]), np.int64([2]), np.int64([0])))
put = b("CumSum", put, np.int64(2), exclusive=1, reverse=1)
products = b("Einsum", x, b("Einsum", x, equation="nchw->nhcw"), equation="nchw,nhdw->nhcd")
added = b("ScatterElements", b("ReduceMean", x, axes=[0, 2, 3], keepdims=0), np.int64([1, 3, -1]), np.float32([5, 6, 7]), axis=0, reduction="add")
save("places", b, ["N", 6, "H", "W"],
     [best, b("Cast", places, to=TensorProto.FLOAT), largest, taken, b("Transpose", rows, perm=[1, 0, 2, 3]),
      b("Transpose", put, perm=[1, 0, 2, 3]), products, added], [(1, 6, 5, 7), (3, 6, 6, 4)])

# Resizing by all pixels, of a part, and to a size that keeps the aspect.
b = Builder()
smaller = [b("Resize", "input", "", "", np.int64([1, 3, 5, 6]), mode=mode, antialias=1) for mode in ("linear", "cubic")]
part = b("Resize", "input", np.float32([0.2, -0.1, 0.7, 1.2]), "", np.int64([7, 9]), axes=[2, 3], mode="linear",
         coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=0.25)
kept = b("Resize", "input", "", "", np.int64([7, 7]), axes=[2, 3], mode="nearest", keep_aspect_ratio_policy="not_larger")
save("resizes", b, [1, 3, 13, 16], smaller + [part, kept], [(1, 3, 13, 16), (1, 3, 13, 16)], opset=18)


def branch(name, build):
    inner = Builder()
    inner.count = 1000 * (1 + len(name))
    output = build(inner)
    return helper.make_graph(
        inner.nodes, name, [], [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)], inner.initializers)


# As PyTorch's older exporter writes a squeeze of an axis that may be another size: a graph for each case, within another one.
b = Builder()
x = b("Relu", "input")
isOne = b("Equal", b("Gather", b("Shape", x), np.int64(2)), np.int64(1))
weight = b.constant(normal(3, 2, 1, 1))
y = b("If", isOne, then_branch=branch("one", lambda inner: inner("Squeeze", inner("Conv", x, weight), np.int64([2]))),
      else_branch=branch("other", lambda inner: inner("If", isOne, then_branch=branch("never", lambda never: never("Relu", x)),
                                                      else_branch=branch("inner", lambda last: last("ReduceMax", x, axes=[2], keepdims=0)))))
z = b("If", np.bool_(True), then_branch=branch("taken", lambda inner: inner("Neg", y)), else_branch=branch("left", lambda inner: inner("Exp", y)))
save("branches", b, ["N", 2, "H", "W"], [z], [(2, 2, 1, 4), (1, 2, 3, 4)])

# Two inputs: images, and a vector for each that scales their channels.
b = Builder()
x = b("Conv", "input", normal(4, 3, 3, 3), pads=[1, 1, 1, 1])
scale = b("Unsqueeze", b("Gemm", "vector", normal(5, 4), normal(4)), np.int64([2, 3]))
y = b("Mul", x, scale)
save("pair", b, ["N", 3, "H", "W"], [b("GlobalAveragePool", y), b("Flatten", y)], [(1, 3, 6, 8), (3, 3, 6, 8)],
     others=[("vector", [None, 5])])

# What no graph of this library has: whole numbers made of the input's elements.
b = Builder()
half = b("ConstantOfShape", b("Shape", "input"), value=numpy_helper.from_array(np.float32([0.5])))
whole = b("Cast", b("Cast", b("Mul", "input", np.float32(3)), to=TensorProto.INT64), to=TensorProto.FLOAT)
save("whole", b, ["N", 2, "H", "W"], [b("Add", whole, half)], [(1, 2, 3, 4), (2, 2, 2, 2)])

save_file(tensors, folder / "onnx-import.safetensors")
