/// The first page of a prepared file: what it is, for which checkpoint, and that it was finished.
/// `magic[8] version[4] zero[4] byteCount[8] fingerprint[32] check[8]`, little-endian; `check` is FNV-1a of what precedes it.
struct PreparedHeader: Sendable, Hashable {
  static let magic = Array("WINNOWPM".utf8)
  static let byteCount = 64
  var fileSize: Int
  var fingerprint: [UInt8]

  var encoded: [UInt8] {
    var bytes = Self.magic
    func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    append(PreparedLayout.version)
    append(UInt32(0))
    append(UInt64(fileSize))
    bytes += fingerprint
    append(Self.check(bytes))
    return bytes
  }

  private static func check(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
}
