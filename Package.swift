// swift-tools-version: 6.2
// 6.2 is the first version with which a package that has unsafe flags (-O3 -fopenmp below) can be a versioned dependency.
import Foundation
import PackageDescription

let environment = Context.environment

// The command, and the package that it needs, are here only for those who build this package itself: whoever depends on the library
// resolves no other package. APUS_COMMAND=1 or 0 says it where SwiftPM was not started inside this folder.
let hasCommand = environment["APUS_COMMAND"].map { $0 != "0" } ?? isStartedHere()

/// Whether SwiftPM, which looks for the nearest manifest from the current folder up, has found this one.
func isStartedHere() -> Bool {
  var folder = URL(fileURLWithPath: environment["PWD"] ?? "/").resolvingSymlinksInPath()
  while folder.path != "/"
    && !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path)
  {
    folder.deleteLastPathComponent()
  }
  return folder.path == URL(fileURLWithPath: Context.packageDirectory).resolvingSymlinksInPath().path
}

let brew = environment["HOMEBREW_PREFIX"] ?? "/opt/homebrew"
// Debian and Ubuntu call LLVM's OpenMP runtime libomp5.so; others libomp.so.
let openMP = environment["APUS_OMP_LIB"] ?? "omp5"
// For CI: the C sources with UBSan (SwiftPM has no switch for it on Linux) or with coverage counters.
let instrumentation =
  (environment["APUS_UBSAN"] == nil ? [] : ["-fsanitize=undefined", "-fsanitize-trap=undefined"])
  + (environment["APUS_COVERAGE"] == nil ? [] : ["-fprofile-instr-generate", "-fcoverage-mapping"])
// For tests that need no speed: C compiles in less than half of the time, to the same bits.
let optimization = environment["APUS_QUICK_BUILD"] == nil ? ["-O3"] : ["-O1", "-DAPUS_ONE_INSTANCE"]
// For CI: some files of the tests alone, as "Support/Support.swift Core/ThreadTests.swift".
let testFiles = environment["APUS_TEST_FILES"]?.split(separator: " ").map(String.init)
// No contraction: a fused multiply-add is used where the code says so, or bits would depend on the compiler.
let options = ["-Wall", "-Wextra", "-ffp-contract=off"]

let package = Package(
  name: "Apus",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Apus", targets: ["Apus"]),
    .library(name: "ApusVision", targets: ["ApusVision"]),
    .library(name: "ApusONNX", targets: ["ApusONNX"]),
    .library(name: "ApusText", targets: ["ApusText"]),
    // One dynamic library with every module, for scripts: two would each carry their own copy of the core.
    .library(
      name: "ApusDynamic", type: .dynamic, targets: ["Apus", "ApusVision", "ApusText", "ApusONNX", "CApusScript"]),
  ],
  traits: [
    .trait(
      name: "OpenBLAS",
      description:
        "Links OpenBLAS: im2col convolution and its matrix product, for who asks for them, and LAPACK's eigenvalues.")
  ],
  targets: [
    .target(
      name: "CApus", path: "csrc", publicHeadersPath: "include",
      cSettings: [
        .headerSearchPath("."),
        .define("NDEBUG", .when(configuration: .release)),
        .define("APUS_OPENBLAS", .when(traits: ["OpenBLAS"])),
        .unsafeFlags(optimization + ["-fopenmp"] + options + instrumentation, .when(platforms: [.linux])),
        .unsafeFlags(optimization + ["-Xclang", "-fopenmp"] + options + instrumentation, .when(platforms: [.macOS])),
      ],
      linkerSettings: [
        .linkedLibrary(openMP, .when(platforms: [.linux])),
        .linkedLibrary("openblas", .when(traits: ["OpenBLAS"])),
        .linkedLibrary("m", .when(platforms: [.linux])),
        .unsafeFlags(["-L\(brew)/opt/libomp/lib"], .when(platforms: [.macOS])),
        .unsafeFlags(["-L\(brew)/opt/openblas/lib"], .when(platforms: [.macOS], traits: ["OpenBLAS"])),
        .linkedLibrary("omp", .when(platforms: [.macOS])),
      ]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    .systemLibrary(name: "CGIF", pkgConfig: "libgif", providers: [.apt(["libgif-dev"]), .brew(["giflib"])]),
    .systemLibrary(
      name: "CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"]), .brew(["freetype"])]),
    // Homebrew's giflib has no pkg-config file.
    .target(
      name: "CApusCodecs", dependencies: ["CPNG", "CJPEG", "CWebP", "CGIF"], publicHeadersPath: ".",
      cSettings: [
        .unsafeFlags(options + instrumentation), .unsafeFlags(["-I\(brew)/include"], .when(platforms: [.macOS])),
      ],
      linkerSettings: [
        .unsafeFlags(["-L\(brew)/lib"], .when(platforms: [.macOS])),
        .linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("webpdemux"), .linkedLibrary("webp"),
        .linkedLibrary("gif"),
      ]),
    .target(
      name: "CApusText", dependencies: ["CFreeType"], publicHeadersPath: ".",
      cSettings: [.unsafeFlags(options + instrumentation)], linkerSettings: [.linkedLibrary("freetype")]),
    .target(name: "CApusDigits", exclude: ["digits.idx.gz", "LICENSE-digits.txt"], publicHeadersPath: "."),
    .target(name: "CApusScript", publicHeadersPath: "."),
    // The library: each module imports those above it in this list, and the last one hands all of them on.
    .target(name: "ApusSupport", dependencies: ["CZlib"]),
    .target(name: "ApusFigures", dependencies: ["ApusSupport"]),
    .target(name: "ApusCore", dependencies: ["ApusSupport", "CApus"]),
    .target(name: "ApusLayers", dependencies: ["ApusCore"]),
    .target(name: "ApusInterchange", dependencies: ["ApusLayers"]),
    .target(name: "ApusData", dependencies: ["ApusCore", "CApusDigits"]),
    .target(name: "ApusNetworks", dependencies: ["ApusInterchange"]),
    .target(name: "ApusInference", dependencies: ["ApusFigures", "ApusLayers"]),
    .target(name: "ApusTraining", dependencies: ["ApusData", "ApusInference", "ApusNetworks"]),
    .target(name: "ApusInsight", dependencies: ["ApusTraining"]),
    .target(name: "Apus", dependencies: ["ApusInsight"]),
    .target(name: "ApusVision", dependencies: ["Apus", "CApusCodecs"]),
    .target(name: "ApusONNX", dependencies: ["Apus"]),
    .target(name: "ApusText", dependencies: ["ApusVision", "CApusText"]),
    // Counts what the tests' program takes from the C library's allocator, by coming before it.
    .target(
      name: "CCheckAllocations", path: "Tests/kernels", sources: ["check_allocations.c"],
      publicHeadersPath: "allocations",
      cSettings: [.headerSearchPath("."), .headerSearchPath("../../csrc"), .headerSearchPath("../../csrc/include")]),
    .testTarget(
      name: "ApusTests", dependencies: ["Apus", "ApusVision", "ApusONNX", "ApusText", "CCheckAllocations"],
      sources: testFiles,
      // Optimizing the tests themselves, one module as a whole, takes minutes; what they test is optimized.
      swiftSettings: [.unsafeFlags(["-Onone"], .when(configuration: .release))]),
  ],
  swiftLanguageModes: [.v6]
)

if hasCommand {
  package.dependencies.append(.package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"))
  // The target is not called apus: on a file system without case it would collide with Apus.
  package.products.append(.executable(name: "apus", targets: ["ApusCommand"]))
  package.targets.append(
    .executableTarget(
      name: "ApusCommand",
      dependencies: [
        "Apus", "ApusVision", "ApusONNX", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]))
}

#if os(Linux)
  requireOpenMP()
#endif

/// The link, which would be the first to miss the library, comes after minutes of compiling.
func requireOpenMP() {
  if environment["APUS_LIBRARY_CHECK"] == "0" { return }
  let files = FileManager.default
  let systems = ["/usr/lib", "/lib", "/usr/lib64", "/lib64", "/usr/local/lib", "/usr/local/lib64"]
  let triples = (try? files.contentsOfDirectory(atPath: "/usr/lib"))?.filter { $0.contains("-linux-") } ?? []
  let folders =
    (environment["LIBRARY_PATH"] ?? "").split(separator: ":").map(String.init) + systems
    + triples.map { "/usr/lib/" + $0 }
  let isThere = folders.contains { folder in
    ["so", "a"].contains { files.fileExists(atPath: "\(folder)/lib\(openMP).\($0)") }
  }
  if isThere { return }
  let text = """
    Apus links lib\(openMP).so, not found in \(folders.joined(separator: ", ")). Debian and Ubuntu: apt-get install libomp-dev. \
    In another folder: name it in LIBRARY_PATH. OpenMP under another name: APUS_OMP_LIB=omp. No check at all: APUS_LIBRARY_CHECK=0.

    """
  FileHandle.standardError.write(Data(text.utf8))
  exit(1)
}
