/// How an input is compressed, by its first bytes (RFC 1952; RFC 8878, whose skippable frames parallel compressors begin with).
enum Compression {
  case gzip, zstd

  init?(_ head: some Collection<UInt8>) {
    let head = Array(head.prefix(4))
    if head.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if head == [0x28, 0xB5, 0x2F, 0xFD] || (head.count == 4 && head[0] & 0xF0 == 0x50 && head[1...] == [0x2A, 0x4D, 0x18]) {
      self = .zstd
    } else {
      return nil
    }
  }

  /// Whether more bytes could make a beginning of these. Text waits for its second byte at most: no record begins with two of them.
  static func mayBegin(_ head: [UInt8]) -> Bool {
    switch head.count {
    case 0: true
    case 1: head[0] == 0x1F || head[0] == 0x28 || head[0] & 0xF0 == 0x50
    case 2, 3: [0x28, 0xB5, 0x2F, 0xFD].starts(with: head) || (head[0] & 0xF0 == 0x50 && [0x2A, 0x4D, 0x18].starts(with: head[1...]))
    default: false
    }
  }
}

/// A source that decodes, step by step.
protocol Decompressor: ByteSource {
  var input: CompressedInput { get }
  /// Whether the next step reads the file.
  var needsInput: Bool { get }
  /// Reads the file at most once and decodes a piece, of no bytes perhaps; nil at the end.
  func step(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int?
}

extension Decompressor {
  public var path: String { input.file.path }
  public var isLive: Bool { input.file.isLive }
  public var bytesRead: Int { input.file.bytesRead }
  public func isReadable(within milliseconds: Int32) -> Bool { !needsInput || input.file.isReadable(within: milliseconds) }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    while let count = try step(into: buffer) { if count > 0 { return count } }
    return 0
  }

  func failure(_ detail: String) -> RecordIOError { RecordIOError(.badCompression, path: path, detail: detail) }

  /// Fills the front of `bytes`, whose count does not change.
  func step(into bytes: inout [UInt8]) throws(RecordIOError) -> Int? {
    let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int?, RecordIOError> in
      do throws(RecordIOError) { return .success(try step(into: buffer)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}

/// What a decompressor reads: the file, a piece of it, how much of the piece is left, and the guard against bombs.
struct CompressedInput {
  let file: FileSource
  private(set) var bytes = [UInt8](repeating: 0, count: 1 << 16)
  /// Of `bytes`, what is not decoded yet.
  var pending: Range<Int>
  private var expansion: ExpansionGuard
  /// Bytes of the file before what is pending.
  var offset: Int { expansion.compressed - pending.count }

  /// - Parameter head: what was read of the file before.
  init(_ file: FileSource, maxExpansion: Int, head: [UInt8]) {
    self.file = file
    if head.count > bytes.count { bytes = head } else { bytes.replaceSubrange(..<head.count, with: head) }
    pending = 0..<head.count
    expansion = ExpansionGuard(factor: maxExpansion, compressed: head.count)
  }

  /// Reads the next piece; false at the end of the file.
  mutating func refill() throws(RecordIOError) -> Bool {
    let count = try file.read(into: &bytes)
    pending = 0..<count
    expansion.compressed += count
    return count > 0
  }

  /// Takes note of what came out.
  mutating func expanded(by count: Int) throws(RecordIOError) {
    expansion.expanded += count
    try expansion.check(path: file.path)
  }
}

/// Refuses compressed input that expands beyond reason. Deflate reaches 1,030:1 only on constant data; chat logs reach 5 to 30.
public struct ExpansionGuard {
  public static let defaultFactor = 400
  /// What may come out before the factor counts: short repetitive logs are harmless.
  static let freeBytes = 256 << 20
  let factor: Int
  var compressed = 0
  var expanded = 0

  mutating func check(path: String) throws(RecordIOError) {
    guard expanded > Self.freeBytes, expanded / max(compressed, 1) > factor else { return }
    throw RecordIOError(
      .expansionTooLarge, path: path,
      detail: "compressed input expands more than \(factor)-fold, which looks like a decompression bomb; decompress it yourself if it is genuine")
  }
}
