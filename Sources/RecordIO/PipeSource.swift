import Moderation

/// A pipe: its first bytes tell whether it is compressed. Readable is what is decoded, so that no complete record waits for bytes that may not come, and a stop
/// is seen meanwhile.
final class PipeSource: ByteSource {
  private enum Content {
    case unknown, plain
    case compressed(any Decompressor)
  }
  private let file: FileSource
  private let maxExpansion: Int
  private var content = Content.unknown
  /// What was read of a content that is not known yet.
  private var head: [UInt8] = []
  /// Decoded, and not yet read.
  private var ready: ArraySlice<UInt8> = []
  /// Set behind the last byte: nil at the end of the pipe, or what is wrong with it.
  private var ending: RecordIOError??
  var path: String { file.path }
  var isLive: Bool { true }
  var bytesRead: Int { file.bytesRead }

  init(_ file: FileSource, maxExpansion: Int) {
    self.file = file
    self.maxExpansion = maxExpansion
  }

  func isReadable(within milliseconds: Int32) -> Bool {
    let end = ContinuousClock.now + .milliseconds(Int(milliseconds))
    while ready.isEmpty, ending == nil {
      let left = Int32(max(0, (end - .now).inSeconds * 1000))
      if needsInput, !file.isReadable(within: left) { return false }
      if case .plain = content { return true }
      advance()
    }
    return true
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(RecordIOError) -> Int {
    while true {
      if !ready.isEmpty { return take(into: buffer) }
      if let ending {
        if let error = ending { throw error }
        return 0
      }
      if case .plain = content { return try file.read(into: buffer) }
      advance()
    }
  }

  private func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let bytes = ready.prefix(buffer.count)
    buffer.copyBytes(from: bytes)
    ready.removeFirst(bytes.count)
    return bytes.count
  }

  private var needsInput: Bool { if case .compressed(let decompressor) = content { decompressor.needsInput } else { true } }

  /// One step towards the next bytes; reads the pipe at most once.
  private func advance() {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    do throws(RecordIOError) {
      guard case .compressed(let decompressor) = content else {
        let count = try file.read(into: &chunk)
        head += chunk[..<count]
        if count == 0 || !Compression.mayBegin(head) { try decide() }
        return
      }
      if let count = try decompressor.step(into: &chunk) { ready = chunk[..<count] } else { ending = .some(nil) }
    } catch { ending = error }
  }

  private func decide() throws(RecordIOError) {
    switch Compression(head) {
    case .gzip: content = .compressed(try GzipSource(file, maxExpansion: maxExpansion, head: head))
    case .zstd: content = .compressed(try ZstdSource(file, maxExpansion: maxExpansion, head: head))
    case nil: (content, ready) = (.plain, head[...])
    }
  }
}
