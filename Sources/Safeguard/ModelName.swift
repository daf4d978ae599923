import Moderation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// What `model:` says when no `endpoint:` stands beside it.
enum ModelName: Equatable {
  /// An endpoint and the name that it knows the model by, written in one: `http://127.0.0.1:8080/v1#openai/gpt-oss-safeguard-20b`.
  case endpoint(url: String, name: String)
  /// A checkpoint folder.
  case folder(String)
  /// The demonstration checkpoint that comes with Winnow, where it was found.
  case nano(String?)

  /// No model, said outright: `WINNOW_MODEL=none` where a file has a default.
  case absent

  static let nanoWord = "nano"
  static let absentWord = "none"
  static let usualName = "openai/gpt-oss-safeguard-20b"
  /// Where the demonstration checkpoint lies in Winnow's own folder.
  private static let nanoPlace = "examples/models/nano"

  /// - Parameters:
  ///   - written: the value in the file, not empty.
  ///   - configuration: resolves relative folders.
  init(_ written: String, _ configuration: StageConfiguration) {
    if written.hasPrefix("http://") || written.hasPrefix("https://") {
      let parts = written.split(separator: "#", maxSplits: 1).map(String.init)
      self = .endpoint(url: parts[0], name: parts.count == 2 && !parts[1].isEmpty ? parts[1] : Self.usualName)
    } else if written == Self.absentWord, !Self.holdsCheckpoint(configuration.resolve(written)) {
      self = .absent
    } else if written == Self.nanoWord, !Self.holdsCheckpoint(configuration.resolve(written)) {
      self = .nano(Self.findNano(from: configuration.resolve(".")))
    } else {
      self = .folder(configuration.resolve(written))
    }
  }

  /// The checkpoint in the pipeline file's folder or one above it.
  private static func findNano(from directory: String) -> String? {
    var folder = directory
    for _ in 0..<16 {
      let candidate = folder + "/" + nanoPlace
      if holdsCheckpoint(candidate) { return candidate }
      folder += "/.."
    }
    return nil
  }

  private static func holdsCheckpoint(_ folder: String) -> Bool { access(folder + "/config.json", R_OK) == 0 }
}
