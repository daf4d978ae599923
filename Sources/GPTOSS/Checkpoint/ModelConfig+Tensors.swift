extension ModelConfig {
  /// Every tensor that a checkpoint of this shape holds, in the order of the layers, with its name, type and shape as published.
  public var tensors: [TensorSpec] {
    var specs = [
      TensorSpec("model.embed_tokens.weight", .bf16, [vocabSize, hiddenSize]), TensorSpec("lm_head.weight", .bf16, [vocabSize, hiddenSize]),
      TensorSpec("model.norm.weight", .bf16, [hiddenSize]),
    ]
    for layer in 0..<numHiddenLayers { specs += attentionTensors(layer) + expertTensors(layer) }
    return specs
  }

  private func attentionTensors(_ layer: Int) -> [TensorSpec] {
    let prefix = "model.layers.\(layer)."
    func linear(_ name: String, _ outputs: Int, _ inputs: Int) -> [TensorSpec] {
      [TensorSpec("\(prefix)\(name).weight", .bf16, [outputs, inputs]), TensorSpec("\(prefix)\(name).bias", .bf16, [outputs])]
    }
    return [
      TensorSpec("\(prefix)input_layernorm.weight", .bf16, [hiddenSize]), TensorSpec("\(prefix)post_attention_layernorm.weight", .bf16, [hiddenSize]),
      TensorSpec("\(prefix)self_attn.sinks", .bf16, [numAttentionHeads]),
    ] + linear("self_attn.q_proj", attentionSize, hiddenSize) + linear("self_attn.k_proj", keyValueSize, hiddenSize)
      + linear("self_attn.v_proj", keyValueSize, hiddenSize) + linear("self_attn.o_proj", hiddenSize, attentionSize)
      + linear("mlp.router", numExperts, hiddenSize)
  }

  private func expertTensors(_ layer: Int) -> [TensorSpec] {
    func projection(_ name: String, _ outputs: Int, _ inputs: Int) -> [TensorSpec] {
      let prefix = "model.layers.\(layer).mlp.experts.\(name)"
      return [
        TensorSpec("\(prefix)_blocks", .u8, [numExperts, outputs, inputs / MXFP4.blockSize, MXFP4.blockBytes]),
        TensorSpec("\(prefix)_scales", .u8, [numExperts, outputs, inputs / MXFP4.blockSize]), TensorSpec("\(prefix)_bias", .bf16, [numExperts, outputs]),
      ]
    }
    return projection("gate_up_proj", 2 * intermediateSize, hiddenSize) + projection("down_proj", hiddenSize, intermediateSize)
  }
}
