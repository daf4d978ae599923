import Moderation

/// `categories:` → ``CategoryTable``.
struct CategoriesReader {
  let checker: SettingChecker

  /// The categories with a usable name, also those whose fields are wrong, so that no later part complains that they are unknown.
  func read(_ entry: Setting.Entry?, _ diagnostics: inout Diagnostics) -> CategoryTable {
    guard let entry else { return CategoryTable([]) }
    guard let entries = entry.value.entries else {
      _ = checker.check(entry.value, as: .map(.string), name: "categories", &diagnostics)
      return CategoryTable([])
    }
    if entries.isEmpty {
      diagnostics.error("no-categories", "a pipeline needs at least one category", at: entry.keySpan, hint: "for example `categories: {spam: low}`")
    }
    for extra in entries.dropFirst(CategoryTable.capacity).prefix(1) {
      diagnostics.error(
        "too-many-categories", "a pipeline has at most \(CategoryTable.capacity) categories, found \(entries.count)", at: extra.keySpan,
        hint: "use a pipeline for each group of categories")
    }
    return CategoryTable(entries.prefix(CategoryTable.capacity).map { category($0, &diagnostics) })
  }

  private func category(_ entry: Setting.Entry, _ diagnostics: inout Diagnostics) -> Category {
    if !Self.isName(entry.key) {
      diagnostics.error(
        "category-name", "`\(entry.key)` is no category name", at: entry.keySpan,
        hint: Self.suggestion(for: entry.key) ?? "use lower-case letters, digits, `_` and `-`, with dots between the parts: `harassment.targeted`")
    }
    var category = Category(name: entry.key)
    if entry.value.string != nil {
      let word = checker.check(entry.value, as: PipelineSpec.severity, name: entry.key, &diagnostics)
      category.severity = word?.string.flatMap(Severity.init) ?? .medium
      return category
    }
    guard entry.value.entries != nil else {
      _ = checker.check(entry.value, as: .either([PipelineSpec.severity, .object(PipelineSpec.category)]), name: entry.key, &diagnostics)
      return category
    }
    guard let fields = checker.object(entry.value, fields: PipelineSpec.category, name: "category `\(entry.key)`", &diagnostics) else { return category }
    category.severity = fields["severity"]?.string.flatMap(Severity.init) ?? .medium
    category.autoBlock = fields["auto_block"]?.bool ?? true
    category.alwaysEscalate = fields["always_escalate"]?.bool ?? false
    category.policyPath = fields["policy"]?.string
    if let policy = fields["policy"], let path = policy.string, PathCheck.kind(of: path) == .folder {
      diagnostics.error("not-a-file", "the policy of `\(entry.key)` is a folder", at: policy.span, hint: "name a policy file")
    }
    return category
  }

  /// `Hate Speech` → `hate_speech`.
  private static func suggestion(for key: String) -> String? {
    let scalars = key.lowercased().unicodeScalars.map { $0 == " " || $0 == "/" ? "_" : $0 }
    let name = String(String.UnicodeScalarView(scalars)).split(separator: ".").joined(separator: ".")
    return isName(name) ? "write `\(name)`" : nil
  }

  static func isName(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      guard let first = part.utf8.first, first != UInt8(ascii: "-") else { return false }
      return part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
  }
}
