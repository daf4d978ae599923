/// A PCRE2 pattern as far as its required literals are concerned.
///
/// Whatever the parser does not understand for certain becomes ``anything`` or makes it give up, so that a literal is only ever derived
/// from what every match must contain.
indirect enum PatternNode: Sendable, Hashable {
  /// Matches without consuming: anchors and boundaries.
  case empty
  /// The start of the text.
  case start
  /// Looks for the node, or for its absence, without consuming.
  case lookaround(PatternNode)
  /// One character that is one of a few, each as its case-folded UTF-8 bytes; `lead`: the bytes that it may start with in a text.
  case character(variants: [[UInt8]], lead: ByteSet)
  /// One character of a larger set.
  case set(lead: ByteSet)
  case concatenation([PatternNode])
  case alternation([PatternNode])
  case repetition(PatternNode, min: Int, max: Int?)
  /// Any text, or none: back references, recursion, conditions.
  case anything
}

/// What the parser found out about a pattern.
struct ParsedPattern: Sendable {
  var root: PatternNode
  /// Whether a letter, a class or a property may tell capitals from small letters. `true` when in doubt.
  var isCaseSensitive: Bool
  /// Whether a back reference, or a property under `i`, may tell them apart: such a rule still runs on both texts, on the same ones whatever else
  /// stands in them.
  var comparesCase: Bool
}

/// The parser met something that it does not know for certain.
struct UnknownSyntax: Error {}
