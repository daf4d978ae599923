/// The hyperparameters of a gpt-oss model, under the names of OpenAI's `ModelConfig` (gpt_oss/torch/model.py) in camel case.
///
/// `ModelConfig(json:file:)` maps the Hugging Face spellings of `config.json` to these names, once, and checks every range, so that
/// arithmetic on a `ModelConfig` that came from a file cannot overflow.
public struct ModelConfig: Sendable, Hashable {
  /// Which earlier positions a layer's attention sees.
  public enum LayerType: String, Sendable, Hashable {
    /// The position itself and the `slidingWindow - 1` before it.
    case sliding = "sliding_attention"
    /// All positions up to itself.
    case full = "full_attention"
  }

  public var numHiddenLayers: Int
  public var numExperts: Int
  /// Experts that each token is sent to (top-k).
  public var expertsPerToken: Int
  public var vocabSize: Int
  /// Width of the residual stream.
  public var hiddenSize: Int
  /// Width inside one expert.
  public var intermediateSize: Int
  /// Both halves of SwiGLU are clamped to this magnitude.
  public var swigluLimit: Float
  public var headDim: Int
  /// Query heads; the attention's width is `numAttentionHeads * headDim`, which is not `hiddenSize`.
  public var numAttentionHeads: Int
  /// Query head h uses key/value head `h / (numAttentionHeads / numKeyValueHeads)`.
  public var numKeyValueHeads: Int
  public var slidingWindow: Int
  /// Context length before YaRN stretched it (`original_max_position_embeddings`).
  public var initialContextLength: Int
  /// Longest context that the model was made for; beyond it nothing is promised.
  public var maxPositionEmbeddings: Int
  public var ropeTheta: Double
  /// YaRN's stretch; 1 means plain RoPE.
  public var ropeScalingFactor: Double
  /// Rotations over the initial context below which a frequency is fully interpolated (`beta_slow`).
  public var ropeNtkAlpha: Double
  /// Rotations over the initial context above which a frequency is left alone (`beta_fast`).
  public var ropeNtkBeta: Double
  /// Whether YaRN's two bounds are rounded outwards to whole dimensions. False in every published gpt-oss.
  public var ropeTruncate: Bool
  public var rmsNormEps: Float
  /// One per layer.
  public var layerTypes: [LayerType]
  /// Ends a generation; `generation_config.json` may name more.
  public var eosTokenID: Int
  public var padTokenID: Int?

  /// Width of all query heads together.
  public var attentionSize: Int { numAttentionHeads * headDim }
  /// Width of all key heads together, and of all value heads together.
  public var keyValueSize: Int { numKeyValueHeads * headDim }
  /// Query heads that share one key/value head.
  public var queryGroupSize: Int { numAttentionHeads / numKeyValueHeads }

  public init(
    numHiddenLayers: Int, numExperts: Int, expertsPerToken: Int, vocabSize: Int, hiddenSize: Int, intermediateSize: Int, swigluLimit: Float,
    headDim: Int, numAttentionHeads: Int, numKeyValueHeads: Int, slidingWindow: Int, initialContextLength: Int, maxPositionEmbeddings: Int,
    ropeTheta: Double, ropeScalingFactor: Double, ropeNtkAlpha: Double, ropeNtkBeta: Double, ropeTruncate: Bool, rmsNormEps: Float,
    layerTypes: [LayerType], eosTokenID: Int, padTokenID: Int?
  ) {
    self.numHiddenLayers = numHiddenLayers
    self.numExperts = numExperts
    self.expertsPerToken = expertsPerToken
    self.vocabSize = vocabSize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.swigluLimit = swigluLimit
    self.headDim = headDim
    self.numAttentionHeads = numAttentionHeads
    self.numKeyValueHeads = numKeyValueHeads
    self.slidingWindow = slidingWindow
    self.initialContextLength = initialContextLength
    self.maxPositionEmbeddings = maxPositionEmbeddings
    self.ropeTheta = ropeTheta
    self.ropeScalingFactor = ropeScalingFactor
    self.ropeNtkAlpha = ropeNtkAlpha
    self.ropeNtkBeta = ropeNtkBeta
    self.ropeTruncate = ropeTruncate
    self.rmsNormEps = rmsNormEps
    self.layerTypes = layerTypes
    self.eosTokenID = eosTokenID
    self.padTokenID = padTokenID
  }
}
