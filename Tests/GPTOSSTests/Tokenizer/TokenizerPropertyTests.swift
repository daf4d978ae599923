import GPTOSS
import Testing

/// What holds for every text, tried on random ones: with a small vocabulary always, with the published one where it is.
@Suite struct TokenizerPropertyTests {
  static var tokenizers: [(name: String, tokenizer: Tokenizer)] {
    get throws {
      var all = [("tiny-a", try TokenizerKit.tiny("tiny-a"))]
      if TokenizerKit.hasPublished { all.append(("published", try TokenizerKit.published())) }
      return all
    }
  }

  static let pieces = [
    "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>", "<|constrain|>", "<|endoftext|>", "<|startoftext|>",
    "<|reserved_200000|>", "<|endofprompt|>", "<|", "|>", "end", "system", "'s", "'RE", "'\u{17F}", " ", "  ", "\n", "\r\n", "\t", "\u{85}", "\u{A0}", "\u{3000}", "/", "a", "B",
    "Cd", "12345", "é", "e\u{301}", "\u{301}", "中文", "\u{1C5}", "🫠", "\u{200D}", "\u{FEFF}", "\u{0}", "\u{10FFFF}", "…", "½",
  ]

  static func randomText(_ random: inout SplitMix) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<24, using: &random) {
      if Bool.random(using: &random) {
        text += pieces.randomElement(using: &random) ?? ""
      } else {
        let value = UInt32.random(in: 0..<(Bool.random(using: &random) ? 0x3000 : 0x110000), using: &random)
        text.unicodeScalars.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      }
    }
    return text
  }

  @Test func ordinaryTextNeverGivesASpecialToken() throws {
    for (name, tokenizer) in try Self.tokenizers {
      var random = SplitMix(1)
      for _ in 0..<10_000 {
        let text = Self.randomText(&random)
        let ids = tokenizer.encode(ordinary: text)
        #expect(!ids.contains { tokenizer.isSpecial($0) }, "\(name)")
        #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8), "\(name)")
      }
    }
  }

  @Test func randomBytesComeBackWithReplacements() throws {
    for (name, tokenizer) in try Self.tokenizers {
      var random = SplitMix(2)
      for _ in 0..<2_000 {
        let bytes = (0..<Int.random(in: 0..<64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        var ids: [TokenID] = []
        bytes.withUnsafeBufferPointer { tokenizer.encode(ordinary: $0, into: &ids) }
        #expect(tokenizer.decode(ids).utf8.elementsEqual(String(decoding: bytes, as: UTF8.self).utf8), "\(name)")
      }
    }
  }

  @Test func appendsToWhatIsThere() throws {
    let tokenizer = try TokenizerKit.tiny("tiny-b")
    var ids = tokenizer.encode(ordinary: "one")
    tokenizer.encode(ordinary: " two", into: &ids)
    #expect(ids == tokenizer.encode(ordinary: "one") + tokenizer.encode(ordinary: " two"))
    #expect(tokenizer.encode(ordinary: "") == [] && tokenizer.decode([TokenID]()) == "")
  }

  @Test func streamingGivesWhatTheWholeGives() throws {
    for (name, tokenizer) in try Self.tokenizers {
      var random = SplitMix(3)
      for _ in 0..<1_000 {
        // Not the tokens of a text: any tokens, so that characters begin, end and break anywhere.
        let ids = (0..<Int.random(in: 0..<20, using: &random)).map { _ in TokenID.random(in: 0..<TokenID(tokenizer.tokenCount), using: &random) }
        let split = ids.indices.randomElement(using: &random) ?? 0
        var stream = StreamingDecoder(tokenizer)
        var text = ""
        for (i, id) in ids.enumerated() {
          let part = stream.push(id)
          text += part
          // Whatever was given out stays as it is when more comes.
          if i == split { #expect(tokenizer.decode(ids).utf8.starts(with: text.utf8), "\(name)") }
        }
        text += stream.finish()
        #expect(Array(text.utf8) == Array(tokenizer.decode(ids).utf8), "\(name)")
      }
    }
  }

  @Test func streamingHoldsBackWhatIsIncompleteAtEveryByte() throws {
    let tokenizer = try TokenizerKit.tiny("tiny-c")
    let text = "a\u{E9}\u{4E2D}\u{1FAE0}\u{10FFFF}z"
    // One token for each byte.
    let ids = text.utf8.flatMap { byte in (0..<TokenID(tokenizer.tokenCount)).filter { tokenizer.bytes(of: $0) == [byte] }.prefix(1) }
    try #require(ids.count == text.utf8.count)
    for length in 0...ids.count {
      var stream = StreamingDecoder(tokenizer)
      let given = ids.prefix(length).map { stream.push($0) }.joined()
      #expect(text.hasPrefix(given))
      #expect(stream.isInsideCharacter == (given.utf8.count < length))
      #expect(stream.finish() == (given.utf8.count < length ? "\u{FFFD}" : ""))
    }
  }

  /// Each of these makes a naive implementation quadratic; here they end within the suite's patience.
  @Test(arguments: [
    ("letters", "a", 1_000_000), ("capitals", "A", 300_000), ("spaces", " ", 100_000), ("marks", "\u{301}", 100_000), ("mark and capital", "\u{301}A", 100_000),
    ("line breaks", " \n", 100_000), ("punctuation", "!", 300_000), ("ideographs", "中文字", 60_000), ("digits", "7", 300_000), ("contractions", "x's", 100_000),
  ])
  func hostileTextsEnd(name: String, unit: String, count: Int) throws {
    let tokenizer = try TokenizerKit.hasPublished ? TokenizerKit.published() : TokenizerKit.tiny("tiny-a")
    let text = String(repeating: unit, count: count)
    #expect(Array(tokenizer.decode(tokenizer.encode(ordinary: text)).utf8) == Array(text.utf8))
  }

  /// The heap of long pieces and the scan of short ones are two ways to the same tokens.
  @Test func longPiecesAreMergedAsShortOnes() throws {
    for (name, tokenizer) in try Self.tokenizers {
      var random = SplitMix(4)
      for _ in 0..<300 {
        let alphabet = ["abc", "the", "aab"].randomElement(using: &random) ?? "a"
        let piece = String((0..<Int.random(in: 2..<200, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
        #expect(tokenizer.encode(ordinary: piece) == naiveMerge(piece, tokenizer), "\(name)")
      }
    }
  }

  /// By the definition: of all neighbours whose bytes are a token, the one with the lowest id, leftmost first. The vocabularies here number tokens
  /// by rank.
  private func naiveMerge(_ piece: String, _ tokenizer: Tokenizer) -> [TokenID] {
    func token(_ bytes: [UInt8]) -> TokenID? {
      let ids = tokenizer.encode(ordinary: String(decoding: bytes, as: UTF8.self))
      return ids.count == 1 ? ids[0] : nil
    }
    var parts = piece.utf8.map { [$0] }
    if let whole = token(Array(piece.utf8)) { return [whole] }
    while true {
      let candidates = parts.indices.dropLast().compactMap { i in token(parts[i] + parts[i + 1]).map { (rank: $0, place: i) } }
      guard let best = candidates.min(by: { ($0.rank, $0.place) < ($1.rank, $1.place) }) else { break }
      parts[best.place] += parts.remove(at: best.place + 1)
    }
    return parts.compactMap(token)
  }
}
