/// Which files of a repository are pulled.
public struct FileSelection: Sendable, Hashable {
  /// What a checkpoint needs, and the texts that belong to it. No pattern names a subfolder: `original/` and `metal/` hold the same weights in other
  /// forms.
  public static let needed = ["*.safetensors", "*.json", "*.jinja", "LICENSE*", "NOTICE*", "USAGE_POLICY*", "README.md"]

  private let include: [String]
  private let exclude: [String]
  private let isDefault: Bool

  /// - Parameters:
  ///   - include: patterns (`*` any text, `?` one character, over `/` too); empty is ``needed`` at the top of the repository.
  ///   - exclude: patterns of files to leave out.
  public init(include: [String] = [], exclude: [String] = []) {
    isDefault = include.isEmpty
    self.include = include.isEmpty ? Self.needed : include
    self.exclude = exclude
  }

  public func contains(_ name: String) -> Bool {
    if isDefault, name.contains("/") { return false }
    return include.contains { Self.matches(name, $0) } && !exclude.contains { Self.matches(name, $0) }
  }

  /// Linear in the product of the lengths: a star is tried again only from its last place.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let (name, pattern) = (Array(name.unicodeScalars), Array(pattern.unicodeScalars))
    var (i, p) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while i < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, i)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[i] {
        (i, p) = (i + 1, p + 1)
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (i, p) = (last.name + 1, last.pattern + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
