// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: explicit existentials and explicit imports keep the module arrows of ARCHITECTURE.md visible.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "winnow",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "winnow", targets: ["winnow"]),
    .library(name: "Moderation", targets: ["Moderation"]),
    .library(name: "Pipeline", targets: ["Pipeline", "PipelineFile", "StandardStages"]),
    .library(name: "GPTOSS", targets: ["GPTOSS"]),
    .library(name: "PatternMatching", targets: ["PatternMatching"]),
    .library(name: "LinearModel", targets: ["LinearModel"]),
    .library(name: "Tuning", targets: ["Tuning", "Evaluation"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.81.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.25.0"),
  ],
  targets: [
    // C, and systems' libraries.
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .target(name: "CKernels"),

    // The words of the field, then everything that speaks them. Arrows only point up this list.
    module("Moderation"),
    module("YAMLDocument", ["Moderation", .product(name: "Yams", package: "Yams")]),
    module("PipelineFile", ["Moderation", "YAMLDocument", .product(name: "Crypto", package: "swift-crypto")]),
    module("Text"),
    module("PatternMatching", ["Moderation", "Text", "YAMLDocument", "CPCRE2", "CKernels", .product(name: "Crypto", package: "swift-crypto")]),
    module("LinearModel", ["Moderation", .product(name: "Crypto", package: "swift-crypto")]),
    module("GPTOSS", ["CKernels", .product(name: "Crypto", package: "swift-crypto")]),
    module("ModelHub", ["GPTOSS", .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "Crypto", package: "swift-crypto")]),
    module("RemoteModel", ["Moderation", .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio")]),
    module("Safeguard", ["Moderation", "YAMLDocument", "RemoteModel", "GPTOSS", .product(name: "Crypto", package: "swift-crypto")]),
    module("RecordIO", ["Moderation", "CZlib", "CZstd"]),
    module("Pipeline", ["Moderation"]),
    module("StandardStages", ["Moderation", "PatternMatching", "LinearModel", "Safeguard"]),
    module("Tuning", ["Moderation"]),
    module("AuditLog", ["Moderation", "Pipeline", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Crypto", package: "swift-crypto")]),
    module("Streaming", ["Moderation", "Pipeline", "RecordIO"]),
    module("RunReport", ["Moderation", "Pipeline", "AuditLog", "Tuning", .product(name: "Crypto", package: "swift-crypto")]),
    module("Evaluation", ["Moderation", "YAMLDocument", "RecordIO", "RemoteModel", "Pipeline", "Tuning", "LinearModel", "AuditLog"]),
    .executableTarget(
      name: "winnow",
      dependencies: [
        "Moderation", "Evaluation", "PipelineFile", "RecordIO", "Pipeline", "Streaming", "StandardStages", "AuditLog", "RunReport", "LinearModel", "Safeguard", "GPTOSS", "ModelHub", "Tuning", "YAMLDocument",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    tests("RecordIOTests", ["Moderation", "RecordIO"]),
    tests("PipelineTests", ["Moderation", "RecordIO", "Pipeline", "Streaming"]),
    tests("PipelineFileTests", ["Moderation", "YAMLDocument", "PipelineFile"], exclude: ["Golden"]),
    tests("RemoteModelTests", ["Moderation", "RemoteModel", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio")]),
    tests("ModelHubTests", ["GPTOSS", "ModelHub", .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio")]),
    tests("SafeguardTests", ["Moderation", "YAMLDocument", "RemoteModel", "Safeguard", .product(name: "Crypto", package: "swift-crypto")], exclude: ["Golden"]),
    tests("PatternMatchingTests", ["Moderation", "Text", "PatternMatching", "YAMLDocument", "CPCRE2", "CKernels"]),
    tests("TextTests", ["Text"], exclude: ["Golden"]),
    tests("LinearModelTests", ["Moderation", "LinearModel"]),
    tests("GPTOSSTests", ["CKernels", "GPTOSS"], exclude: ["Golden"]),
    tests("TuningTests", ["Moderation", "Tuning"], exclude: ["Golden", "check_against_sklearn.py"]),
    tests("EvaluationTests", ["Moderation", "Evaluation", "RecordIO", "Pipeline", "PipelineFile", "StandardStages", "Tuning", "AuditLog"]),
    tests("CommandTests", ["winnow", .product(name: "Crypto", package: "swift-crypto")]),
  ],
  swiftLanguageModes: [.v6]
)
