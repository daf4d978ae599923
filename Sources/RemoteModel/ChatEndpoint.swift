/// Where a chat API stands, checked: `http://127.0.0.1:8080/v1`, `https://api.example.com/v1`.
public struct ChatEndpoint: Sendable, Hashable, CustomStringConvertible {
  public let url: String
  /// Scheme, host and port: what error texts may say.
  public let name: String
  /// Whether calls leave this machine unencrypted.
  public let isPlainRemote: Bool

  /// What is wrong with a URL that a person wrote; in the grammar of diagnostics.
  public struct Problem: Error, Sendable, Hashable {
    public var message: String
    public var hint: String?
  }

  /// - Parameter written: base URL; `/chat/completions` is added where it is missing.
  public init(written: String) throws(Problem) {
    let schemes = ["http://", "https://"]
    guard let scheme = schemes.first(where: { written.lowercased().hasPrefix($0) }) else {
      throw Problem(message: "an endpoint begins with `http://` or `https://`", hint: "for example `http://127.0.0.1:8080/v1`")
    }
    let rest = written.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else {
      throw Problem(message: "an endpoint must not hold a user name or password", hint: "use `api_key: {env: NAME}`")
    }
    guard !authority.isEmpty, written.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw Problem(message: "not a URL", hint: nil) }
    guard !rest.contains("?"), !rest.contains("#") else { throw Problem(message: "an endpoint has no query or fragment", hint: nil) }
    guard Self.hasValidPort(authority) else { throw Problem(message: "the endpoint's port is not a number from 1 to 65535", hint: nil) }
    var path = rest.dropFirst(authority.count)
    while path.last == "/" { path.removeLast() }
    url = scheme + authority + path + (path.hasSuffix(Self.suffix) ? "" : Self.suffix)
    name = scheme + authority
    isPlainRemote = scheme == "http://" && !Self.isLoopback(authority)
  }

  public var description: String { name }

  private static let suffix = "/chat/completions"
  /// Where the API lists its models: what a person may ask to see whether a server is there.
  public var modelsURL: String { url.dropLast(Self.suffix.count) + "/models" }

  private static func portStart(_ authority: Substring) -> Substring.Index? {
    let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
    return authority[afterBracket...].lastIndex(of: ":")
  }

  private static func hasValidPort(_ authority: Substring) -> Bool {
    guard let colon = portStart(authority) else { return true }
    guard let port = Int(authority[authority.index(after: colon)...]) else { return false }
    return (1...65535).contains(port)
  }

  private static func isLoopback(_ authority: Substring) -> Bool {
    let host = authority[..<(portStart(authority) ?? authority.endIndex)].lowercased()
    return host == "localhost" || host == "[::1]" || isLoopbackAddress(host)
  }

  /// `127.0.0.0/8` in four numbers; `127.example.org` is a name that anybody may own.
  private static func isLoopbackAddress(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }
}
