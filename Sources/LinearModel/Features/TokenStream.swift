/// The tokens of one text that count, in order: a token whose repetition adds nothing (``TokenCounts``) is passed over as though it were not there.
struct TokenStream: ~Copyable {
  private let keys = TokenKeyReader()
  private var counts = TokenCounts()
  private var scanner = TokenScanner(UnsafeBufferPointer(start: nil, count: 0))
  private var base: UnsafePointer<UInt8>?
  private var readable = 0
  private var countsAll = false

  /// Bytes of the current token in the text.
  private(set) var range = 0..<0
  /// The current token's key; nil for one of more than 24 bytes.
  private(set) var key: TokenKey?

  init() {}

  /// - Parameters:
  ///   - readable: bytes that may be read from the start of `text` on, at least `text.count`.
  ///   - countsAll: whether every occurrence of a token counts; then tokens have no keys.
  mutating func begin(_ text: UnsafeBufferPointer<UInt8>, readable: Int, countsAll: Bool = false) {
    scanner = TokenScanner(text)
    base = text.baseAddress
    self.readable = readable
    self.countsAll = countsAll
    if !countsAll { counts.begin(byteCount: text.count) }
  }

  /// The next token that counts; nil at the end of the text.
  @inline(__always) mutating func next() -> UnsafePointer<UInt8>? {
    guard let base else { return nil }
    while scanner.next() {
      range = scanner.start..<scanner.end
      let token = base + scanner.start
      guard !countsAll, range.count <= TokenKey.maximumBytes else {
        key = nil
        return token
      }
      let key = keys.key(token, range.count, readable: readable - scanner.start)
      self.key = key
      if counts.counts(key) { return token }
    }
    return nil
  }
}
