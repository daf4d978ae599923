// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of Winnow never resolve what only benchmarks need.
let package = Package(
  name: "winnow-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "winnow", path: "..")],
  targets: [
    .executableTarget(name: "tokenizer-bench", dependencies: [.product(name: "GPTOSS", package: "winnow")]),
    .executableTarget(
      name: "classifier-bench", dependencies: [.product(name: "LinearModel", package: "winnow"), .product(name: "Moderation", package: "winnow")]),
    .executableTarget(
      name: "prefilter-bench", dependencies: [.product(name: "PatternMatching", package: "winnow"), .product(name: "Moderation", package: "winnow")]),
    .executableTarget(
      name: "tuning-bench", dependencies: [.product(name: "Tuning", package: "winnow"), .product(name: "Moderation", package: "winnow")]),
  ],
  swiftLanguageModes: [.v6]
)
