import CKernels

/// A prefix's keys and values on disk: `magic[8] fingerprint[32] keyBytes[8] tokens[8] dataBytes[8] check[8] key tokens data`, little-endian. `check`
/// covers everything behind it. The data is that of a compacted segment, whose layout follows from the model and the token count.
enum SavedPrefix {
  private static let magic = Array("WINNOWKV".utf8)
  private static let headerBytes = 72

  static func write(key name: String, _ tokens: [TokenID], _ segment: KVSegment, _ fingerprint: [UInt8], to path: String) throws(EngineError) {
    let key = Array(name.utf8)
    var body = key
    for token in tokens { withUnsafeBytes(of: token.littleEndian) { body.append(contentsOf: $0) } }
    body.append(contentsOf: UnsafeRawBufferPointer(segment.bytes))
    var header = magic + fingerprint
    for value in [UInt64(key.count), UInt64(tokens.count), UInt64(segment.bytes.count), body.withUnsafeBytes(check)] {
      withUnsafeBytes(of: value.littleEndian) { header.append(contentsOf: $0) }
    }
    do throws(PreparedModelError) {
      let file = try AtomicFile(path: path)
      try file.reserve(header.count + body.count)
      try file.write(header, at: 0)
      try file.write(body, at: header.count)
      try file.commit()
    } catch { throw .badSavedPrefix(error.description) }
  }

  static func read(_ path: String, _ layout: PreparedLayout, _ fingerprint: [UInt8]) throws(EngineError) -> PrefixStore.Entry {
    let file: MappedFile
    do throws(CheckpointError) { file = try MappedFile(path: path) } catch { throw .badSavedPrefix(error.description) }
    let bytes = file.bytes
    guard bytes.count >= headerBytes, bytes.starts(with: magic) else { throw .badSavedPrefix("`\(path)` is not a saved prefix") }
    guard bytes[8..<40].elementsEqual(fingerprint) else { throw .badSavedPrefix("`\(path)` was made by another model") }
    func field(_ index: Int) -> UInt64 { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 40 + 8 * index, as: UInt64.self)) }
    let room = bytes.count - headerBytes
    guard let keyBytes = Int(exactly: field(0)), let tokens = Int(exactly: field(1)), let dataBytes = Int(exactly: field(2)), keyBytes <= room,
      tokens <= room / 4, tokens <= layout.config.maxPositionEmbeddings, dataBytes <= room, keyBytes + 4 * tokens + dataBytes == room,
      check(UnsafeRawBufferPointer(rebasing: bytes[headerBytes...])) == field(3)
    else { throw .badSavedPrefix("`\(path)` is damaged") }
    let ids = (0..<tokens).map { TokenID(littleEndian: bytes.loadUnaligned(fromByteOffset: headerBytes + keyBytes + 4 * $0, as: TokenID.self)) }
    let key = String(decoding: bytes[headerBytes..<headerBytes + keyBytes], as: UTF8.self)
    let segment = try segment(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - dataBytes)...]), tokens: tokens, layout, path)
    return PrefixStore.Entry(key: key, tokens: ids, segment: segment, computed: true)
  }

  private static func segment(_ data: UnsafeRawBufferPointer, tokens: Int, _ layout: PreparedLayout, _ path: String) throws(EngineError) -> KVSegment {
    let kv = KVLayout(layout, compactedCount: tokens)
    guard kv.byteCount == data.count else { throw .badSavedPrefix("`\(path)` is damaged") }
    guard let segment = KVSegment(kv, start: 0) else { throw .outOfMemory(needed: kv.byteCount, available: availableMemory() ?? 0) }
    segment.bytes.copyMemory(from: data)
    segment.count = tokens
    return segment
  }

  /// FNV-1a over words of 8 bytes, and the length.
  private static func check(_ raw: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(raw.count), at = 0
    while at + 8 <= raw.count {
      hash = (hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian) &* 0x100_0000_01b3
      hash ^= hash >> 29
      at += 8
    }
    while at < raw.count {
      hash = (hash ^ UInt64(raw[at])) &* 0x100_0000_01b3
      at += 1
    }
    return hash
  }
}
