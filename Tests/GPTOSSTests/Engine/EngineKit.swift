import Foundation
import GPTOSS

enum EngineKit {
  static let tiny = ["tiny-a", "tiny-b", "tiny-c"]

  static func prepared(_ name: String) throws -> PreparedModel { try PreparedModel.inMemory(Checkpoint(at: ReferenceKit.golden(name)), threads: 2) }

  static func goldens(_ name: String) throws -> Goldens {
    let checkpoint = try Checkpoint(at: ReferenceKit.golden(name))
    return try Goldens(of: checkpoint.folder, config: checkpoint.config)
  }

  /// Random ordinary tokens.
  static func tokens(_ count: Int, below limit: Int, seed: UInt64) -> [TokenID] {
    var random = SplitMix(seed)
    return (0..<count).map { _ in TokenID.random(in: 0..<TokenID(limit), using: &random) }
  }

  static func options(_ kernels: KernelSet = .best, threads: Int = 2, maxStep: Int = 64, sequences: Int = 8) -> NativeModel.Options {
    var options = NativeModel.Options()
    options.threads = threads
    options.kernels = kernels
    options.maxStep = maxStep
    options.promptPiece = 16
    options.maxSequences = sequences
    return options
  }

  static func model(_ name: String = "tiny-a", _ options: NativeModel.Options = options()) throws -> NativeModel {
    try NativeModel(prepared(name), tokenizer: TokenizerKit.tiny(name), options: options)
  }
}
