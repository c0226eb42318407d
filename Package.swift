// swift-tools-version: 6.2
// 6.2 is the first version with which a package that has unsafe flags (-O3 -fopenmp below) can be a versioned dependency.
import PackageDescription

let environment = Context.environment
let brew = environment["HOMEBREW_PREFIX"] ?? "/opt/homebrew"
// Debian and Ubuntu call LLVM's OpenMP runtime libomp5.so; others libomp.so.
let openMP = environment["APUS_OMP_LIB"] ?? "omp5"
// For CI: the C sources with UBSan (SwiftPM has no switch for it on Linux) or with coverage counters.
let instrumentation =
  (environment["APUS_UBSAN"] == nil ? [] : ["-fsanitize=undefined", "-fsanitize-trap=undefined"])
  + (environment["APUS_COVERAGE"] == nil ? [] : ["-fprofile-instr-generate", "-fcoverage-mapping"])
// For tests that need no speed: C compiles in less than half of the time, to the same bits.
let optimization = environment["APUS_QUICK_BUILD"] == nil ? ["-O3"] : ["-O1", "-DAPUS_ONE_INSTANCE"]
// No contraction: a fused multiply-add is used where the code says so, or bits would depend on the compiler.
let options = ["-Wall", "-Wextra", "-ffp-contract=off"]

let package = Package(
  name: "Apus",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Apus", targets: ["Apus"]),
    .library(name: "ApusVision", targets: ["ApusVision"]),
    .library(name: "ApusONNX", targets: ["ApusONNX"]),
    // One dynamic library with every module, for scripts: two would each carry their own copy of the core.
    .library(name: "ApusDynamic", type: .dynamic, targets: ["Apus", "ApusVision", "ApusONNX", "CApusScript"]),
    // The target is not called apus: on a file system without case it would collide with Apus.
    .executable(name: "apus", targets: ["ApusCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .target(
      name: "CApus", path: "csrc", publicHeadersPath: "include",
      cSettings: [
        .headerSearchPath("."),
        .unsafeFlags(optimization + ["-fopenmp"] + options + instrumentation, .when(platforms: [.linux])),
        .unsafeFlags(optimization + ["-Xclang", "-fopenmp"] + options + instrumentation, .when(platforms: [.macOS])),
      ],
      linkerSettings: [
        .linkedLibrary(openMP, .when(platforms: [.linux])),
        .linkedLibrary("openblas", .when(platforms: [.linux])),
        .linkedLibrary("m", .when(platforms: [.linux])),
        .unsafeFlags(["-L\(brew)/opt/libomp/lib", "-L\(brew)/opt/openblas/lib"], .when(platforms: [.macOS])),
        .linkedLibrary("omp", .when(platforms: [.macOS])),
        .linkedLibrary("openblas", .when(platforms: [.macOS])),
      ]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .target(name: "CApusDigits", exclude: ["digits.idx.gz", "LICENSE-digits.txt"], publicHeadersPath: "."),
    .target(name: "CApusScript", publicHeadersPath: "."),
    .target(name: "Apus", dependencies: ["CApus", "CApusDigits", "CZlib"]),
    .target(name: "ApusVision", dependencies: ["Apus", "CPNG", "CTurboJPEG"]),
    .target(name: "ApusONNX", dependencies: ["Apus"]),
    .executableTarget(
      name: "ApusCommand",
      dependencies: [
        "Apus", "ApusVision", "ApusONNX", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // Counts what the tests' program takes from the C library's allocator, by coming before it.
    .target(
      name: "CCheckAllocations", path: "Tests/kernels", sources: ["check_allocations.c"],
      publicHeadersPath: "allocations",
      cSettings: [.headerSearchPath("."), .headerSearchPath("../../csrc"), .headerSearchPath("../../csrc/include")]),
    .testTarget(name: "ApusTests", dependencies: ["Apus", "ApusVision", "ApusONNX", "CCheckAllocations"]),
  ],
  swiftLanguageModes: [.v6]
)
