import CZlib

/// Streaming gzip, also of several members one after the other.
public final class GzipSource: Decompressor {
  private let file: FileSource
  private var stream = z_stream()
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  private var pending: Range<Int> = 0..<0
  private var expansion: ExpansionGuard
  private var insideMember = false
  private var memberCount = 0
  private var damage: RecordIOError?
  /// The last output filled its buffer, so that more may come without further input.
  private var holdsMore = false
  public var path: String { file.path }
  public var isLive: Bool { file.isLive }
  public var bytesRead: Int { file.bytesRead }

  /// - Parameter head: what was read of the file before.
  init(_ file: FileSource, maxExpansion: Int, head: [UInt8] = []) throws(RecordIOError) {
    self.file = file
    expansion = ExpansionGuard(factor: maxExpansion)
    expansion.compressed = head.count
    pending = input.put(head)
    // 15 window bits + 16: gzip framing only.
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw RecordIOError(.badCompression, path: file.path, detail: "zlib could not start")
    }
  }

  deinit { inflateEnd(&stream) }

  public func isReadable(within milliseconds: Int32) -> Bool { !needsInput || file.isReadable(within: milliseconds) }
  var needsInput: Bool { pending.isEmpty && !holdsMore && damage == nil }

  func step(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int? {
    if let damage { throw damage }
    if needsInput {
      let count = try file.read(into: &input)
      if count == 0 {
        if insideMember { throw RecordIOError(.badCompression, path: path, detail: "gzip data ends in the middle; the file is truncated") }
        return nil
      }
      pending = 0..<count
      expansion.compressed += count
    }
    if memberCount > 0, !insideMember {
      skipPadding()
      if pending.isEmpty { return 0 }
    }
    return try inflateOnce(into: buffer)
  }

  /// Zeros may follow the last member, as tape and block devices leave them; gzip itself takes them so.
  private func skipPadding() {
    while let first = pending.first, input[first] == 0 { pending.removeFirst() }
  }

  private func inflateOnce(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    let (status, produced) = input.withUnsafeMutableBufferPointer { bytes -> (Int32, Int) in
      stream.next_in = bytes.baseAddress! + pending.lowerBound
      stream.avail_in = UInt32(pending.count)
      stream.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
      stream.avail_out = UInt32(buffer.count)
      insideMember = true
      let status = inflate(&stream, Z_NO_FLUSH)
      return (status, buffer.count - Int(stream.avail_out))
    }
    pending = (pending.upperBound - Int(stream.avail_in))..<pending.upperBound
    holdsMore = stream.avail_out == 0
    expansion.expanded += produced
    try expansion.check(path: path)
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      (insideMember, holdsMore) = (false, false)
      memberCount += 1
      inflateReset(&stream)
    default:
      damage = RecordIOError(.badCompression, path: path, detail: "gzip data is damaged at compressed byte \(expansion.compressed - pending.count)")
    }
    return produced
  }
}
