import CZlib

/// Streaming gzip, also of several members one after the other.
public final class GzipSource: Decompressor {
  private(set) var input: CompressedInput
  private var stream = z_stream()
  private var insideMember = false
  private var memberCount = 0
  private var damage: RecordIOError?
  /// The last output filled its buffer, so that more may come without further input.
  private var holdsMore = false
  var needsInput: Bool { input.pending.isEmpty && !holdsMore && damage == nil }

  /// - Parameter head: what was read of the file before.
  init(_ file: FileSource, maxExpansion: Int, head: [UInt8] = []) throws(RecordIOError) {
    input = CompressedInput(file, maxExpansion: maxExpansion, head: head)
    // 15 window bits + 16: gzip framing only.
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw failure("zlib could not start") }
  }

  deinit { inflateEnd(&stream) }

  func step(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int? {
    if let damage { throw damage }
    if needsInput, try !input.refill() {
      if insideMember { throw failure("gzip data ends in the middle; the file is truncated") }
      return nil
    }
    if memberCount > 0, !insideMember {
      skipPadding()
      if input.pending.isEmpty { return 0 }
    }
    return try inflateOnce(into: buffer)
  }

  /// Zeros may follow the last member, as tape and block devices leave them; gzip itself takes them so.
  private func skipPadding() {
    while let first = input.pending.first, input.bytes[first] == 0 { input.pending.removeFirst() }
  }

  private func inflateOnce(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    insideMember = true
    let status = input.bytes.withUnsafeBufferPointer { bytes -> Int32 in
      // zlib reads its input and never writes it.
      stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress! + input.pending.lowerBound)
      stream.avail_in = UInt32(input.pending.count)
      stream.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
      stream.avail_out = UInt32(buffer.count)
      return inflate(&stream, Z_NO_FLUSH)
    }
    let produced = buffer.count - Int(stream.avail_out)
    input.pending = (input.pending.upperBound - Int(stream.avail_in))..<input.pending.upperBound
    holdsMore = stream.avail_out == 0
    try input.expanded(by: produced)
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      (insideMember, holdsMore) = (false, false)
      memberCount += 1
      inflateReset(&stream)
    default: damage = failure("gzip data is damaged at compressed byte \(input.offset)")
    }
    return produced
  }
}
