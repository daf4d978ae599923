import Moderation

/// A field of the input mapping that a record may hold.
enum RecordField: Int, CaseIterable {
  case id, text, conversation, author, timestamp, prompt, completion, messages
}

/// A value found in a record: where, and what kind of literal.
struct JSONCapture {
  enum Kind: UInt8 { case none, string, escapedString, number, other }
  var kind = Kind.none
  /// Byte range of the literal in the line; for strings without the quotes.
  var start = 0
  var end = 0
}

/// One pass over one line of JSON: checks it strictly (RFC 8259, no duplicate keys at any level, bounded depth) and finds the mapped fields.
///
/// Strict, because two parsers that read one line differently are a way around moderation. Nothing is decoded or copied here.
struct JSONRecordParser {
  static let maxDepth = 128
  /// The key under which results are written; an earlier result in the input is cut out of what is written.
  static let resultKey = Array("winnow".utf8)

  private(set) var captures = [JSONCapture](repeating: JSONCapture(), count: RecordField.allCases.count)
  /// `"winnow": …` with its separating comma, in the top-level object.
  private(set) var earlierResult: Range<Int>?

  /// For each depth of nesting, the path components that count there.
  private let components: [[(field: Int, bytes: [UInt8], isLast: Bool)]]
  private var keyHashes: [UInt64] = []
  private var scratch: [UInt8] = []
  private let seed = UInt64.random(in: .min ... .max)
  private var base = UnsafePointer<UInt8>(bitPattern: 1)!
  private var end = 0
  private var at = 0

  init(_ mapping: InputMapping) {
    var byDepth: [[(field: Int, bytes: [UInt8], isLast: Bool)]] = []
    for (field, path) in mapping.paths {
      let parts = path.split(separator: ".", omittingEmptySubsequences: false)
      for (depth, part) in parts.enumerated() {
        while byDepth.count <= depth { byDepth.append([]) }
        byDepth[depth].append((field.rawValue, Array(part.utf8), depth == parts.count - 1))
      }
    }
    components = byDepth
  }

  struct Failure: Error {
    var reason: DeadLetter.Reason
    var detail: String
  }

  /// Parses `line`; afterwards ``captures`` holds the fields. `base` must stay valid during the call only.
  mutating func parse(_ line: UnsafeBufferPointer<UInt8>) throws(Failure) {
    guard let start = line.baseAddress else { throw Failure(reason: .notAnObject, detail: "empty record") }
    (base, end, at) = (start, line.count, 0)
    for index in captures.indices { captures[index].kind = .none }
    earlierResult = nil
    keyHashes.removeAll(keepingCapacity: true)
    if !isASCII(line), !isValidUTF8(line) { throw Failure(reason: .invalidUTF8, detail: "the record is not valid UTF-8") }
    skipBlanks()
    guard at < end, base[at] == UInt8(ascii: "{") else {
      if at < end, isJSONStart(base[at]) {
        try skipValue(depth: 0)
        skipBlanks()
        if at == end { throw Failure(reason: .notAnObject, detail: "the record is JSON, but not an object") }
      }
      throw Failure(reason: .invalidJSON, detail: "the record does not start with `{`")
    }
    try parseObject(depth: 0, live: .max)
    skipBlanks()
    if at != end { throw syntax("text after the object") }
  }

  private func isJSONStart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  private func syntax(_ detail: String) -> Failure { Failure(reason: .invalidJSON, detail: "\(detail) at byte \(at) of the record") }

  @inline(__always) private mutating func skipBlanks() {
    while at < end {
      let byte = base[at]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return }
      at &+= 1
    }
  }

  /// `live`: the fields whose path matches so far, one bit each.
  private mutating func parseObject(depth: Int, live: UInt32) throws(Failure) {
    if depth >= Self.maxDepth { throw Failure(reason: .tooDeep, detail: "nested deeper than \(Self.maxDepth)") }
    let frame = keyHashes.count
    at &+= 1
    skipBlanks()
    var previousSeparator: Int?
    if at < end, base[at] == UInt8(ascii: "}") {
      at &+= 1
      return
    }
    while true {
      let memberStart = at
      guard at < end, base[at] == UInt8(ascii: "\"") else { throw syntax("expected a key") }
      let keyEscaped = try scanString()
      let key = (memberStart &+ 1)..<(at &- 1)
      try noteKey(key, escaped: keyEscaped, frame: frame)
      // An escaped key is in `scratch`, decoded: `"winno\u0077"` is the same key.
      let isEarlierResult = depth == 0 && (keyEscaped ? scratch == Self.resultKey : equals(key, Self.resultKey))
      skipBlanks()
      guard at < end, base[at] == UInt8(ascii: ":") else { throw syntax("expected `:`") }
      at &+= 1
      skipBlanks()
      try parseMember(key: key, escaped: keyEscaped, depth: depth, live: live)
      let valueEnd = at
      skipBlanks()
      guard at < end else { throw Failure(reason: .invalidJSON, detail: "the record ends inside an object") }
      let isLastMember = base[at] == UInt8(ascii: "}")
      guard isLastMember || base[at] == UInt8(ascii: ",") else { throw syntax("expected `,` or `}`") }
      if isEarlierResult {
        // Cut one comma with it: the one before, or for the first member the one after.
        earlierResult = previousSeparator.map { $0..<valueEnd } ?? memberStart..<(isLastMember ? valueEnd : at &+ 1)
      }
      previousSeparator = at
      at &+= 1
      if isLastMember { break }
      skipBlanks()
    }
    if keyHashes.count &- frame > 24 { try checkManyKeys(frame: frame) }
    keyHashes.removeLast(keyHashes.count &- frame)
  }

  private mutating func parseMember(key: Range<Int>, escaped: Bool, depth: Int, live: UInt32) throws(Failure) {
    var matched = -1
    var deeper: UInt32 = 0
    if live != 0, depth < components.count {
      if escaped { try decode(key) }
      for component in components[depth] where live & (1 << UInt32(component.field)) != 0 {
        guard escaped ? scratch == component.bytes : equals(key, component.bytes) else { continue }
        if component.isLast { matched = component.field } else { deeper |= 1 << UInt32(component.field) }
      }
    }
    let start = at
    guard at < end else { throw syntax("expected a value") }
    let first = base[at]
    var kind = JSONCapture.Kind.other
    if first == UInt8(ascii: "\"") {
      kind = try scanString() ? .escapedString : .string
    } else if first == UInt8(ascii: "{") {
      try parseObject(depth: depth &+ 1, live: deeper)
    } else {
      if first == UInt8(ascii: "-") || (first >= 0x30 && first <= 0x39) { kind = .number }
      try skipValue(depth: depth &+ 1)
    }
    guard matched >= 0 else { return }
    let isString = kind == .string || kind == .escapedString
    captures[matched] = JSONCapture(kind: kind, start: isString ? start &+ 1 : start, end: isString ? at &- 1 : at)
    // Two input fields may name the same key (an id that is also the conversation).
    for component in components[depth] where component.isLast && component.field != matched && live & (1 << UInt32(component.field)) != 0 {
      if escaped ? scratch == component.bytes : equals(key, component.bytes) { captures[component.field] = captures[matched] }
    }
  }

  private mutating func skipValue(depth: Int) throws(Failure) {
    if depth > Self.maxDepth { throw Failure(reason: .tooDeep, detail: "nested deeper than \(Self.maxDepth)") }
    guard at < end else { throw syntax("expected a value") }
    switch base[at] {
    case UInt8(ascii: "\""): _ = try scanString()
    case UInt8(ascii: "{"): try parseObject(depth: depth, live: 0)
    case UInt8(ascii: "["): try skipArray(depth: depth)
    case UInt8(ascii: "t"): try expectWord("true")
    case UInt8(ascii: "f"): try expectWord("false")
    case UInt8(ascii: "n"): try expectWord("null")
    default: try scanNumber()
    }
  }

  private mutating func skipArray(depth: Int) throws(Failure) {
    at &+= 1
    skipBlanks()
    if at < end, base[at] == UInt8(ascii: "]") {
      at &+= 1
      return
    }
    while true {
      try skipValue(depth: depth &+ 1)
      skipBlanks()
      guard at < end else { throw Failure(reason: .invalidJSON, detail: "the record ends inside an array") }
      let byte = base[at]
      guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") else { throw syntax("expected `,` or `]`") }
      at &+= 1
      if byte == UInt8(ascii: "]") { return }
      skipBlanks()
    }
  }

  private mutating func expectWord(_ word: StaticString) throws(Failure) {
    let count = word.utf8CodeUnitCount
    guard end &- at >= count else { throw syntax("expected a value") }
    for index in 0..<count where base[at &+ index] != word.utf8Start[index] { throw syntax("expected a value") }
    at &+= count
  }

  private mutating func scanNumber() throws(Failure) {
    func isDigit() -> Bool { at < end && base[at] >= 0x30 && base[at] <= 0x39 }
    func skipDigits() throws(Failure) {
      guard isDigit() else { throw syntax("expected a value") }
      while isDigit() { at &+= 1 }
    }
    if at < end, base[at] == UInt8(ascii: "-") { at &+= 1 }
    if at < end, base[at] == 0x30 { at &+= 1 } else { try skipDigits() }
    if at < end, base[at] == UInt8(ascii: ".") {
      at &+= 1
      try skipDigits()
    }
    if at < end, base[at] | 0x20 == UInt8(ascii: "e") {
      at &+= 1
      if at < end, base[at] == UInt8(ascii: "+") || base[at] == UInt8(ascii: "-") { at &+= 1 }
      try skipDigits()
    }
  }

  /// From the opening quote to behind the closing one; whether escapes are inside. Eight bytes a step through plain text.
  private mutating func scanString() throws(Failure) -> Bool {
    at &+= 1
    var escaped = false
    while true {
      while at &+ 8 <= end {
        let word = UnsafeRawPointer(base).loadUnaligned(fromByteOffset: at, as: UInt64.self)
        let special = specialBytes(word)
        if special != 0 {
          at &+= special.trailingZeroBitCount >> 3
          break
        }
        at &+= 8
      }
      guard at < end else { throw Failure(reason: .invalidJSON, detail: "the record ends inside a string") }
      switch base[at] {
      case UInt8(ascii: "\""):
        at &+= 1
        return escaped
      case UInt8(ascii: "\\"):
        escaped = true
        try scanEscape()
      case 0..<0x20: throw syntax("control character in a string")
      default: at &+= 1
      }
    }
  }

  /// High bit of every byte that is a quote, a backslash or below 0x20 (exact for the lowest such byte, which is all that is used).
  @inline(__always) private func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let isQuote = (quote &- ones) & ~quote
    let isBackslash = (backslash &- ones) & ~backslash
    let isControl = (word &- ones &* 0x20) & ~word
    return (isQuote | isBackslash | isControl) & highs
  }

  private mutating func scanEscape() throws(Failure) {
    guard at &+ 1 < end else { throw Failure(reason: .invalidJSON, detail: "the record ends inside a string") }
    switch base[at &+ 1] {
    case UInt8(ascii: "u"):
      let unit = try hexUnit(at: at &+ 2)
      at &+= 6
      if unit & 0xFC00 == 0xDC00 { throw Failure(reason: .loneSurrogate, detail: "a low surrogate without a high one") }
      guard unit & 0xFC00 == 0xD800 else { return }
      guard at &+ 6 <= end, base[at] == UInt8(ascii: "\\"), base[at &+ 1] == UInt8(ascii: "u"), try hexUnit(at: at &+ 2) & 0xFC00 == 0xDC00 else {
        throw Failure(reason: .loneSurrogate, detail: "a high surrogate without a low one")
      }
      at &+= 6
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
      UInt8(ascii: "t"):
      at &+= 2
    default: throw syntax("unknown escape")
    }
  }

  private func hexUnit(at offset: Int) throws(Failure) -> UInt32 {
    guard offset &+ 4 <= end else { throw Failure(reason: .invalidJSON, detail: "the record ends inside a string") }
    guard let unit = JSONEscapes.hexUnit(base + offset) else { throw syntax("malformed \\u escape") }
    return unit
  }

  @inline(__always) private func equals(_ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
    guard range.count == bytes.count else { return false }
    var index = 0
    while index < bytes.count {
      if base[range.lowerBound &+ index] != bytes[index] { return false }
      index &+= 1
    }
    return true
  }

  private mutating func decode(_ range: Range<Int>) throws(Failure) {
    scratch.removeAll(keepingCapacity: true)
    JSONEscapes.decode(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count), into: &scratch)
  }

  /// Refuses a key that the same object had before. Keys are compared decoded, by 64-bit hash with a random seed.
  private mutating func noteKey(_ key: Range<Int>, escaped: Bool, frame: Int) throws(Failure) {
    var hash = seed
    if escaped {
      try decode(key)
      for byte in scratch { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    } else {
      for index in key { hash = (hash ^ UInt64(base[index])) &* 0x0000_0100_0000_01B3 }
    }
    hash ^= hash >> 32
    // Past 24 keys the pairwise look costs more than one sort at the end of the object.
    if keyHashes.count &- frame <= 24 {
      var index = frame
      while index < keyHashes.count {
        if keyHashes[index] == hash { throw duplicateKey }
        index &+= 1
      }
    }
    keyHashes.append(hash)
  }

  private mutating func checkManyKeys(frame: Int) throws(Failure) {
    keyHashes[frame...].sort()
    for index in (frame + 1)..<keyHashes.count where keyHashes[index] == keyHashes[index - 1] { throw duplicateKey }
  }

  private var duplicateKey: Failure { Failure(reason: .duplicateKey, detail: "an object has the same key twice; parsers differ on which one counts") }
}

/// JSON string escapes; the input has been checked.
enum JSONEscapes {
  static func hexUnit(_ digits: UnsafePointer<UInt8>) -> UInt32? {
    var unit: UInt32 = 0
    for index in 0..<4 {
      let digit: UInt32
      switch digits[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(digits[index] - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(digits[index] - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(digits[index] - UInt8(ascii: "A") + 10)
      default: return nil
      }
      unit = unit << 4 | digit
    }
    return unit
  }

  /// Appends the decoded bytes of a string literal's inside. Pairs of surrogates are known to be whole.
  static func decode(_ literal: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
    var index = 0
    while index < literal.count {
      let byte = literal[index]
      guard byte == UInt8(ascii: "\\"), index + 1 < literal.count else {
        bytes.append(byte)
        index += 1
        continue
      }
      index += 2
      switch literal[index - 1] {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0C)
      case UInt8(ascii: "u"): index += decodeUnicode(literal, at: index, into: &bytes)
      case let other: bytes.append(other)
      }
    }
  }

  /// Returns how many bytes behind `\u` were read.
  private static func decodeUnicode(_ literal: UnsafeBufferPointer<UInt8>, at index: Int, into bytes: inout [UInt8]) -> Int {
    guard let base = literal.baseAddress, index + 4 <= literal.count, let first = hexUnit(base + index) else { return 0 }
    var value = first
    var consumed = 4
    if first & 0xFC00 == 0xD800, index + 10 <= literal.count, let second = hexUnit(base + index + 6) {
      value = 0x10000 + ((first & 0x3FF) << 10 | (second & 0x3FF))
      consumed = 10
    }
    let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
    bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
    return consumed
  }
}

extension InputMapping {
  /// The paths that are read, by field.
  var paths: [(RecordField, String)] {
    var all: [(RecordField, String)] = [(.id, id)]
    switch kind {
    case .message: all.append((.text, text))
    case .exchange: all += [(.prompt, prompt ?? ""), (.completion, completion ?? "")]
    case .chat: all.append((.messages, messages ?? ""))
    }
    if let conversation { all.append((.conversation, conversation)) }
    if let author { all.append((.author, author)) }
    if let timestamp { all.append((.timestamp, timestamp)) }
    return all
  }
}
