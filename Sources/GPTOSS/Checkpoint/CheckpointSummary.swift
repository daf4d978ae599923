/// What a checkpoint is, for `winnow model inspect`.
public struct CheckpointSummary: Sendable {
  public struct FileSummary: Sendable, Hashable {
    public var name: String
    /// Size of the file, header included.
    public var bytes: Int
    public var tensors: Int
  }

  public var folder: String
  public var config: ModelConfig
  public var files: [FileSummary]
  public var tensorCount: Int
  /// Of all tensors, without headers.
  public var tensorBytes: Int
  /// Tensor bytes of the experts' blocks and scales.
  public var expertBytes: Int
  public var parameters: Int
  /// Parameters that one token passes through: all but the embedding and the experts that it is not sent to.
  public var activeParameters: Int
  /// Whether `tokenizer.json` lies beside the weights.
  public var hasTokenizer: Bool
  /// `gpt-oss-20b` or `gpt-oss-120b` when the shape is theirs (the safeguard models have the same); nil otherwise.
  public var publishedShape: String?

  public init(_ checkpoint: Checkpoint) {
    folder = checkpoint.folder.path
    config = checkpoint.config
    files = checkpoint.files.map { file in
      FileSummary(name: String(file.file.path.dropFirst(checkpoint.folder.path.count + 1)), bytes: file.file.size, tensors: file.header.entries.count)
    }
    tensorCount = files.reduce(0) { $0 + $1.tensors }
    tensorBytes = checkpoint.byteCount
    expertBytes = config.tensors.filter { $0.type == .u8 }.reduce(0) { $0 + $1.shape.reduce(1, *) }
    parameters = config.parameterCount
    activeParameters = config.activeParameterCount
    hasTokenizer = FileSystem.exists(checkpoint.path(of: "tokenizer.json"))
    publishedShape = config.publishedShape
  }

  /// Bytes of keys and values that one more token needs at 16 bits each, on full layers only: sliding layers keep a window.
  public var keyValueBytesPerToken: Int { 2 * 2 * config.keyValueSize * config.layerTypes.count { $0 == .full } }

  // MARK: - Text

  public var text: String {
    let c = config
    let sliding = c.layerTypes.count { $0 == .sliding }
    var lines = [
      "folder      \(folder)",
      "shape       \(publishedShape ?? "not a published one")",
      "layers      \(c.numHiddenLayers) (\(sliding) sliding over \(c.slidingWindow) tokens, \(c.numHiddenLayers - sliding) full)",
      "width       hidden \(c.hiddenSize), expert \(c.intermediateSize), attention \(c.attentionSize)",
      "heads       \(c.numAttentionHeads) query, \(c.numKeyValueHeads) key/value, \(c.headDim) wide",
      "experts     \(c.numExperts), \(c.expertsPerToken) per token",
      "vocabulary  \(c.vocabSize), end of text \(c.eosTokenID)",
      "context     \(c.maxPositionEmbeddings) (\(c.initialContextLength) stretched by \(plain(c.ropeScalingFactor)))",
      "parameters  \(billions(parameters)), \(billions(activeParameters)) per token",
      "weights     \(tensorCount) tensors, \(tensorBytes) bytes, of which experts \(expertBytes)",
      "KV cache    \(keyValueBytesPerToken) bytes per token at 16 bits",
      "tokenizer   \(hasTokenizer ? "tokenizer.json" : "none")",
    ]
    lines += files.map { "file        \($0.name), \($0.bytes) bytes, \($0.tensors) tensors" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func plain(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

  private func billions(_ count: Int) -> String {
    let (unit, name) = count >= 100_000_000 ? (1e9, "B") : (1e6, "M")
    return "\((Double(count) / unit * 100).rounded() / 100) \(name)"
  }

  // MARK: - JSON

  public var json: JSONOutput {
    [
      "folder": .string(folder), "shape": publishedShape.map(JSONOutput.string) ?? .null, "config": config.json, "parameters": .int(parameters),
      "active_parameters": .int(activeParameters), "tensors": .int(tensorCount), "tensor_bytes": .int(tensorBytes), "expert_bytes": .int(expertBytes),
      "kv_bytes_per_token": .int(keyValueBytesPerToken), "tokenizer": .bool(hasTokenizer),
      "files": .array(files.map { ["name": .string($0.name), "bytes": .int($0.bytes), "tensors": .int($0.tensors)] }),
    ]
  }
}

extension ModelConfig {
  /// Numbers that were trained: two per MXFP4 block byte, none for scales.
  public var parameterCount: Int { tensors.reduce(0) { $0 + Self.parameters(of: $1) } }

  public var activeParameterCount: Int {
    tensors.reduce(0) { sum, spec in
      if spec.name == "model.embed_tokens.weight" { return sum }
      let count = Self.parameters(of: spec)
      return sum + (spec.name.contains(".mlp.experts.") ? count / numExperts * expertsPerToken : count)
    }
  }

  private static func parameters(of spec: TensorSpec) -> Int {
    let elements = spec.shape.reduce(1, *)
    return spec.name.hasSuffix("_blocks") ? 2 * elements : spec.name.hasSuffix("_scales") ? 0 : elements
  }

  /// The published model that has this shape.
  public var publishedShape: String? {
    let common = hiddenSize == 2880 && intermediateSize == 2880 && numAttentionHeads == 64 && numKeyValueHeads == 8 && headDim == 64 && vocabSize == 201_088
    switch (common, numHiddenLayers, numExperts, expertsPerToken) {
    case (true, 24, 32, 4): return "gpt-oss-20b"
    case (true, 36, 128, 4): return "gpt-oss-120b"
    default: return nil
    }
  }

  /// Under OpenAI's names.
  public var json: JSONOutput {
    [
      "num_hidden_layers": .int(numHiddenLayers), "num_experts": .int(numExperts), "experts_per_token": .int(expertsPerToken), "vocab_size": .int(vocabSize),
      "hidden_size": .int(hiddenSize), "intermediate_size": .int(intermediateSize), "swiglu_limit": .float(swigluLimit), "head_dim": .int(headDim),
      "num_attention_heads": .int(numAttentionHeads), "num_key_value_heads": .int(numKeyValueHeads), "sliding_window": .int(slidingWindow),
      "initial_context_length": .int(initialContextLength), "max_position_embeddings": .int(maxPositionEmbeddings), "rope_theta": .number(ropeTheta),
      "rope_scaling_factor": .number(ropeScalingFactor), "rope_ntk_alpha": .number(ropeNtkAlpha), "rope_ntk_beta": .number(ropeNtkBeta),
      "rope_truncate": .bool(ropeTruncate), "rms_norm_eps": .float(rmsNormEps), "layer_types": .array(layerTypes.map { .string($0.rawValue) }),
      "eos_token_id": .int(eosTokenID), "pad_token_id": padTokenID.map(JSONOutput.int) ?? .null,
    ]
  }
}
