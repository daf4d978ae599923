import Moderation

/// Writes JSON with the members in the order they are given: the same value, the same bytes.
struct JSONWriter {
  var bytes: [UInt8] = []
  private var needsComma = false

  mutating func object(_ body: (inout JSONWriter) -> Void) { enclosed("{", "}", body) }
  mutating func array(_ body: (inout JSONWriter) -> Void) { enclosed("[", "]", body) }

  private mutating func enclosed(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
    comma()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  mutating func key(_ key: String) {
    comma()
    JSONText.appendQuoted(key.utf8, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func value(_ value: String) {
    comma()
    JSONText.appendQuoted(value.utf8, to: &bytes)
  }
  mutating func value(_ value: Int) { raw("\(value)") }
  /// The shortest text that reads back as the same number. Not finite becomes null.
  mutating func value(_ value: Double) { raw(value.isFinite ? "\(value)" : "null") }
  mutating func value(_ value: Float) { raw(value.isFinite ? "\(value)" : "null") }

  private mutating func raw(_ text: String) {
    comma()
    bytes.append(contentsOf: text.utf8)
  }

  mutating func member(_ key: String, _ value: String) {
    self.key(key)
    self.value(value)
  }
  mutating func member(_ key: String, _ value: Int) {
    self.key(key)
    self.value(value)
  }
  mutating func member(_ key: String, _ value: Double) {
    self.key(key)
    self.value(value)
  }
  mutating func member(_ key: String, _ values: [Int]) {
    self.key(key)
    array { writer in for value in values { writer.value(value) } }
  }
  mutating func member(_ key: String, _ values: [Double]) {
    self.key(key)
    array { writer in for value in values { writer.value(value) } }
  }
  mutating func member(_ key: String, _ values: [Float]) {
    self.key(key)
    array { writer in for value in values { writer.value(value) } }
  }
  mutating func member(_ key: String, _ values: [String]) {
    self.key(key)
    array { writer in for value in values { writer.value(value) } }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

enum JSONName {
  /// A name out of an untrusted file, short and without control characters, for an error text.
  static func shown(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.prefix(60).filter { $0.value >= 0x20 && $0.value != 0x7F }))
  }
}
