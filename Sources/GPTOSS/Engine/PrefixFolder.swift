#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels
import Crypto

/// Prefixes on disk, one file each, named by a hash of the model, the key and the tokens: what changes gets another name, so a file is never stale,
/// and two processes may share the folder. A convenience, never a condition: what cannot be read is computed, what cannot be written is not kept.
final class PrefixFolder: Sendable {
  private let path: String
  private let layout: PreparedLayout
  private let fingerprint: [UInt8]

  init(_ path: String, _ layout: PreparedLayout, _ fingerprint: [UInt8]) {
    (self.path, self.layout, self.fingerprint) = (path, layout, fingerprint)
    mkdir(path, 0o700)
  }

  /// The prefix, if it was kept.
  func read(_ prefix: PromptPrefix) -> PrefixStore.Entry? {
    let file = file(key: prefix.key, prefix.tokens)
    guard FileSystem.exists(file), let entry = try? SavedPrefix.read(file, layout, fingerprint), entry.key == prefix.key, entry.tokens == prefix.tokens
    else { return nil }
    return entry
  }

  /// Writes a finished prefix on a thread of its own: the disk must not hold up the engine. Its segment is not changed any more.
  func write(key: String, _ tokens: [TokenID], _ segment: KVSegment) {
    let file = file(key: key, tokens)
    guard !FileSystem.exists(file) else { return }
    let work = Unmanaged.passRetained(Work(key: key, tokens: tokens, segment: segment, fingerprint: fingerprint, file: file))
    let status = wk_thread_start(
      { context in
        let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
        try? SavedPrefix.write(key: work.key, work.tokens, work.segment, work.fingerprint, to: work.file)
      }, work.toOpaque())
    if status != 0 { work.release() }
  }

  private final class Work: Sendable {
    let key: String, tokens: [TokenID], segment: KVSegment, fingerprint: [UInt8], file: String
    init(key: String, tokens: [TokenID], segment: KVSegment, fingerprint: [UInt8], file: String) {
      (self.key, self.tokens, self.segment, self.fingerprint, self.file) = (key, tokens, segment, fingerprint, file)
    }
  }

  private func file(key: String, _ tokens: [TokenID]) -> String {
    var hash = SHA256()
    hash.update(data: fingerprint)
    hash.update(data: [UInt8](key.utf8) + [0])
    for token in tokens { withUnsafeBytes(of: token.littleEndian) { hash.update(bufferPointer: $0) } }
    let digits = Array("0123456789abcdef")
    return "\(path)/" + String(hash.finalize().prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + ".kv"
  }
}
