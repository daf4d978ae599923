/// A value that is used and never shown: descriptions, reflection and string interpolation give `<secret>`.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  public init(_ value: String) { self.value = value }

  public var description: String { "<secret>" }
  public var debugDescription: String { "<secret>" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// The value itself; for the `Authorization` header and nothing else.
  func reveal() -> String { value }

  /// Whether it can stand in a header: visible ASCII, at least one character.
  public var isHeaderSafe: Bool { !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
}
