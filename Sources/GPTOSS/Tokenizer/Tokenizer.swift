import Synchronization

/// The byte-level BPE tokenizer of gpt-oss (o200k_harmony), from the checkpoint's `tokenizer.json`.
///
/// Text is split by the o200k pattern, each piece is encoded by itself, and special tokens such as `<|end|>` are no text: ``encode(ordinary:)``
/// gives none, whatever the text says, because the tables it reads hold none. Ids equal those of tiktoken and of Hugging Face
/// tokenizers. Every byte string has a token sequence, and decoding it gives the bytes back.
///
/// Time is linear in the text (n log n in the longest piece), also for hostile text. Safe to share: callers on several threads each take
/// reused memory from a pool.
public final class Tokenizer: Sendable {
  let tables: TokenizerTables
  private let idle = Mutex<[EncoderState]>([])
  /// Each keeps half a megabyte.
  private static let idleStates = 16
  /// Special tokens by name, longest name first: of several that match at a place the longest wins.
  let specialNames: [(name: [UInt8], id: TokenID)]

  /// What ids that the file leaves nameless, or names otherwise than openai-harmony, are in text.
  let reserved: ReservedTokens

  /// Whether the tables were read from a cache file and not made from the JSON.
  public let isFromCache: Bool

  init(tables: TokenizerTables, isFromCache: Bool = false) {
    self.tables = tables
    self.isFromCache = isFromCache
    reserved = ReservedTokens(tables)
    specialNames = tables.specials.map { (Array(tables.bytes(of: TokenID($0))), TokenID($0)) }.sorted { $0.name.count > $1.name.count }
  }

  /// Makes a tokenizer of a `tokenizer.json` that is in memory.
  ///
  /// - Throws: ``TokenizerError`` for JSON that is not a tokenizer, and for configurations that would give other ids (another model, normaliser,
  ///   pattern, added tokens that are not special).
  public convenience init(json: [UInt8]) throws(TokenizerError) { try self.init(tables: TokenizerFile.tables(json: json)) }

  /// Highest id + 1. The model has more rows (201,088): the others are padding that no text gives.
  public var tokenCount: Int { tables.tokenCount }

  // MARK: - Encoding

  /// The tokens of `text` as ordinary text. Never a special token.
  public func encode(ordinary text: String) -> [TokenID] {
    var ids: [TokenID] = []
    encode(ordinary: text, into: &ids)
    return ids
  }

  /// Appends the tokens of `text` as ordinary text.
  public func encode(ordinary text: String, into ids: inout [TokenID]) {
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { encode(wellFormed: $0, into: &ids) }
    guard isDone == nil else { return }
    Array(text.utf8).withUnsafeBufferPointer { encode(wellFormed: $0, into: &ids) }
  }

  /// Appends the tokens of bytes as ordinary text; what is not UTF-8 is replaced by U+FFFD as the WHATWG decoder does.
  public func encode(ordinary bytes: UnsafeBufferPointer<UInt8>, into ids: inout [TokenID]) {
    guard let repaired = UTF8Repair.repair(bytes) else { return encode(wellFormed: bytes, into: &ids) }
    repaired.withUnsafeBufferPointer { encode(wellFormed: $0, into: &ids) }
  }

  /// The tokens of UTF-16 code units as ordinary text; lone surrogates are replaced by U+FFFD.
  public func encode(ordinary utf16: [UInt16]) -> [TokenID] { encode(ordinary: String(decoding: utf16, as: UTF16.self)) }

  /// The tokens of a template that we wrote ourselves: names of special tokens become the special tokens. Never for text from outside.
  public func encode(trustedTemplate text: String) -> [TokenID] {
    var ids: [TokenID] = []
    let bytes = Array(text.utf8)
    bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      var i = 0
      while i < bytes.count {
        guard let special = specialToken(at: i, in: bytes) else {
          i += 1
          continue
        }
        encode(wellFormed: UnsafeBufferPointer(rebasing: bytes[start..<i]), into: &ids)
        ids.append(special.id)
        i += special.name.count
        start = i
      }
      encode(wellFormed: UnsafeBufferPointer(rebasing: bytes[start...]), into: &ids)
    }
    return ids
  }

  /// The pieces of the o200k pattern, which are encoded one by one.
  package func pieces(of text: String) -> [String] {
    let bytes = Array(text.utf8)
    var pieces: [String] = []
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      let scanner = PieceScanner(text: base, count: bytes.count, classes: .shared)
      var start = 0
      while start < bytes.count {
        let end = scanner.end(ofPieceAt: start)
        pieces.append(String(decoding: bytes[start..<end], as: UTF8.self))
        start = end
      }
    }
    return pieces
  }

  private func specialToken(at i: Int, in bytes: UnsafeBufferPointer<UInt8>) -> (name: [UInt8], id: TokenID)? {
    specialNames.first { $0.name[0] == bytes[i] && bytes[i...].starts(with: $0.name) }
  }

  private func encode(wellFormed text: UnsafeBufferPointer<UInt8>, into ids: inout [TokenID]) {
    guard let base = text.baseAddress, text.count > 0 else { return }
    let state = idle.withLock { $0.popLast() } ?? EncoderState()
    // Only for the first text: reserving for each of many would grow the array by little, many times over.
    if ids.isEmpty { ids.reserveCapacity(text.count / 3 + 1) }
    state.encode(base, text.count, tables, into: &ids)
    idle.withLock { if $0.count < Self.idleStates { $0.append(state) } }
  }
}

/// Memory for encoding that one caller holds at a time.
///
/// `@unchecked Sendable`: the tokenizer's pool hands each state to one caller and takes it back when that caller is done.
final class EncoderState: @unchecked Sendable {
  private let pieces = PieceEncoder()

  func encode(_ text: UnsafePointer<UInt8>, _ count: Int, _ tables: TokenizerTables, into ids: inout [TokenID]) {
    let scanner = PieceScanner(text: text, count: count, classes: .shared)
    var start = 0
    while start < count {
      let end = scanner.end(ofPieceAt: start)
      pieces.encode(text + start, end - start, tables, into: &ids)
      start = end
    }
  }
}
