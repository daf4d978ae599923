import CZstd

/// Streaming Zstandard, also of several frames; windows up to 128 MiB.
public final class ZstdSource: Decompressor {
  private(set) var input: CompressedInput
  private let context: OpaquePointer
  private var insideFrame = false
  private var damage: RecordIOError?
  /// The last output filled its buffer, so that more may come without further input.
  private var holdsMore = false
  var needsInput: Bool { input.pending.isEmpty && !holdsMore && damage == nil }

  /// - Parameter head: what was read of the file before.
  init(_ file: FileSource, maxExpansion: Int, head: [UInt8] = []) throws(RecordIOError) {
    guard let context = ZSTD_createDCtx() else { throw RecordIOError(.badCompression, path: file.path, detail: "zstd could not start") }
    self.context = context
    input = CompressedInput(file, maxExpansion: maxExpansion, head: head)
  }

  deinit { ZSTD_freeDCtx(context) }

  func step(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int? {
    if let damage { throw damage }
    if needsInput, try !input.refill() {
      if insideFrame { throw failure("zstd data ends in the middle; the file is truncated") }
      return nil
    }
    var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    let (status, used) = input.bytes.withUnsafeBytes { bytes -> (Int, Int) in
      var source = ZSTD_inBuffer(src: bytes.baseAddress! + input.pending.lowerBound, size: input.pending.count, pos: 0)
      return (ZSTD_decompressStream(context, &output, &source), source.pos)
    }
    input.pending = (input.pending.lowerBound + used)..<input.pending.upperBound
    if ZSTD_isError(status) != 0 { damage = failure(Self.words(for: status)) }
    insideFrame = status != 0
    holdsMore = insideFrame && output.pos == output.size
    try input.expanded(by: output.pos)
    return output.pos
  }

  private static func words(for status: Int) -> String {
    let fix = ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge ? "; its window is above 128 MiB: pipe it through `zstd -dc --long=31`" : ""
    return "zstd data cannot be read: \(String(cString: ZSTD_getErrorName(status)).lowercased())\(fix)"
  }
}
