"""onnxruntime's and OpenVINO's side of compare-networks: runs slices of the inference of an ONNX file when told to (worker.py).

    peer-onnx.py onnxruntime|openvino FILE BATCH THREADS OUTPUT

Writes the result for one batch, a function of the shape alone, to OUTPUT (.npy): the sides are held against each other before
anything is timed. Arithmetic is float32; OpenVINO would otherwise take bfloat16 where the processor has it."""
import sys

import numpy as np

import worker


def onnxruntime(path, batch, threads):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    return f"onnxruntime {ort.__version__}", given.shape, lambda x: session.run(None, {given.name: x})[0]


def openvino(path, batch, threads):
    import openvino as ov
    core = ov.Core()
    model = core.read_model(path)
    shape = [batch, *(d.get_length() for d in list(model.input(0).partial_shape)[1:])]
    model.reshape(shape)
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
                                                 "INFERENCE_PRECISION_HINT": "f32"})
    precision = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    if precision != "f32":
        sys.exit(f"peer-onnx: error: OpenVINO calculates in {precision}, not in f32")
    request = compiled.create_infer_request()
    return f"OpenVINO {ov.__version__.split('-')[0]}", shape, lambda x: request.infer({0: x})[0]


def main():
    runtime, path, batch, threads, output = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    version, shape, run = {"onnxruntime": onnxruntime, "openvino": openvino}[runtime](path, batch, threads)
    x = np.random.default_rng(1).standard_normal([batch, *shape[1:]]).astype(np.float32)
    np.save(output, run(x))
    worker.serve(version, {"infer": lambda: lambda: run(x)})


main()
