// swift-tools-version: 6.2
// A package that uses Apus as anybody's would: by a branch behind a git URL.
import PackageDescription

// Where the repository lies; Scripts/test-downstream points it at a clone of the working copy.
guard let url = Context.environment["APUS_URL"] else { fatalError("set APUS_URL to the URL of a clone of Apus") }

let package = Package(
  name: "downstream",
  platforms: [.macOS(.v15)],
  dependencies: [.package(url: url, branch: "main")],
  targets: [
    .executableTarget(name: "downstream", dependencies: [.product(name: "Apus", package: "apus")])
  ],
  swiftLanguageModes: [.v6]
)
