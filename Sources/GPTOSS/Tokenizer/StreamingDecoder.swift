/// Decodes tokens as they come. A token may end inside a character: those bytes are held back until the character is complete, so what is
/// returned is always text, and all of it together is what ``Tokenizer/decode(_:)`` gives for all tokens.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  /// At most three bytes: an incomplete character.
  private var held: [UInt8] = []

  public init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// The text that the token completes; empty when it only begins or continues a character. Ill-formed bytes become U+FFFD as soon
  /// as nothing can complete them.
  public mutating func push(_ id: TokenID) -> String {
    tokenizer.appendText(of: id, to: &held)
    let end = completeEnd()
    let text = String(repairing: Array(held[..<end]))
    held.removeSubrange(..<end)
    return text
  }

  /// What is left at the end: U+FFFD if the last character is incomplete, else nothing.
  public mutating func finish() -> String {
    defer { held.removeAll(keepingCapacity: true) }
    return String(repairing: held)
  }

  /// Whether bytes are held back.
  public var isInsideCharacter: Bool { !held.isEmpty }

  private func completeEnd() -> Int {
    held.withUnsafeBufferPointer { bytes in
      // Only the last three bytes can be the beginning of a character that goes on.
      for start in max(0, bytes.count - 3)..<bytes.count {
        if case .incomplete(let length) = UTF8Repair.unit(at: start, in: bytes), start + length == bytes.count { return start }
      }
      return bytes.count
    }
  }
}
