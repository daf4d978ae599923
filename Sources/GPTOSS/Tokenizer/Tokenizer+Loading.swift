#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Tokenizer {
  public static let fileName = "tokenizer.json"
  public static let cacheFileName = TokenizerCache.fileName
  /// Larger files are refused. The published one has 28 MB.
  static let maximumFileSize = 1 << 29

  /// The tokenizer of a checkpoint.
  ///
  /// - Parameters:
  ///   - path: a folder with a `tokenizer.json`, or such a file.
  ///   - cache: a file made by ``writeCache(for:to:)``, which is used if it belongs to the `tokenizer.json` as it is now; that is read in full either
  ///     way, so a stale or damaged cache costs time and never changes a token.
  /// - Throws: ``TokenizerError``.
  public static func load(from path: String, cache: String? = nil) throws(TokenizerError) -> Tokenizer {
    let file = jsonPath(path)
    let source: MappedFile
    do { source = try MappedFile(path: file) } catch { throw TokenizerError(.unreadable, "\(error)") }
    guard source.size <= maximumFileSize else { throw TokenizerError(.unreadable, "\(file): more than \(maximumFileSize) bytes") }
    if let cache, let tables = cachedTables(cache, of: TokenizerCache.Source(source.bytes)) { return Tokenizer(tables: tables, isFromCache: true) }
    do { return try Tokenizer(json: Array(source.bytes)) } catch { throw TokenizerError(error.code, "\(file): \(error.detail)") }
  }

  /// Writes the tables to `cache`, by way of a temporary file beside it, so that no reader sees half a file.
  ///
  /// - Parameter path: the folder or `tokenizer.json` that this tokenizer was loaded from.
  public func writeCache(for path: String, to cache: String) throws(TokenizerError) {
    let source: MappedFile
    do { source = try MappedFile(path: Self.jsonPath(path)) } catch { throw TokenizerError(.unreadable, "\(error)") }
    let content = TokenizerCache.content(tables, of: TokenizerCache.Source(source.bytes))
    let temporary = "\(cache).\(getpid()).partial"
    guard Self.write(content, to: temporary), rename(temporary, cache) == 0 else {
      let reason = String(cString: strerror(errno)).lowercased()
      unlink(temporary)
      throw TokenizerError(.unreadable, "cannot write `\(cache)`: \(reason)")
    }
  }

  /// The tokenizer of a checkpoint folder, through the cache beside its `tokenizer.json`, which is made or made anew where it is missing or stale. A folder
  /// that cannot be written to has none, and is read all the same.
  public static func load(cachedIn folder: String) throws(TokenizerError) -> Tokenizer {
    let cache = "\(folder)/\(cacheFileName)"
    let tokenizer = try load(from: folder, cache: cache)
    if !tokenizer.isFromCache { try? tokenizer.writeCache(for: folder, to: cache) }
    return tokenizer
  }

  private static func jsonPath(_ path: String) -> String { FileSystem.isFolder(path) ? "\(path)/\(fileName)" : path }

  private static func cachedTables(_ path: String, of source: TokenizerCache.Source) -> TokenizerTables? {
    guard let bytes = try? FileSystem.read(path, limit: maximumFileSize) else { return nil }
    return bytes.withUnsafeBytes { TokenizerCache.tables($0, of: source) }
  }

  private static func write(_ content: [UInt8], to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var written = 0
    while written < content.count {
      let count = content.withUnsafeBytes { unsafe in
        #if canImport(Darwin)
        Darwin.write(descriptor, unsafe.baseAddress! + written, unsafe.count - written)
        #elseif canImport(Musl)
        Musl.write(descriptor, unsafe.baseAddress! + written, unsafe.count - written)
        #else
        Glibc.write(descriptor, unsafe.baseAddress! + written, unsafe.count - written)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return fsync(descriptor) == 0
  }
}
