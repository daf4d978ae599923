import GPTOSS

/// The files of one revision.
struct HubListing: Sendable {
  struct File: Sendable, Hashable {
    var name: String
    /// Nil where the server does not say.
    var size: Int?
    var digest: ContentDigest?
  }

  static let maximumBytes = 32 << 20
  static let maximumFiles = 10_000
  /// So that the sum of all stays a number.
  static let largestFile = 1 << 46

  /// What the revision stands for; nil where the server does not say.
  let commit: String?
  let files: [File]

  /// Reads `{"sha": …, "siblings": [{"rfilename": …, "size": …, "blobId": …, "lfs": {"sha256": …, "size": …}}]}`.
  /// - Throws: ``HubError/Code/protocolViolation``, or ``HubError/Code/unsafeName`` for a name that no file may have: then nothing of the server is trusted.
  init(json: [UInt8]) throws(HubError) {
    let root: JSONValue
    do { root = try JSONValue.parse(json) } catch { throw HubError(.protocolViolation, "the listing is not JSON: \(error.description)") }
    guard let siblings = root["siblings"]?.elements else { throw HubError(.protocolViolation, "the listing has no `siblings`: this is not a hub") }
    guard siblings.count <= Self.maximumFiles else { throw HubError(.protocolViolation, "the listing names more than \(Self.maximumFiles) files") }
    commit = root["sha"]?.string.flatMap { Self.isCommit($0) ? $0 : nil }
    var files: [File] = []
    var seen: Set<String> = []
    for sibling in siblings {
      let file = try Self.file(sibling)
      guard seen.insert(file.name).inserted else { throw HubError(.protocolViolation, "the listing names `\(file.name)` twice") }
      files.append(file)
    }
    self.files = files
  }

  private static func file(_ json: JSONValue) throws(HubError) -> File {
    guard let name = json["rfilename"]?.string else { throw HubError(.protocolViolation, "a file of the listing has no `rfilename`") }
    guard isSafe(name) else { throw HubError(.unsafeName, "the server names a file that may not be written: `\(shown(name))`") }
    guard let lfs = json["lfs"], !lfs.isNull else {
      return File(name: name, size: try size(json, name), digest: json["blobId"]?.string.flatMap { ContentDigest(tag: $0) })
    }
    let lfsSize = try size(lfs, name), listedSize = try size(json, name)
    // The blob id is that of the pointer, not of the content.
    return File(name: name, size: lfsSize ?? listedSize, digest: (lfs["sha256"] ?? lfs["oid"])?.string.flatMap { ContentDigest(tag: $0) })
  }

  private static func size(_ json: JSONValue, _ name: String) throws(HubError) -> Int? {
    guard let value = json["size"], !value.isNull else { return nil }
    guard let size = value.int, size >= 0, size < largestFile else { throw HubError(.protocolViolation, "the size of `\(name)` is not a number of bytes") }
    return size
  }

  /// A relative path of plain names that stays in its folder on every system, and is none of our own.
  static func isSafe(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...1024).contains(name.utf8.count), (1...16).contains(parts.count) else { return false }
    let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0 != "\\" && $0 != ":" && !$0.properties.isDefaultIgnorableCodePoint }
    let isOurs = name.hasSuffix(PartialFile.suffix) || name.hasSuffix(PartialFile.stateSuffix)
    return isPlain && !isOurs && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 - PartialFile.stateSuffix.utf8.count }
  }

  private static func isCommit(_ text: String) -> Bool { (7...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }

  private static func shown(_ name: String) -> String { String(name.unicodeScalars.prefix(100).map { $0.properties.generalCategory == .control ? "?" : Character($0) }) }
}
