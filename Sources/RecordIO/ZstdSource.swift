import CZstd

/// Streaming Zstandard, also of several frames; windows up to 128 MiB.
public final class ZstdSource: Decompressor {
  private let file: FileSource
  private let context: OpaquePointer
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  private var pending: Range<Int> = 0..<0
  private var expansion: ExpansionGuard
  private var insideFrame = false
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
    guard let context = ZSTD_createDCtx() else { throw RecordIOError(.badCompression, path: file.path, detail: "zstd could not start") }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  public func isReadable(within milliseconds: Int32) -> Bool { !needsInput || file.isReadable(within: milliseconds) }
  var needsInput: Bool { pending.isEmpty && !holdsMore && damage == nil }

  func step(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int? {
    if let damage { throw damage }
    if needsInput {
      let count = try file.read(into: &input)
      if count == 0 {
        if insideFrame { throw RecordIOError(.badCompression, path: path, detail: "zstd data ends in the middle; the file is truncated") }
        return nil
      }
      pending = 0..<count
      expansion.compressed += count
    }
    var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    let status = input.withUnsafeBytes { bytes -> Int in
      var source = ZSTD_inBuffer(src: bytes.baseAddress! + pending.lowerBound, size: pending.count, pos: 0)
      let status = ZSTD_decompressStream(context, &output, &source)
      pending = (pending.lowerBound + source.pos)..<pending.upperBound
      return status
    }
    if ZSTD_isError(status) != 0 { damage = Self.damage(status, path) }
    insideFrame = status != 0
    holdsMore = insideFrame && output.pos == output.size
    expansion.expanded += output.pos
    try expansion.check(path: path)
    return output.pos
  }

  private static func damage(_ status: Int, _ path: String) -> RecordIOError {
    let words = String(cString: ZSTD_getErrorName(status))
    let fix = ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge ? "; its window is above 128 MiB: pipe it through `zstd -dc --long=31`" : ""
    return RecordIOError(.badCompression, path: path, detail: "zstd data cannot be read: \(words.lowercased())\(fix)")
  }
}
