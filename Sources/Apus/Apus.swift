// What `import Apus` gives: every module that builds on Swift, libomp and zlib alone. Image files (ApusVision) and ONNX
// files (ApusONNX) are products of their own.
@_exported import ApusCore
@_exported import ApusData
@_exported import ApusFigures
@_exported import ApusInference
@_exported import ApusInsight
@_exported import ApusInterchange
@_exported import ApusLayers
@_exported import ApusNetworks
@_exported import ApusSupport
@_exported import ApusTraining
