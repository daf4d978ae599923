/// A value inside the forward pass, by the name that the goldens use: `layer3.attn_norm`, or without a layer `embed` and `final_norm`.
/// T tokens, H hidden, d head dimension, E experts, k experts per token.
public struct Tap: Sendable, Hashable, CustomStringConvertible {
  public enum Name: String, Sendable, Hashable, CaseIterable {
    /// `[T, H]`
    case embed
    /// `[T, H]`
    case attnNorm = "attn_norm"
    /// `[T, heads, d]`, rotated and scaled by YaRN's concentration.
    case qRope = "q_rope"
    /// `[T, kv heads, d]`
    case kRope = "k_rope"
    /// `[T, kv heads, d]`
    case v
    /// `[T, heads, d]`, before the output projection.
    case attnHeads = "attn_heads"
    /// `[T, H]`, the residual stream.
    case afterAttn = "after_attn"
    /// `[T, H]`
    case mlpNorm = "mlp_norm"
    /// `[T, E]`
    case routerLogits = "router_logits"
    /// `[T, k]`, as numbers.
    case topkIndices = "topk_indices"
    /// `[T, k]`
    case topkWeights = "topk_weights"
    /// `[T, H]`
    case moeOut = "moe_out"
    /// `[T, H]`, the residual stream.
    case out
    /// `[T, H]`
    case finalNorm = "final_norm"
  }

  public var layer: Int?
  public var name: Name

  public init(_ name: Name, layer: Int? = nil) {
    self.layer = layer
    self.name = name
  }

  /// Reads `layer3.attn_norm`, `embed`.
  public init?(_ text: String) {
    let parts = text.split(separator: ".")
    guard let last = parts.last, let name = Name(rawValue: String(last)), parts.count <= 2 else { return nil }
    guard parts.count == 2 else {
      self.init(name)
      return
    }
    guard parts[0].hasPrefix("layer"), let layer = Int(parts[0].dropFirst("layer".count)) else { return nil }
    self.init(name, layer: layer)
  }

  public var description: String { layer.map { "layer\($0).\(name.rawValue)" } ?? name.rawValue }
}
