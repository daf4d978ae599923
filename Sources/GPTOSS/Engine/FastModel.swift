import CKernels

/// The fast forward pass as a plain ``LanguageModel``: one sequence at a time on the caller's thread. For conformance, benchmarks and tests;
/// ``NativeModel`` is what serves requests.
public final class FastModel: LanguageModel {
  public let config: ModelConfig
  public let kernels: KernelSet
  let pass: ForwardPass

  /// - Parameters:
  ///   - maxStep: most tokens of one forward pass; longer prompts are cut.
  /// - Throws: ``EngineError/outOfMemory(needed:available:)`` before anything is allocated.
  public init(
    _ model: PreparedModel, kernels: KernelSet = .best, threads: Int = defaultThreadCount, maxStep: Int = 512
  ) throws(EngineError) {
    let needed = Workspace.byteCount(model.layout, maxTokens: maxStep, threads: threads)
    if let available = availableMemory(), available < needed { throw .outOfMemory(needed: needed, available: available) }
    guard let pool = ThreadPool(threads: threads), let pass = ForwardPass(model, kernels: kernels, pool: pool, maxTokens: maxStep) else {
      throw .outOfMemory(needed: needed, available: availableMemory() ?? 0)
    }
    (config, self.kernels, self.pass) = (model.config, kernels, pass)
  }

  public func makeSequence() throws -> any LanguageModelSequence { FastSequence(self) }
}

/// A sequence whose cache grows as tokens come: the segment doubles, and the old one is copied.
final class FastSequence: LanguageModelSequence {
  private let model: FastModel
  private var segment: KVSegment?

  init(_ model: FastModel) { self.model = model }

  var position: Int { segment?.count ?? 0 }

  func append(_ tokens: [TokenID], logitsAt rows: [Int]) throws -> [[Float]] {
    let config = model.config
    for token in tokens where token < 0 || token >= config.vocabSize {
      throw LanguageModelError.tokenOutOfRange(token, vocabSize: config.vocabSize)
    }
    let total = position + tokens.count
    guard total <= config.maxPositionEmbeddings else {
      throw LanguageModelError.contextOverflow(tokens: total, limit: config.maxPositionEmbeddings)
    }
    let segment = try room(for: total)
    var results: [[Float]] = []
    let step = model.pass.space.maxTokens
    for start in stride(from: 0, to: tokens.count, by: step) {
      let part = start..<min(start + step, tokens.count)
      let wanted = rows.filter { part.contains($0) }
      model.pass.forward([ForwardPass.Run(prefix: nil, own: segment, tokens: Array(tokens[part]), outputs: wanted.isEmpty ? .none : .all)])
      results += model.pass.logits(wanted.map { ($0 - start, .all) })
    }
    return results
  }

  /// A segment with room for `total` positions that holds what the present one holds. Rings have equal sizes in both, or hold everything.
  private func room(for total: Int) throws(EngineError) -> KVSegment {
    let layout = model.pass.layout, step = model.pass.space.maxTokens
    if let segment, segment.layout.ringBlocks.max() ?? 0 >= (total + 15) / 16 { return segment }
    let next = KVLayout(layout, capacity: max(256, 2 * total), step: step)
    guard let grown = KVSegment(next, start: 0) else { throw .outOfMemory(needed: next.byteCount, available: availableMemory() ?? 0) }
    if let segment {
      for layer in layout.config.layerTypes.indices {
        let from = segment.layout.ringBlocks[layer], to = next.ringBlocks[layer]
        let used = (segment.count + 15) / 16
        for head in 0..<next.kvHeads {
          for index in max(0, used - from)..<used {
            UnsafeMutableRawPointer(grown.blocks(layer: layer, head: head) + index % to * next.blockBytes)
              .copyMemory(from: segment.blocks(layer: layer, head: head) + index % from * next.blockBytes, byteCount: next.blockBytes)
          }
        }
      }
      grown.count = segment.count
    }
    segment = grown
    return grown
  }
}
