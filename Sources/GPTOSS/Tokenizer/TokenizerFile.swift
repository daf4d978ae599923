/// Reads Hugging Face's `tokenizer.json` and refuses every configuration that would give other ids than this module computes.
struct TokenizerFile {
  private let root: JSONValue

  static func tables(json text: [UInt8]) throws(TokenizerError) -> TokenizerTables {
    let root: JSONValue
    do { root = try JSONValue.parse(text) } catch { throw TokenizerError(.malformed, "\(error)") }
    guard root.kind == .object else { throw TokenizerError(.malformed, "not a JSON object") }
    return try TokenizerFile(root: root).tables()
  }

  private func tables() throws(TokenizerError) -> TokenizerTables {
    try checkPipeline()
    guard let model = root["model"], model.kind == .object else { throw TokenizerError(.malformed, "`model` is missing") }
    let ignoresMerges = try checkModel(model)
    var builder = TokenizerBuilder()
    builder.reserve(tokens: model["vocab"]?.count ?? 0)
    try readAddedTokens(into: &builder)
    try readVocabulary(model, into: &builder)
    try readMerges(model, into: &builder)
    return try builder.makeTables(ignoresMerges: ignoresMerges)
  }

  // MARK: - Configuration

  private func checkPipeline() throws(TokenizerError) {
    for key in ["normalizer", "truncation", "padding"] {
      guard root[key]?.isNull ?? true else { throw TokenizerError(.unsupported, "`\(key)` is set; only null is supported") }
    }
    try checkPreTokenizer()
    for key in ["post_processor", "decoder"] {
      guard let step = root[key], !step.isNull else { continue }
      guard step["type"]?.string == "ByteLevel" else { throw TokenizerError(.unsupported, "`\(key)` is not of type `ByteLevel`") }
    }
  }

  /// A `Sequence` of a `Split` by the o200k pattern and a `ByteLevel` that only changes the alphabet.
  private func checkPreTokenizer() throws(TokenizerError) {
    let steps = root["pre_tokenizer"]?["type"]?.string == "Sequence" ? root["pre_tokenizer"]?["pretokenizers"] : nil
    guard let steps, steps.count == 2, let split = steps[0], let byteLevel = steps[1] else {
      throw TokenizerError(.unsupported, "`pre_tokenizer` is not a `Sequence` of `Split` and `ByteLevel`")
    }
    let isSplit = split["type"]?.string == "Split" && split["behavior"]?.string == "Isolated" && split["invert"]?.bool == false
    guard isSplit else { throw TokenizerError(.unsupported, "the first pre-tokenizer is not a `Split` that isolates its matches") }
    guard split["pattern"]?["Regex"]?.string == PieceScanner.pattern else {
      throw TokenizerError(.unsupported, "the pre-tokenizer's pattern is not that of o200k")
    }
    let isAlphabet = byteLevel["type"]?.string == "ByteLevel" && byteLevel["add_prefix_space"]?.bool == false && byteLevel["use_regex"]?.bool == false
    guard isAlphabet else { throw TokenizerError(.unsupported, "the second pre-tokenizer is not a `ByteLevel` without prefix space and pattern") }
  }

  /// Whether a piece that is a token is taken whole.
  private func checkModel(_ model: JSONValue) throws(TokenizerError) -> Bool {
    guard model["type"]?.string == "BPE" else { throw TokenizerError(.unsupported, "`model` is not of type `BPE`") }
    for key in ["dropout", "unk_token"] {
      guard model[key]?.isNull ?? true else { throw TokenizerError(.unsupported, "`model.\(key)` is set; only null is supported") }
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      guard let value = model[key], !value.isNull, value.string != "" else { continue }
      throw TokenizerError(.unsupported, "`model.\(key)` is set; only null is supported")
    }
    guard model["byte_fallback"]?.bool ?? false == false else { throw TokenizerError(.unsupported, "`model.byte_fallback` is set") }
    return model["ignore_merges"]?.bool ?? false
  }

  // MARK: - Tokens

  private func readAddedTokens(into builder: inout TokenizerBuilder) throws(TokenizerError) {
    guard let added = root["added_tokens"] else { return }
    guard let elements = added.elements else { throw TokenizerError(.malformed, "`added_tokens` is not an array") }
    for token in elements {
      guard let id = token["id"]?.int, let content = token["content"]?.bytes else { throw TokenizerError(.malformed, "an added token has no `id` or no `content`") }
      guard token["special"]?.bool == true else { throw TokenizerError(.unsupported, "the added token \(id) is not special") }
      for flag in ["single_word", "lstrip", "rstrip"] where token[flag]?.bool ?? false {
        throw TokenizerError(.unsupported, "the added token \(id) has `\(flag)`")
      }
      try builder.addSpecial(content, id: id)
    }
  }

  private func readVocabulary(_ model: JSONValue, into builder: inout TokenizerBuilder) throws(TokenizerError) {
    guard let members = model["vocab"]?.members else { throw TokenizerError(.malformed, "`model.vocab` is not an object") }
    var token: [UInt8] = []
    for (key, value) in members {
      guard let id = value.int else { throw TokenizerError(.malformed, "`model.vocab` holds an id that is not an integer") }
      guard decode(key, into: &token) else { throw TokenizerError(.unsupported, "the token \(id) is not written in the byte-level alphabet") }
      try builder.addOrdinary(token, id: id)
    }
  }

  private func decode(_ text: JSONValue, into bytes: inout [UInt8]) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    return text.withStringBytes { ByteAlphabet.decode($0, into: &bytes) } ?? false
  }

  /// Merges are pairs of strings, in older files one string with a space between the two.
  private func readMerges(_ model: JSONValue, into builder: inout TokenizerBuilder) throws(TokenizerError) {
    guard let elements = model["merges"]?.elements else { throw TokenizerError(.malformed, "`model.merges` is not an array") }
    var (left, right): ([UInt8], [UInt8]) = ([], [])
    for merge in elements {
      guard readMerge(merge, &left, &right) else { throw TokenizerError(.malformed, "`model.merges` holds something that is not a pair of tokens") }
      try builder.addMerge(left, right)
    }
  }

  private func readMerge(_ merge: JSONValue, _ left: inout [UInt8], _ right: inout [UInt8]) -> Bool {
    if merge.kind == .array {
      guard merge.count == 2, let first = merge[0], let second = merge[1] else { return false }
      return decode(first, into: &left) && decode(second, into: &right)
    }
    left.removeAll(keepingCapacity: true)
    right.removeAll(keepingCapacity: true)
    return merge.withStringBytes { text in
      let parts = text.split(separator: 0x20, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return false }
      return ByteAlphabet.decode(UnsafeBufferPointer(rebasing: parts[0]), into: &left)
        && ByteAlphabet.decode(UnsafeBufferPointer(rebasing: parts[1]), into: &right)
    } ?? false
  }
}
