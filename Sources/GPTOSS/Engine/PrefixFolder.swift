#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels
import Crypto
import Synchronization

/// Prefixes on disk, one file each, named by a hash of the model, the key and the tokens: what changes gets another name, so a file is never stale,
/// and two processes may share the folder. A convenience, never a condition: what cannot be read is computed, what cannot be written is not kept.
/// The files that were not used for longest go when they take more than the limit.
final class PrefixFolder: Sendable {
  private static let limit = 1 << 30
  private let path: String
  private let layout: PreparedLayout
  private let fingerprint: [UInt8]
  private let writing = Mutex(Writing())

  /// Files that are being written, and who waits for them.
  private struct Writing {
    var count = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  init(_ path: String, _ layout: PreparedLayout, _ fingerprint: [UInt8]) {
    (self.path, self.layout, self.fingerprint) = (path, layout, fingerprint)
    Self.make(path)
  }

  /// With the folders above it.
  private static func make(_ path: String) {
    if mkdir(path, 0o700) == 0 || errno != ENOENT { return }
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    make(String(path[..<slash]))
    mkdir(path, 0o700)
  }

  /// The prefix, if it was kept.
  func read(_ prefix: PromptPrefix) -> PrefixStore.Entry? {
    let file = file(key: prefix.key, prefix.tokens)
    guard FileSystem.exists(file) else { return nil }
    guard let entry = try? SavedPrefix.read(file, layout, fingerprint), entry.key == prefix.key, entry.tokens == prefix.tokens else {
      // Damaged: a good one takes its place.
      unlink(file)
      return nil
    }
    // The time of the last use decides what goes first.
    utimes(file, nil)
    return entry
  }

  /// Writes a finished prefix on a thread of its own: the disk must not hold up the engine. Its segment is not changed any more.
  func write(key: String, _ tokens: [TokenID], _ segment: KVSegment) {
    let file = file(key: key, tokens)
    guard !FileSystem.exists(file) else { return }
    writing.withLock { $0.count += 1 }
    let work = Unmanaged.passRetained(Work(key: key, tokens: tokens, segment: segment, folder: self, file: file))
    let status = wk_thread_start(
      { context in
        let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
        work.folder.trim(by: work.segment.bytes.count)
        try? SavedPrefix.write(key: work.key, work.tokens, work.segment, work.folder.fingerprint, to: work.file)
        work.folder.endWriting()
      }, work.toOpaque())
    if status != 0 {
      work.release()
      endWriting()
    }
  }

  /// Returns when every file that was begun stands in the folder, or could not be written: a process that judges one text would end before its policy is kept.
  func finishWriting() async {
    await withCheckedContinuation { continuation in
      let isIdle = writing.withLock { writing in
        if writing.count > 0 { writing.waiting.append(continuation) }
        return writing.count == 0
      }
      if isIdle { continuation.resume() }
    }
  }

  private func endWriting() {
    let waiting = writing.withLock { writing -> [CheckedContinuation<Void, Never>] in
      writing.count -= 1
      guard writing.count == 0 else { return [] }
      defer { writing.waiting = [] }
      return writing.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  private final class Work: Sendable {
    let key: String, tokens: [TokenID], segment: KVSegment, folder: PrefixFolder, file: String
    init(key: String, tokens: [TokenID], segment: KVSegment, folder: PrefixFolder, file: String) {
      (self.key, self.tokens, self.segment, self.folder, self.file) = (key, tokens, segment, folder, file)
    }
  }

  /// Makes room for `bytes`.
  private func trim(by bytes: Int) {
    var files: [(path: String, size: Int, used: Int)] = []
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      var status = stat()
      if name.contains(".kv."), name.hasSuffix(".tmp") { AtomicFile.removeIfAbandoned("\(path)/\(name)") }
      guard name.hasSuffix(".kv"), stat("\(path)/\(name)", &status) == 0 else { continue }
      #if canImport(Darwin)
      files.append(("\(path)/\(name)", Int(status.st_size), status.st_mtimespec.tv_sec))
      #else
      files.append(("\(path)/\(name)", Int(status.st_size), status.st_mtim.tv_sec))
      #endif
    }
    closedir(folder)
    var total = files.reduce(bytes) { $0 + $1.size }
    for file in files.sorted(by: { $0.used < $1.used }) where total > Self.limit {
      unlink(file.path)
      total -= file.size
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
