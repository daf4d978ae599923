/// Why a checkpoint could not be pulled. The words name files, sizes and hashes; never a token, and nothing of a server's own text.
public struct HubError: Error, Sendable, Hashable, CustomStringConvertible {
  public struct Code: RawRepresentable, Sendable, Hashable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The repository, the mirror or a pattern is not written as one.
    public static let usage = Code(rawValue: "usage")
    /// Connection refused, broken or silent.
    public static let network = Code(rawValue: "network")
    /// 401 and 403.
    public static let notAllowed = Code(rawValue: "not-allowed")
    /// 404: repository, revision or file.
    public static let notFound = Code(rawValue: "not-found")
    /// 429 and 5xx.
    public static let busy = Code(rawValue: "busy")
    /// The server does not answer as a hub does.
    public static let protocolViolation = Code(rawValue: "protocol")
    /// A name that leads out of the folder, or that no file may have.
    public static let unsafeName = Code(rawValue: "unsafe-name")
    /// Content is not what the hub says it is.
    public static let wrongContent = Code(rawValue: "wrong-content")
    /// The repository is not what it was when it was listed.
    public static let changed = Code(rawValue: "changed")
    public static let fileSystem = Code(rawValue: "file-system")
    public static let diskFull = Code(rawValue: "disk-full")
    public static let cancelled = Code(rawValue: "cancelled")
  }

  public var code: Code
  /// Lower case, no full stop.
  public var message: String
  /// Whether the same request may succeed a little later.
  public var isTransient: Bool
  /// What the server asked for.
  var retryAfter: Duration?

  public init(_ code: Code, _ message: String, isTransient: Bool = false, retryAfter: Duration? = nil) {
    self.code = code
    self.message = message
    self.isTransient = isTransient
    self.retryAfter = retryAfter
  }

  public var description: String { "\(message) [\(code.rawValue)]" }
}
