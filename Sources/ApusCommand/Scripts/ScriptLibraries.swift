#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Darwin)
  import Darwin
#endif

/// Where the modules and the dynamic library lie that a script is compiled against.
///
/// Beside the command there are two arrangements: SwiftPM's build folder (`Modules/`, `libApusDynamic`, and the module maps of the
/// C targets in the sources), and an installed prefix (`PREFIX/bin/apus`, everything in `PREFIX/lib/apus`, module maps under
/// `include/`).
struct ScriptLibraries {
  /// Folders with compiled Swift modules or with the module map of a C module.
  let moduleFolders: [String]
  /// The folder of the dynamic library.
  let libraryFolder: String

  var compilerArguments: [String] {
    moduleFolders.flatMap { ["-I", $0] }
      + ["-L", libraryFolder, "-lApusDynamic", "-Xlinker", "-rpath", "-Xlinker", libraryFolder]
  }

  /// What a compiled script depends on: the library, and the modules that are built with it.
  var files: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: moduleFolders[0])) ?? []
    let modules = names.filter { name in
      name.hasPrefix("Apus") && name.hasSuffix(".swiftmodule")
        && !["Command", "Tests"].contains { name == "Apus\($0).swiftmodule" }
    }
    return ["\(libraryFolder)/\(Self.libraryName)"] + modules.sorted().map { "\(moduleFolders[0])/\($0)" }
  }

  static func besideCommand() throws -> ScriptLibraries {
    let folder = URL(filePath: try commandPath()).deletingLastPathComponent()
    let installed = folder.deletingLastPathComponent().appending(path: "lib/apus")
    if exists(installed.appending(path: libraryName)) {
      return ScriptLibraries(
        moduleFolders: [installed.path] + foldersWithModuleMap(in: installed.appending(path: "include")),
        libraryFolder: installed.path)
    }
    guard exists(folder.appending(path: libraryName)) else {
      throw ScriptError(
        description: "\(folder.path) has no \(libraryName), which scripts need: "
          + "swift build -c release --product ApusDynamic")
    }
    let sources = try packageFolder(above: folder)
    return ScriptLibraries(
      moduleFolders: [folder.appending(path: "Modules").path, sources.appending(path: "csrc/include").path]
        + foldersWithModuleMap(in: sources.appending(path: "Sources")),
      libraryFolder: folder.path)
  }

  #if os(macOS)
    private static let libraryName = "libApusDynamic.dylib"
  #else
    private static let libraryName = "libApusDynamic.so"
  #endif

  private static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  /// The nearest folder above that holds the package's sources.
  private static func packageFolder(above folder: URL) throws -> URL {
    var candidate = folder
    while candidate.path != "/" {
      candidate.deleteLastPathComponent()
      if exists(candidate.appending(path: "csrc/include/module.modulemap")) { return candidate }
    }
    throw ScriptError(
      description: "\(folder.path) is a build folder outside the sources of Apus, whose C headers scripts need")
  }

  private static func foldersWithModuleMap(in folder: URL) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appending(path: $0) }
      .filter { exists($0.appending(path: "module.modulemap")) }.map(\.path)
  }

  /// The running program with links resolved: the command may be a link on PATH, and the build folder's `release` is one.
  static func commandPath() throws -> String {
    #if os(Linux)
      return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    #else
      var size = UInt32(0)
      _NSGetExecutablePath(nil, &size)
      var path = [CChar](repeating: 0, count: Int(size))
      _NSGetExecutablePath(&path, &size)
      return URL(filePath: String(cString: path)).resolvingSymlinksInPath().path
    #endif
  }
}
