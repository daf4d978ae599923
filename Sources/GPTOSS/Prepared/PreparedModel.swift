#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
import CKernels

/// A model in the layout of the kernels: a file beside the checkpoint that is mapped and used as it is, or the same bytes in memory.
///
/// The file is made once (`winnow model prepare`, or the first load) and found again by a fingerprint of the checkpoint. It is shared between
/// processes through the page cache. As with any mapping, truncating the file under a running process kills it; it is replaced by
/// renaming only, which leaves the mapped one intact.
public final class PreparedModel: Sendable {
  public let config: ModelConfig
  let layout: PreparedLayout
  /// Of the checkpoint it was made from.
  let fingerprint: [UInt8]
  private let isMapped: Bool
  private let storage: MappedBytes

  /// Name of the file in the checkpoint's folder.
  public static let fileName = "winnow-prepared.v\(PreparedLayout.version).bin"

  /// Size of the file for a configuration, in bytes.
  public static func byteCount(of config: ModelConfig) -> Int { PreparedLayout(config).byteCount }

  private init(layout: PreparedLayout, fingerprint: [UInt8], isMapped: Bool, storage: MappedBytes) {
    (config, self.layout, self.fingerprint) = (layout.config, layout, fingerprint)
    (self.isMapped, self.storage) = (isMapped, storage)
  }

  /// Bytes that using a mapped model will bring into memory: all but the embedding. 0 when it is in memory already.
  var bytesToCome: Int { isMapped ? layout.embedding.lowerBound : 0 }

  /// False when the mapped file was written to: what it says now is no model. One replaced by renaming, as `prepare` does it, leaves the mapped one be.
  var isUnchanged: Bool { storage.isUnchanged }

  /// Address of a section. Valid while the model lives.
  func pointer<T>(_ section: Range<Int>, as type: T.Type) -> UnsafePointer<T> {
    UnsafeRawPointer(storage.base + section.lowerBound).assumingMemoryBound(to: type)
  }

  // MARK: making

  /// Writes the prepared file of a checkpoint, to `path` or beside the checkpoint. Appears under its name when complete.
  /// - Parameters:
  ///   - threads: workers for the packing.
  ///   - progress: told the share that is done, 0...1; false stops with ``PreparedModelError/cancelled``.
  public static func prepare(
    _ checkpoint: Checkpoint, to path: String? = nil, threads: Int = defaultThreadCount, progress: (Double) -> Bool = { _ in true }
  ) throws(PreparedModelError) {
    let layout = try supported(checkpoint.config)
    let file = try AtomicFile(path: path ?? checkpoint.path(of: fileName))
    try file.reserve(layout.byteCount)
    try fill(checkpoint, layout, threads, progress) { bytes, offset throws(PreparedModelError) in try file.write(bytes, at: offset) }
    let header = PreparedHeader(fileSize: layout.byteCount, fingerprint: CheckpointFingerprint(checkpoint).bytes).encoded
    do throws(CheckpointError) { try checkpoint.checkUnchanged() } catch { throw .fileSystem(path: checkpoint.folder.path, error.description) }
    try file.write(header, at: 0)
    try file.commit()
  }

  /// Prepares in memory, without a file. For small models and read-only folders.
  public static func inMemory(_ checkpoint: Checkpoint, threads: Int = defaultThreadCount) throws(PreparedModelError) -> PreparedModel {
    let layout = try supported(checkpoint.config)
    if let available = availableMemory(), available < layout.byteCount { throw .outOfMemory(needed: layout.byteCount, available: available) }
    guard let storage = MappedBytes(zeroed: layout.byteCount) else {
      throw .outOfMemory(needed: layout.byteCount, available: availableMemory() ?? 0)
    }
    storage.adviseLargePages(0..<layout.byteCount, true)
    try fill(checkpoint, layout, threads, { _ in true }) { bytes, offset throws(PreparedModelError) in
      guard let source = bytes.baseAddress else { return }
      (storage.base + offset).copyMemory(from: source, byteCount: bytes.count)
    }
    return PreparedModel(layout: layout, fingerprint: CheckpointFingerprint(checkpoint).bytes, isMapped: false, storage: storage)
  }

  private static func fill(
    _ checkpoint: Checkpoint, _ layout: PreparedLayout, _ threads: Int, _ progress: (Double) -> Bool,
    _ write: (UnsafeRawBufferPointer, Int) throws(PreparedModelError) -> Void
  ) throws(PreparedModelError) {
    guard let pool = ThreadPool(threads: threads) else { throw .outOfMemory(needed: 1 << 20, available: availableMemory() ?? 0) }
    // The closures live as long as the preparer, which ends here.
    let result: Result<Void, PreparedModelError> = withoutActuallyEscaping(write) { write in
      withoutActuallyEscaping(progress) { progress in
        Result { () throws(PreparedModelError) in
          try ModelPreparer(checkpoint: checkpoint, layout: layout, pool: pool, write: write, progress: progress).run()
        }
      }
    }
    try result.get()
  }

  private static func supported(_ config: ModelConfig) throws(PreparedModelError) -> PreparedLayout {
    try checkSupport(of: config)
    return PreparedLayout(config)
  }

  /// What a configuration may say and the fast path cannot do.
  package static func checkSupport(of config: ModelConfig) throws(PreparedModelError) {
    if config.headDim % 2 != 0 { throw .unsupported("a head dimension of \(config.headDim) is odd") }
    if config.numExperts * PreparedLayout(config).gateUpChunks >= ThreadPool.pieceLimit {
      throw .unsupported("\(config.numExperts) experts of \(config.intermediateSize) features are too many")
    }
  }

  // MARK: finding

  /// Maps the prepared file of a checkpoint at `path` or beside it; nil when there is none.
  /// - Throws: ``PreparedModelError/stale(path:_:)`` when there is one that does not fit.
  public static func find(_ checkpoint: Checkpoint, at path: String? = nil) throws(PreparedModelError) -> PreparedModel? {
    let path = path ?? checkpoint.path(of: fileName)
    let layout = try supported(checkpoint.config)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .fileSystem(path: path, "cannot open: \(systemError())")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .stale(path: path, "not a regular file") }
    guard Int(status.st_size) == layout.byteCount else {
      throw .stale(path: path, "has \(status.st_size) bytes, expected \(layout.byteCount)")
    }
    guard let storage = MappedBytes(descriptor: descriptor, count: layout.byteCount) else {
      throw .fileSystem(path: path, "cannot map: \(systemError())")
    }
    let header = [UInt8](UnsafeRawBufferPointer(start: storage.base, count: PreparedHeader.byteCount))
    let fingerprint = CheckpointFingerprint(checkpoint).bytes
    guard header == PreparedHeader(fileSize: layout.byteCount, fingerprint: fingerprint).encoded else { throw .stale(path: path, "was made for another checkpoint, or is incomplete") }
    // Of the embedding few rows are read: a large page for each would bring in all of it.
    storage.adviseLargePages(0..<layout.embedding.lowerBound, true)
    storage.adviseLargePages(layout.embedding, false)
    return PreparedModel(layout: layout, fingerprint: fingerprint, isMapped: true, storage: storage)
  }

  /// The prepared model of a checkpoint: found, or else made (when `prepare`), and made anew when it does not fit.
  public static func load(
    _ checkpoint: Checkpoint, at path: String? = nil, threads: Int = defaultThreadCount, progress: (Double) -> Bool = { _ in true }
  ) throws(PreparedModelError) -> PreparedModel {
    do throws(PreparedModelError) {
      if let found = try find(checkpoint, at: path) { return found }
    } catch {
      guard case .stale = error else { throw error }
    }
    try prepare(checkpoint, to: path, threads: threads, progress: progress)
    guard let made = try find(checkpoint, at: path) else { throw .stale(path: path ?? checkpoint.path(of: fileName), "vanished") }
    return made
  }

  /// Brings the weights (not the embedding, of which few rows are read) into memory on a thread of its own, so that the first requests meet
  /// fewer page faults. Does nothing for a model in memory.
  func populate() {
    guard isMapped else { return }
    let model = Unmanaged.passRetained(self)
    let status = wk_thread_start(
      { context in
        let model = Unmanaged<PreparedModel>.fromOpaque(context!).takeRetainedValue()
        // In pieces, so that a model that is released meanwhile is not held for long by one call.
        let piece = 64 << 20, end = model.layout.embedding.lowerBound
        for at in stride(from: 0, to: end, by: piece) where wk_populate(model.storage.base + at, min(piece, end - at)) != 0 { return }
      }, model.toOpaque())
    if status != 0 { model.release() }
  }
}
