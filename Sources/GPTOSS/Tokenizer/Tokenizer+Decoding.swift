extension Tokenizer {
  /// The bytes of one token, which may be part of a character; of a special token its name; none for ids that do not exist.
  public func bytes(of id: TokenID) -> [UInt8] {
    let bytes = tables.bytes(of: id)
    return bytes.isEmpty && reserved.padding.contains(id) ? ReservedTokens.name(of: id) : Array(bytes)
  }

  /// The bytes of tokens one after the other.
  public func bytes(of ids: some Sequence<TokenID>) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids {
      let token = tables.bytes(of: id)
      if token.isEmpty { bytes.append(contentsOf: self.bytes(of: id)) } else { bytes.append(contentsOf: token) }
    }
    return bytes
  }

  /// The text of tokens; bytes that are not UTF-8 are replaced by U+FFFD, ids that do not exist give nothing. As openai-harmony has it, so
  /// `<|endofprompt|>` is its reserved token's name.
  public func decode(_ ids: some Sequence<TokenID>) -> String {
    var bytes: [UInt8] = []
    for id in ids { appendText(of: id, to: &bytes) }
    return String(repairing: bytes)
  }

  /// Appends a token's share of ``decode(_:)``.
  func appendText(of id: TokenID, to bytes: inout [UInt8]) {
    if id == reserved.endOfPrompt {
      bytes.append(contentsOf: ReservedTokens.name(of: id))
    } else {
      let token = tables.bytes(of: id)
      if token.isEmpty { bytes.append(contentsOf: self.bytes(of: id)) } else { bytes.append(contentsOf: token) }
    }
  }

  // MARK: - Special tokens

  /// The id of the special token with the given name, for example `<|start|>`.
  public func specialToken(named name: String) -> TokenID? {
    let wanted = Array(name.utf8)
    return specialNames.first { $0.name == wanted }?.id
  }

  /// Whether an id is a special token's, or one of the model's padding rows that are reserved for more of them.
  public func isSpecial(_ id: TokenID) -> Bool { tables.isSpecial(id) || reserved.padding.contains(id) }

  /// Whether there is such a token, padding rows included.
  public func contains(_ id: TokenID) -> Bool { !tables.bytes(of: id).isEmpty || reserved.padding.contains(id) }
}

/// The published model has 201,088 rows, its `tokenizer.json` 200,019 tokens. tiktoken and openai-harmony call the other rows
/// `<|reserved_200019|>` … `<|reserved_201087|>`, and openai-harmony calls 200018 by such a name as well.
struct ReservedTokens: Hashable {
  static let modelRows: TokenID = 201_088

  /// Rows without a token in the file. Empty for vocabularies that do not number their reserved tokens as the published one.
  var padding: Range<TokenID> = 0..<0
  /// The token `<|endofprompt|>` of the published vocabulary.
  var endOfPrompt: TokenID?

  init(_ tables: TokenizerTables) {
    let isPublished = tables.specials.contains { tables.bytes(of: TokenID($0)).elementsEqual(Self.name(of: TokenID($0))) }
    guard isPublished, tables.tokenCount <= Self.modelRows else { return }
    padding = TokenID(tables.tokenCount)..<Self.modelRows
    endOfPrompt = tables.specials.map { TokenID($0) }.first { tables.bytes(of: $0).elementsEqual("<|endofprompt|>".utf8) }
  }

  static func name(of id: TokenID) -> [UInt8] { Array("<|reserved_\(id)|>".utf8) }
}

extension String {
  /// Bytes as text, ill-formed parts replaced by U+FFFD as the WHATWG decoder does.
  init(repairing bytes: [UInt8]) {
    let repaired = bytes.withUnsafeBufferPointer { UTF8Repair.repair($0) }
    self.init(decoding: repaired ?? bytes, as: UTF8.self)
  }
}
