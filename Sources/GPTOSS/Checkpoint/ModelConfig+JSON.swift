extension ModelConfig {
  /// Largest `config.json` that is read; published ones have 2 KB.
  public static let maximumFileSize = 1 << 20

  /// Reads `config.json`.
  /// - Throws: ``CheckpointError`` with every problem of the file at once.
  public init(path: String) throws(CheckpointError) {
    try self.init(json: FileSystem.read(path, limit: Self.maximumFileSize), file: path)
  }

  /// Reads the text of a `config.json`: `GptOssForCausalLM` with MXFP4 experts and nothing else. A value that shapes the computation is
  /// never guessed: when it is absent, that is an issue. Fields that inference does not need (`initializer_range`, `use_cache`, …) are ignored.
  /// - Parameter file: the path, for messages only.
  /// - Throws: ``CheckpointError`` with every problem of the file at once. Never traps, whatever the bytes.
  public init(json: [UInt8], file: String) throws(CheckpointError) {
    let root: JSONValue
    do { root = try JSONValue.parse(json) } catch { throw CheckpointError(.malformedJSON, file: file, error.description) }
    guard root.kind == .object else { throw CheckpointError(.malformedJSON, file: file, "expected an object") }
    var reader = ConfigReader(root, file: file)
    reader.checkArchitecture()
    let config = reader.readConfig()
    if !reader.issues.isEmpty { throw CheckpointError(reader.issues) }
    self = config
  }
}

/// Reads fields, collecting what is wrong; a wrong field reads as its lower bound, so that reading goes on.
private struct ConfigReader {
  private let root: JSONValue
  private let file: String
  private(set) var issues: [CheckpointIssue] = []

  init(_ root: JSONValue, file: String) {
    self.root = root
    self.file = file
    if let key = root.duplicateKey { report("`\(key)` stands there twice") }
  }

  private mutating func report(_ message: String) { issues.append(CheckpointIssue(.config, file: file, message)) }

  // MARK: - What the model must be

  mutating func checkArchitecture() {
    expect("model_type", "gpt_oss") { $0.string == "gpt_oss" }
    if let names = root["architectures"], names[0]?.string != "GptOssForCausalLM" || names.count != 1 {
      report("expected `architectures` to be [\"GptOssForCausalLM\"]")
    }
    expect("attention_bias", "true") { $0.bool == true }
    expectUnlessAbsent("tie_word_embeddings", "false") { $0.bool == false }
    expectUnlessAbsent("hidden_act", "silu") { $0.string == "silu" }
    if root["quantization_config"]?["quant_method"]?.string != "mxfp4" { report("expected `quantization_config.quant_method` to be mxfp4") }
  }

  private mutating func expect(_ key: String, _ wanted: String, _ isRight: (JSONValue) -> Bool) {
    if !(root[key].map(isRight) ?? false) { report("expected `\(key)` to be \(wanted)") }
  }

  private mutating func expectUnlessAbsent(_ key: String, _ wanted: String, _ isRight: (JSONValue) -> Bool) {
    if root[key] != nil { expect(key, wanted, isRight) }
  }

  // MARK: - Hyperparameters

  mutating func readConfig() -> ModelConfig {
    let layers = integer("num_hidden_layers", 1...1024)
    let experts = integer("num_local_experts", "num_experts", 1...4096)
    let vocabulary = integer("vocab_size", 1...(1 << 24))
    let heads = integer("num_attention_heads", 1...4096)
    let rope = readRope()
    let config = ModelConfig(
      numHiddenLayers: layers, numExperts: experts, expertsPerToken: integer("num_experts_per_tok", "experts_per_token", 1...max(experts, 1)),
      vocabSize: vocabulary, hiddenSize: integer("hidden_size", 32...(1 << 16), multipleOf: 32),
      intermediateSize: integer("intermediate_size", 32...(1 << 16), multipleOf: 32), swigluLimit: Float(number("swiglu_limit", 1e-3...1e6)),
      headDim: integer("head_dim", 2...1024, multipleOf: 2), numAttentionHeads: heads, numKeyValueHeads: integer("num_key_value_heads", 1...max(heads, 1)),
      slidingWindow: integer("sliding_window", 1...(1 << 24)), initialContextLength: rope.initialContextLength,
      maxPositionEmbeddings: integer("max_position_embeddings", 1...(1 << 24)), ropeTheta: rope.theta, ropeScalingFactor: rope.factor,
      ropeNtkAlpha: rope.alpha, ropeNtkBeta: rope.beta, ropeTruncate: rope.truncate, rmsNormEps: Float(number("rms_norm_eps", 1e-12...1e-1)),
      layerTypes: readLayerTypes(layers), eosTokenID: readEOS(vocabulary), padTokenID: readToken("pad_token_id", vocabulary))
    if config.numAttentionHeads % config.numKeyValueHeads != 0 {
      report("expected `num_attention_heads` \(heads) to be a multiple of `num_key_value_heads` \(config.numKeyValueHeads)")
    }
    return config
  }

  /// Absent in the first configurations: then even layers slide, as in the reference.
  private mutating func readLayerTypes(_ layers: Int) -> [ModelConfig.LayerType] {
    guard let value = root["layer_types"] else { return (0..<layers).map { $0 % 2 == 0 ? .sliding : .full } }
    let types = value.elements?.map { $0.string.flatMap(ModelConfig.LayerType.init) } ?? []
    if types.count != layers { report("expected `layer_types` to name \(layers) layers, found \(types.count)") }
    if types.contains(nil) { report("expected `layer_types` to hold only sliding_attention and full_attention") }
    return types.compactMap { $0 }
  }

  /// A single id, or a list whose first id counts.
  private mutating func readEOS(_ vocabulary: Int) -> Int {
    let value = root["eos_token_id"]
    guard let id = (value?[0] ?? value)?.int, (0..<vocabulary).contains(id) else {
      report("expected `eos_token_id` to be a token id below \(vocabulary)")
      return 0
    }
    return id
  }

  private mutating func readToken(_ key: String, _ vocabulary: Int) -> Int? {
    guard let value = root[key], !value.isNull else { return nil }
    guard let id = value.int, (0..<vocabulary).contains(id) else {
      report("expected `\(key)` to be a token id below \(vocabulary)")
      return nil
    }
    return id
  }

  // MARK: - Rotary position embedding

  private struct Rope {
    var theta = 1.0
    var factor = 1.0
    var alpha = 1.0
    var beta = 32.0
    var truncate = false
    var initialContextLength = 1
  }

  /// `rope_theta` and `rope_scaling` (published files), or `rope_parameters` with the theta inside (transformers 5).
  private mutating func readRope() -> Rope {
    let scaling = root["rope_scaling"].flatMap { $0.isNull ? nil : $0 } ?? root["rope_parameters"]
    guard let scaling, scaling.kind == .object else {
      report("expected `rope_scaling` or `rope_parameters` to be an object")
      return Rope()
    }
    if let key = scaling.duplicateKey { report("`\(key)` stands twice in the rope settings") }
    var rope = Rope()
    rope.theta = number(scaling["rope_theta"] ?? root["rope_theta"], "rope_theta", 1.0001...1e12)
    let original = scaling["original_max_position_embeddings"] ?? root["initial_context_length"]
    rope.initialContextLength = integer(original, "original_max_position_embeddings", 1...(1 << 24))
    switch (scaling["rope_type"] ?? scaling["type"])?.string {
    case "default": break
    case "yarn": readYarn(scaling, into: &rope)
    default: report("expected `rope_type` to be yarn or default")
    }
    return rope
  }

  private mutating func readYarn(_ scaling: JSONValue, into rope: inout Rope) {
    rope.factor = number(scaling["factor"], "factor", 1...4096)
    rope.alpha = number(scaling["beta_slow"], "beta_slow", 1e-3...1e6)
    rope.beta = number(scaling["beta_fast"], "beta_fast", 1e-3...1e6)
    if rope.beta < rope.alpha { report("expected `beta_fast` to be at least `beta_slow`") }
    guard let truncate = scaling["truncate"]?.bool else { return report("expected `truncate` to be true or false") }
    rope.truncate = truncate
    for key in ["attention_factor", "mscale", "mscale_all_dim"] where !(scaling[key]?.isNull ?? true) {
      report("`\(key)` is not supported in the rope settings")
    }
  }

  // MARK: - Fields

  private mutating func integer(_ key: String, _ range: ClosedRange<Int>, multipleOf unit: Int = 1) -> Int {
    integer(root[key], key, range, multipleOf: unit)
  }

  /// A field with two spellings, which must agree where both stand.
  private mutating func integer(_ key: String, _ other: String, _ range: ClosedRange<Int>) -> Int {
    let value = integer(root[key] ?? root[other], key, range)
    if let second = root[other], second.int != value { report("`\(other)` and `\(key)` differ") }
    return value
  }

  private mutating func integer(_ value: JSONValue?, _ key: String, _ range: ClosedRange<Int>, multipleOf unit: Int = 1) -> Int {
    guard let value, let number = value.int, range.contains(number), number % unit == 0 else {
      let condition = unit == 1 ? "" : " and a multiple of \(unit)"
      report("expected `\(key)` to be a whole number in \(range.lowerBound)...\(range.upperBound)\(condition), found \(spelling(of: value))")
      return range.lowerBound
    }
    return number
  }

  private mutating func number(_ key: String, _ range: ClosedRange<Double>) -> Double { number(root[key], key, range) }

  private mutating func number(_ value: JSONValue?, _ key: String, _ range: ClosedRange<Double>) -> Double {
    guard let value, let number = value.double, range.contains(number) else {
      report("expected `\(key)` to be a number in \(range.lowerBound)...\(range.upperBound), found \(spelling(of: value))")
      return range.lowerBound
    }
    return number
  }

  private func spelling(of value: JSONValue?) -> String {
    guard let value else { return "nothing" }
    if let int = value.int { return String(int) }
    if let double = value.double { return String(double) }
    return "\(value.kind)"
  }
}
