/// A gpt-oss checkpoint folder, opened: configuration read, weight files mapped, every tensor found with the type and shape that the configuration demands.
///
/// Opening touches only headers; weights are read by the kernel when they are used. A value; copies share the mappings.
public struct Checkpoint: Sendable {
  public let folder: CheckpointFolder
  public let config: ModelConfig
  public let files: [SafetensorsFile]
  /// `[V, H]`
  public let embedTokens: BF16Tensor
  public let layers: [LayerTensors]
  /// `[H]`
  public let norm: BF16Tensor
  /// `[V, H]`
  public let lmHead: BF16Tensor

  /// Opens the checkpoint at `path`: a folder as published, or a Hugging Face cache entry; see ``CheckpointFolder``.
  /// - Throws: ``CheckpointError``. Tensors that are missing, superfluous, or of the wrong type or shape are all named at once.
  public init(at path: String) throws(CheckpointError) {
    folder = try CheckpointFolder(at: path)
    config = try ModelConfig(path: "\(folder.path)/\(CheckpointFolder.configName)")
    var finder = TensorFinder(folder: folder)
    files = try finder.open()
    try finder.check(against: config.tensors)
    embedTokens = finder.bf16("model.embed_tokens.weight")
    norm = finder.bf16("model.norm.weight")
    lmHead = finder.bf16("lm_head.weight")
    let found = finder
    layers = (0..<config.numHiddenLayers).map { LayerTensors(layer: $0, in: found) }
  }

  /// Passes when no weight file has been written to since it was opened; see ``MappedFile/checkUnchanged()``.
  public func checkUnchanged() throws(CheckpointError) {
    for file in files { try file.file.checkUnchanged() }
  }

  /// Bytes of all tensors.
  public var byteCount: Int { files.reduce(0) { $0 + $1.file.size - $1.header.dataStart } }

  /// Path of a file beside the weights, for example `tokenizer.json`; it need not exist.
  public func path(of name: String) -> String { "\(folder.path)/\(name)" }
}

extension LayerTensors {
  fileprivate init(layer: Int, in finder: TensorFinder) {
    let prefix = "model.layers.\(layer)."
    func linear(_ name: String) -> LinearTensors {
      LinearTensors(weight: finder.bf16("\(prefix)\(name).weight"), bias: finder.bf16("\(prefix)\(name).bias"))
    }
    func experts(_ name: String) -> ExpertTensors {
      let base = "\(prefix)mlp.experts.\(name)"
      return ExpertTensors(weight: finder.mxfp4(base), bias: finder.bf16("\(base)_bias"))
    }
    inputLayernorm = finder.bf16("\(prefix)input_layernorm.weight")
    (qProj, kProj, vProj) = (linear("self_attn.q_proj"), linear("self_attn.k_proj"), linear("self_attn.v_proj"))
    sinks = finder.bf16("\(prefix)self_attn.sinks")
    oProj = linear("self_attn.o_proj")
    postAttentionLayernorm = finder.bf16("\(prefix)post_attention_layernorm.weight")
    router = linear("mlp.router")
    (gateUpProj, downProj) = (experts("gate_up_proj"), experts("down_proj"))
  }
}

/// Opens the weight files of a folder and knows each tensor by name.
private struct TensorFinder {
  let folder: CheckpointFolder
  private var tensors: [String: TensorView] = [:]
  private var issues: [CheckpointIssue] = []

  init(folder: CheckpointFolder) { self.folder = folder }

  mutating func open() throws(CheckpointError) -> [SafetensorsFile] {
    let (names, weightMap) = try folder.weightFiles()
    var files: [SafetensorsFile] = []
    for name in names {
      do throws(CheckpointError) {
        let file = try SafetensorsFile(path: "\(folder.path)/\(name)")
        add(file)
        files.append(file)
      } catch { issues += error.issues }
    }
    // Without all files, most tensors would be named as missing as well.
    if !issues.isEmpty { throw CheckpointError(issues) }
    if let weightMap { compare(with: weightMap) }
    return files
  }

  private mutating func add(_ file: SafetensorsFile) {
    for name in file.header.duplicateNames { report(.duplicateTensor, file.file.path, name, "stands twice in the header") }
    for tensor in file.tensors {
      guard let first = tensors.updateValue(tensor, forKey: tensor.name) else { continue }
      report(.duplicateTensor, file.file.path, tensor.name, "stands also in \(first.file.path)")
    }
  }

  /// The index must tell the truth: a tensor in another shard than it says means that files of two checkpoints are mixed.
  private mutating func compare(with weightMap: [String: String]) {
    let index = "\(folder.path)/\(CheckpointFolder.indexName)"
    for (name, shard) in weightMap.sorted(by: { $0.key < $1.key }) {
      let path = "\(folder.path)/\(shard)"
      guard tensors[name]?.file.path != path else { continue }
      let found = tensors[name].map { "it is in \($0.file.path)" } ?? "no shard holds it"
      report(.shardIndex, index, name, "expected in \(path), but \(found)")
    }
    for name in tensors.keys.sorted() where weightMap[name] == nil { report(.shardIndex, index, name, "a shard holds it, the index does not name it") }
  }

  mutating func check(against specs: [TensorSpec]) throws(CheckpointError) {
    for spec in specs { check(spec) }
    let known = Set(specs.map(\.name))
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
      report(.unexpectedTensor, tensor.file.path, name, "the configuration has no place for it")
    }
    if !issues.isEmpty { throw CheckpointError(issues) }
  }

  private mutating func check(_ spec: TensorSpec) {
    guard let tensor = tensors[spec.name] else {
      return report(.missingTensor, folder.path, spec.name, "expected \(spec.type.rawValue) of shape \(spec.shape), found none")
    }
    if tensor.type != spec.type {
      report(.wrongType, tensor.file.path, spec.name, "expected \(spec.type.rawValue), found \(tensor.type.rawValue)")
    }
    if tensor.shape != spec.shape { report(.wrongShape, tensor.file.path, spec.name, "expected shape \(spec.shape), found \(tensor.shape)") }
  }

  private mutating func report(_ code: CheckpointIssue.Code, _ file: String, _ tensor: String, _ message: String) {
    issues.append(CheckpointIssue(code, file: file, tensor: tensor, message))
  }

  // Asked only for names that `check` has found.
  func bf16(_ name: String) -> BF16Tensor { BF16Tensor(view(name)) }
  func mxfp4(_ base: String) -> MXFP4Tensor { MXFP4Tensor(blocks: view("\(base)_blocks"), scales: view("\(base)_scales")) }

  private func view(_ name: String) -> TensorView {
    guard let view = tensors[name] else { preconditionFailure("`\(name)` was not among the tensors checked") }
    return view
  }
}
