/// A repository and a revision of it, as written: `openai/gpt-oss-safeguard-20b`, `openai/gpt-oss-20b@main`.
public struct HubRepository: Sendable, Hashable, CustomStringConvertible {
  public let name: String
  /// Branch, tag or commit.
  public let revision: String

  /// - Throws: ``HubError/Code/usage``.
  public init(written: String) throws(HubError) {
    let at = written.firstIndex(of: "@")
    name = String(written[..<(at ?? written.endIndex)])
    revision = at.map { String(written[written.index(after: $0)...]) } ?? "main"
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy(Self.isName) else {
      throw HubError(.usage, "`\(Self.shown(name))` is not a repository; write `OWNER/NAME` or `OWNER/NAME@REVISION`")
    }
    guard (1...256).contains(revision.utf8.count), revision.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !revision.contains("..") else {
      throw HubError(.usage, "`\(Self.shown(revision))` is not a revision; give a branch, a tag or a commit")
    }
  }

  public var description: String { "\(name)@\(revision)" }
  /// The last part of the name: what a folder for it is called.
  public var shortName: String { name.split(separator: "/").last.map(String.init) ?? name }

  private static func isName(_ part: Substring) -> Bool {
    let isPlain = part.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
    }
    return (1...96).contains(part.utf8.count) && isPlain && part.first != "." && part.first != "-"
  }

  private static func shown(_ text: String) -> String { String(text.unicodeScalars.prefix(100).map { $0.value < 0x20 ? "?" : Character($0) }) }
}

/// The hub, or a server that stands in for it.
public struct HubMirror: Sendable, Hashable {
  let base: String
  let origin: WebOrigin

  /// - Throws: ``HubError/Code/usage`` unless it is `http(s)://host[:port][/path]`.
  public init(written: String) throws(HubError) {
    var base = written
    while base.hasSuffix("/") { base.removeLast() }
    guard let origin = WebOrigin(url: base), !base.contains("?"), !base.contains("#"), !base.dropFirst(8).contains("@"), base.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw HubError(.usage, "the mirror must be `https://host[:port][/path]`") }
    self.base = base
    self.origin = origin
  }

  /// Lists a revision with sizes and hashes.
  func listing(of repository: HubRepository) -> String { "\(base)/api/models/\(repository.name)/revision/\(percentEncoded(repository.revision, keeping: ""))?blobs=true" }

  func file(_ name: String, of repository: HubRepository, commit: String) -> String {
    "\(base)/\(repository.name)/resolve/\(percentEncoded(commit, keeping: ""))/\(percentEncoded(name, keeping: "/"))"
  }
}

package enum Redirect {
  /// Whether it leads from https to anything else, in whatever case they are written.
  package static func isDowngrade(from url: String, to next: String) -> Bool {
    WebOrigin(url: url)?.scheme == "https" && WebOrigin(url: next)?.scheme != "https"
  }
}

/// Scheme, host and port: what a token may be sent to.
struct WebOrigin: Sendable, Hashable {
  var scheme: String
  var host: String
  var port: Int

  init?(url: String) {
    guard let separator = url.firstRange(of: "://") else { return nil }
    scheme = url[..<separator.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
    guard !authority.contains("@") else { return nil }
    // An IPv6 address holds colons inside its brackets.
    let afterHost = authority.hasPrefix("[") ? (authority.firstIndex(of: "]").map { authority.index(after: $0) } ?? authority.endIndex) : authority.firstIndex(of: ":") ?? authority.endIndex
    host = authority[..<afterHost].lowercased()
    guard !host.isEmpty, host != "[]" else { return nil }
    let rest = authority[afterHost...]
    if rest.isEmpty {
      port = scheme == "https" ? 443 : 80
    } else {
      guard rest.first == ":", let number = Int(rest.dropFirst()), (1...65535).contains(number) else { return nil }
      port = number
    }
  }

  /// Whether what is sent there can be read on the way.
  var isPlainRemote: Bool { scheme == "http" && !["127.0.0.1", "localhost", "[::1]"].contains(host) }
}

/// RFC 3986 unreserved bytes stand for themselves, all others are escaped.
func percentEncoded(_ text: String, keeping kept: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8), keep = Array(kept.utf8)
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
    case _ where keep.contains(byte): bytes.append(byte)
    default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
