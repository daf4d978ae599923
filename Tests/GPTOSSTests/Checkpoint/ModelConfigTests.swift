import GPTOSS
import Testing

@Suite struct ModelConfigTests {
  private func read(_ path: String) throws -> [UInt8] { try ReferenceKit.bytes(ReferenceKit.golden(path)) }

  /// The 20b configuration with one piece of text replaced.
  private func replaced(_ old: String, _ new: String) throws -> [UInt8] {
    let text = String(decoding: try read("real-configs/gpt-oss-20b/config.json"), as: UTF8.self)
    let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2, "no `\(old)` in the configuration")
    return Array((parts[0] + new + parts[1]).utf8)
  }

  @Test(arguments: [("gpt-oss-20b", 24, 32, 13_761_264_768, 459), ("gpt-oss-120b", 36, 128, 65_248_815_744, 687)])
  func readsThePublishedConfigurations(_ name: String, layers: Int, experts: Int, bytes: Int, tensors: Int) throws {
    let config = try ModelConfig(path: ReferenceKit.golden("real-configs/\(name)/config.json"))
    #expect(config.numHiddenLayers == layers && config.numExperts == experts && config.expertsPerToken == 4)
    #expect(config.vocabSize == 201_088 && config.hiddenSize == 2880 && config.intermediateSize == 2880 && config.swigluLimit == 7)
    #expect(config.headDim == 64 && config.numAttentionHeads == 64 && config.numKeyValueHeads == 8 && config.attentionSize == 4096)
    #expect(config.slidingWindow == 128 && config.initialContextLength == 4096 && config.maxPositionEmbeddings == 131_072)
    #expect(config.ropeTheta == 150_000 && config.ropeScalingFactor == 32 && config.ropeNtkAlpha == 1 && config.ropeNtkBeta == 32 && !config.ropeTruncate)
    #expect(config.rmsNormEps == 1e-5 && config.eosTokenID == 200_002 && config.padTokenID == 199_999)
    #expect(config.layerTypes == (0..<layers).map { $0 % 2 == 0 ? .sliding : .full })
    let specs = config.tensors
    #expect(specs.count == tensors && Set(specs.map(\.name)).count == tensors)
    #expect(specs.reduce(0) { $0 + $1.shape.reduce(1, *) * $1.type.bitCount / 8 } == bytes)
  }

  @Test(arguments: ["gpt-oss-20b", "gpt-oss-120b"]) func demandsExactlyThePublishedTensors(_ name: String) throws {
    let config = try ModelConfig(path: ReferenceKit.golden("real-configs/\(name)/config.json"))
    let list = try #require(JSONValue.parse(read("real-configs/\(name)/tensors.json"))["list"]?.elements)
    let published = list.map {
      TensorSpec($0["name"]?.string ?? "", $0["dtype"]?.string.flatMap(TensorType.init) ?? .bool, $0["shape"]?.elements?.compactMap(\.int) ?? [])
    }
    #expect(Set(config.tensors) == Set(published))
  }

  @Test func readsTheSpellingOfTransformers5() throws {
    let published = try ModelConfig(json: read("real-configs/gpt-oss-20b/config.json"), file: "x")
    var text = String(decoding: try replaced("\"rope_theta\": 150000,", ""), as: UTF8.self)
    text.replace("\"rope_scaling\": {", with: "\"rope_parameters\": {\"rope_theta\": 150000.0,")
    #expect(try ModelConfig(json: Array(text.utf8), file: "x") == published)
  }

  @Test func plainRopeHasFactorOne() throws {
    let config = try ModelConfig(json: replaced("\"rope_type\": \"yarn\"", "\"rope_type\": \"default\""), file: "x")
    #expect(config.ropeScalingFactor == 1)
  }

  @Test func layersAlternateWhenTheyAreNotNamed() throws {
    var text = String(decoding: try replaced("\"layer_types\"", "\"ignored\""), as: UTF8.self)
    #expect(try ModelConfig(json: Array(text.utf8), file: "x").layerTypes.prefix(3) == [.sliding, .full, .sliding])
    text.replace("\"ignored\"", with: "\"layer_types\"")
    text.replace("\"sliding_attention\"", with: "\"full_attention\"")
    #expect(try ModelConfig(json: Array(text.utf8), file: "x").layerTypes.allSatisfy { $0 == .full })
  }

  @Test(arguments: [
    ("\"num_hidden_layers\": 24", "\"num_hidden_layers\": 23", "layer_types"), ("\"num_hidden_layers\": 24", "\"num_hidden_layers\": 0", "num_hidden_layers"),
    ("\"num_hidden_layers\": 24", "\"num_hidden_layers\": 24.0", "num_hidden_layers"), ("\"hidden_size\": 2880", "\"hidden_size\": 2881", "hidden_size"),
    ("\"hidden_size\": 2880", "\"hidden_size\": 9223372036854775807", "hidden_size"), ("\"hidden_size\": 2880", "\"hidden_size\": \"2880\"", "hidden_size"),
    ("\"intermediate_size\": 2880,", "", "intermediate_size"), ("\"vocab_size\": 201088", "\"vocab_size\": -1", "vocab_size"),
    ("\"head_dim\": 64", "\"head_dim\": 63", "head_dim"), ("\"num_attention_heads\": 64", "\"num_attention_heads\": 60", "num_attention_heads"),
    ("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 128", "num_key_value_heads"),
    ("\"num_experts_per_tok\": 4", "\"num_experts_per_tok\": 33", "num_experts_per_tok"),
    ("\"experts_per_token\": 4", "\"experts_per_token\": 5", "experts_per_token"), ("\"sliding_window\": 128", "\"sliding_window\": 0", "sliding_window"),
    ("\"sliding_window\": 128", "\"sliding_window\": null", "sliding_window"), ("\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 0", "rms_norm_eps"),
    ("\"swiglu_limit\": 7.0", "\"swiglu_limit\": -7.0", "swiglu_limit"), ("\"rope_theta\": 150000", "\"rope_theta\": 1", "rope_theta"),
    ("\"rope_type\": \"yarn\"", "\"rope_type\": \"llama3\"", "rope_type"), ("\"factor\": 32.0,", "", "factor"),
    ("\"truncate\": false", "\"truncate\": 0", "truncate"),
    ("\"beta_fast\": 32.0", "\"beta_fast\": 0.5", "beta_fast"), ("\"truncate\": false", "\"truncate\": false, \"attention_factor\": 2", "attention_factor"),
    ("\"rope_scaling\": {", "\"other\": {", "rope_scaling"), ("\"model_type\": \"gpt_oss\"", "\"model_type\": \"llama\"", "model_type"),
    ("GptOssForCausalLM", "LlamaForCausalLM", "architectures"), ("\"attention_bias\": true", "\"attention_bias\": false", "attention_bias"),
    ("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true", "tie_word_embeddings"),
    ("\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"", "hidden_act"),
    ("\"quant_method\": \"mxfp4\"", "\"quant_method\": \"fp8\"", "quant_method"), ("\"eos_token_id\": 200002", "\"eos_token_id\": 201088", "eos_token_id"),
    ("\"pad_token_id\": 199999", "\"pad_token_id\": -1", "pad_token_id"), ("\"full_attention\"", "\"linear_attention\"", "layer_types"),
    ("\"use_cache\": true", "\"model_type\": \"gpt_oss\"", "model_type"),
  ])
  func namesTheFieldThatIsWrong(_ old: String, _ new: String, field: String) throws {
    let json = try replaced(old, new)
    let error = #expect(throws: CheckpointError.self) { try ModelConfig(json: json, file: "c.json") }
    #expect(
      error?.issues.contains { $0.code == .config && $0.message.contains("`\(field)") || $0.message.contains(".\(field)`") } == true,
      "\(String(describing: error))")
  }

  @Test func reportsAllProblemsAtOnce() throws {
    let error = #expect(throws: CheckpointError.self) { try ModelConfig(json: Array("{}".utf8), file: "c.json") }
    #expect((error?.issues.count ?? 0) > 15)
    for issue in error?.issues ?? [] { #expect(issue.message.first?.isUppercase == false && !issue.message.hasSuffix(".")) }
  }

  @Test(arguments: ["", "[]", "null", "{", "{\"model_type\":"]) func refusesWhatIsNoObject(_ text: String) {
    let error = #expect(throws: CheckpointError.self) { try ModelConfig(json: Array(text.utf8), file: "c.json") }
    #expect(error?.issues.map(\.code) == [.malformedJSON])
  }
}
