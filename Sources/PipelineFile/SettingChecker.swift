import Moderation
import YAMLDocument

/// Checks what was written against what may stand there, and gives it back ready for use: paths absolute, everything else as it was.
///
/// Every problem is reported, each once: a value that an earlier step complained about is not complained about again.
struct SettingChecker {
  /// Folder of the pipeline file, absolute.
  let baseDirectory: String
  /// Category names of the pipeline, for keys of ``FieldType/perCategory(_:)``.
  var categories: [String] = []

  /// - Parameter name: what to call the value in messages, without backticks: `timeout`, `categories.spam`.
  /// - Returns: the value ready for use; nil when it is wrong.
  func check(_ setting: Setting, as type: FieldType, name: String, _ diagnostics: inout Diagnostics) -> Setting? {
    if setting.isNull || setting.isLeftOut {
      if !diagnostics.hasError(at: setting.span) {
        diagnostics.error(
          "missing-value", "`\(name)` has no value", at: setting.span, hint: setting.isNull ? "give it \(type.words), or remove it" : "its variable is empty")
      }
      return nil
    }
    if setting.isUnresolved, !type.holdsText { return setting }
    let setting = Self.reread(setting, as: type)
    switch type {
    case .string: return setting.string != nil ? setting : mismatch(setting, type, name, &diagnostics)
    case .boolean: return setting.bool != nil ? setting : mismatch(setting, type, name, &diagnostics)
    case .integer(let range): return number(setting, type, name, &diagnostics, isRight: setting.int != nil, inRange: setting.int.map(range.contains))
    case .number(let range): return number(setting, type, name, &diagnostics, isRight: setting.double != nil, inRange: setting.double.map(range.contains))
    case .share: return number(setting, type, name, &diagnostics, isRight: setting.share != nil, inRange: setting.share.map((0...1).contains))
    case .duration: return setting.duration != nil ? setting : mismatch(setting, type, name, &diagnostics)
    case .byteCount: return setting.byteCount != nil ? setting : mismatch(setting, type, name, &diagnostics)
    case .choice(let names): return choice(setting, names, type, name, &diagnostics)
    case .existingPath: return PathCheck(baseDirectory: baseDirectory).existing(setting, name: name, &diagnostics)
    case .path: return setting.string != nil ? setting : mismatch(setting, type, name, &diagnostics)
    case .url: return URLCheck.check(setting, name: name, &diagnostics) ? setting : nil
    case .secret: return secret(setting, name: name, &diagnostics)
    case .list(let element): return list(setting, of: element, type, name, &diagnostics)
    case .map(let value): return map(setting, to: value, type, name, &diagnostics)
    case .perCategory(let value): return perCategory(setting, to: value, type, name, &diagnostics)
    case .object(let fields): return object(setting, fields: fields, name: "`\(name)`", &diagnostics)
    case .either(let types): return either(setting, types, type, name, &diagnostics)
    }
  }

  /// What a variable gave is text; where a number or boolean is wanted it is read as if it stood in the file.
  private static func reread(_ setting: Setting, as type: FieldType) -> Setting {
    guard setting.isInterpolated, type.isNumeric, let text = setting.string, let value = YAMLDocument.plainValue(text), value != .null else { return setting }
    return Setting(value, at: setting.span, isInterpolated: true)
  }

  /// A map with named fields.
  ///
  /// - Parameters:
  ///   - name: the map in messages, ready to read: `stage `linear``.
  ///   - others: fields that may stand here as well and are checked elsewhere; they are not in the result.
  func object(
    _ setting: Setting, fields: [FieldSpec], others: [FieldSpec] = [], name: String, _ diagnostics: inout Diagnostics
  ) -> Setting? {
    guard let entries = setting.entries else {
      return mismatch(setting, .object(fields), name, quoted: false, &diagnostics)
    }
    let names = (others + fields).map(\.name)
    var checked: [Setting.Entry] = []
    var misspelt: Set<String> = []
    var fine = true
    for entry in entries {
      if let field = fields.first(where: { $0.name == entry.key }) {
        if entry.value.isLeftOut, !field.required { continue }
        if let value = check(entry.value, as: field.type, name: field.name, &diagnostics) {
          checked.append(.init(key: entry.key, keySpan: entry.keySpan, value: value))
        } else {
          fine = false
        }
      } else if !names.contains(entry.key) {
        if let meant = unknown(entry, among: names, fields: fields + others, in: name, &diagnostics) { misspelt.insert(meant) }
        fine = false
      }
    }
    for field in fields where field.required && setting.entry(field.name) == nil {
      fine = false
      if !misspelt.contains(field.name) {
        diagnostics.error("missing-field", "\(name) needs `\(field.name)`", at: setting.span, hint: Self.addition(of: field))
      }
    }
    return fine ? Setting(.map(checked), at: setting.span) : nil
  }

  // MARK: What is right of what is wrong

  /// The right fields of a map that need not be right as a whole, without a word about the others. A misspelt field counts as the one that
  /// was probably meant.
  ///
  /// - Parameter others: fields that may stand here as well; they are not in the result.
  /// - Returns: nil when a required field is not among them, or a word is wrong that tells how the others are to be read.
  func rightFields(of setting: Setting, fields: [FieldSpec], others: [FieldSpec] = []) -> Setting? {
    var right: [Setting.Entry] = []
    for entry in setting.entries ?? [] {
      guard let field = field(meantBy: entry.key, in: setting, fields, others), !entry.value.isLeftOut || field.required else { continue }
      if let value = rightPart(of: entry.value, as: field.type, name: field.name) {
        right.append(.init(key: field.name, keySpan: entry.keySpan, value: value))
      } else if field.type.isWord {
        return nil
      }
    }
    let isComplete = fields.allSatisfy { field in !field.required || right.contains { $0.key == field.name } }
    return isComplete ? Setting(.map(right), at: setting.span) : nil
  }

  private func field(meantBy key: String, in map: Setting, _ fields: [FieldSpec], _ others: [FieldSpec]) -> FieldSpec? {
    if let field = fields.first(where: { $0.name == key }) { return field }
    let names = (fields + others).map(\.name)
    guard !names.contains(key), let near = nearestSpelling(to: key, in: names), map.entry(near) == nil else { return nil }
    return fields.first { $0.name == near }
  }

  private func rightPart(of setting: Setting, as type: FieldType, name: String) -> Setting? {
    var unheard = Diagnostics()
    if let whole = check(setting, as: type, name: name, &unheard) { return whole }
    switch type {
    case .list(let element):
      let items = (setting.list ?? []).compactMap { rightPart(of: $0, as: element, name: name) }
      return items.isEmpty ? nil : Setting(.list(items), at: setting.span)
    case .map(let value): return rightEntries(of: setting, as: value) { _ in true }
    case .perCategory(let value): return rightEntries(of: setting, as: value, where: categories.contains)
    case .object(let fields): return rightFields(of: setting, fields: fields).flatMap { $0.entries?.isEmpty == true ? nil : $0 }
    default: return nil
    }
  }

  private func rightEntries(of setting: Setting, as type: FieldType, where isKey: (String) -> Bool) -> Setting? {
    let entries = (setting.entries ?? []).compactMap { entry -> Setting.Entry? in
      guard isKey(entry.key), let value = rightPart(of: entry.value, as: type, name: entry.key) else { return nil }
      return .init(key: entry.key, keySpan: entry.keySpan, value: value)
    }
    return entries.isEmpty ? nil : Setting(.map(entries), at: setting.span)
  }

  // MARK: Shapes

  private func number(
    _ setting: Setting, _ type: FieldType, _ name: String, _ diagnostics: inout Diagnostics, isRight: Bool, inRange: Bool?
  ) -> Setting? {
    guard isRight else { return mismatch(setting, type, name, &diagnostics) }
    guard inRange == false else { return setting }
    guard !diagnostics.hasError(at: setting.span) else { return nil }
    diagnostics.error("out-of-range", "`\(name)` must be \(type.words), found \(setting.found)", at: setting.span, hint: Self.percent(setting, type))
    return nil
  }

  /// `97` for a share was most likely meant in percent.
  private static func percent(_ setting: Setting, _ type: FieldType) -> String? {
    guard type == .share, !setting.isInterpolated, let value = setting.double, value > 1, value <= 100 else { return nil }
    return "write `\((value / 100).asWritten)` or `\(value.asWritten)%`"
  }

  private func choice(
    _ setting: Setting, _ names: [String], _ type: FieldType, _ name: String, _ diagnostics: inout Diagnostics
  ) -> Setting? {
    guard let word = setting.string else { return mismatch(setting, type, name, &diagnostics) }
    guard !names.contains(word) else { return setting }
    let near = setting.isInterpolated ? nil : nearestSpelling(to: word, in: names)
    diagnostics.error(
      "unknown-choice", "`\(name)` must be \(type.words), found \(setting.found)", at: setting.span, hint: near.map { "did you mean `\($0)`?" })
    return nil
  }

  private func list(
    _ setting: Setting, of element: FieldType, _ type: FieldType, _ name: String, _ diagnostics: inout Diagnostics
  ) -> Setting? {
    guard let items = setting.list else { return mismatch(setting, type, name, &diagnostics) }
    let checked = items.compactMap { check($0, as: element, name: name, &diagnostics) }
    return checked.count == items.count ? Setting(.list(checked), at: setting.span) : nil
  }

  private func map(
    _ setting: Setting, to value: FieldType, _ type: FieldType, _ name: String, _ diagnostics: inout Diagnostics
  ) -> Setting? {
    guard let entries = setting.entries else { return mismatch(setting, type, name, &diagnostics) }
    let checked = entries.compactMap { entry in
      check(entry.value, as: value, name: entry.key, &diagnostics).map { Setting.Entry(key: entry.key, keySpan: entry.keySpan, value: $0) }
    }
    return checked.count == entries.count ? Setting(.map(checked), at: setting.span) : nil
  }

  private func perCategory(
    _ setting: Setting, to value: FieldType, _ type: FieldType, _ name: String, _ diagnostics: inout Diagnostics
  ) -> Setting? {
    guard let entries = setting.entries else { return mismatch(setting, type, name, &diagnostics) }
    var fine = true
    for entry in entries where !categories.contains(entry.key) {
      unknownCategory(entry.key, at: entry.keySpan, &diagnostics)
      fine = false
    }
    let checked = map(setting, to: value, type, name, &diagnostics)
    return fine ? checked : nil
  }

  func unknownCategory(_ category: String, at span: SourceSpan, _ diagnostics: inout Diagnostics) {
    let near = nearestSpelling(to: category, in: categories)
    diagnostics.error(
      "unknown-category", "category `\(category)` is not one of this pipeline", at: span,
      hint: near.map { "did you mean `\($0)`?" } ?? "add it under `categories:`")
  }

  private func either(
    _ setting: Setting, _ types: [FieldType], _ type: FieldType, _ name: String, _ diagnostics: inout Diagnostics
  ) -> Setting? {
    var problems: Diagnostics?
    for candidate in types {
      var own = Diagnostics()
      if let checked = check(setting, as: candidate, name: name, &own) {
        diagnostics.add(contentsOf: own)
        return checked
      }
      if problems == nil, candidate.hasShape(of: setting) { problems = own }
    }
    guard let problems else { return mismatch(setting, type, name, &diagnostics) }
    diagnostics.add(contentsOf: problems)
    return nil
  }

  // MARK: Problems

  private func mismatch(
    _ setting: Setting, _ type: FieldType, _ name: String, quoted: Bool = true, _ diagnostics: inout Diagnostics
  ) -> Setting? {
    guard !diagnostics.hasError(at: setting.span) else { return nil }
    diagnostics.error(
      "wrong-type", "\(quoted ? "`\(name)`" : name) must be \(type.words), found \(setting.found)", at: setting.span, hint: hint(setting, type, name))
    return nil
  }

  private func hint(_ setting: Setting, _ type: FieldType, _ name: String) -> String? {
    switch (type, setting.value) {
    case (.boolean, .string(let word)) where ["yes", "on", "y"].contains(word.lowercased()): return "write `\(name): true`"
    case (.boolean, .string(let word)) where ["no", "off", "n"].contains(word.lowercased()): return "write `\(name): false`"
    case (.string, .int), (.string, .double), (.string, .bool), (.path, .int), (.choice, .bool): return "put it in quotes"
    case (.list, .string) where !setting.isInterpolated: return "write `\(name): [\(setting.string ?? "")]`"
    default: return type.example.map { "for example `\(name): \($0)`" }
    }
  }

  private static func addition(of field: FieldSpec) -> String {
    if let example = field.type.example { return "for example `\(field.name): \(example)`" }
    if field.type.innerFields != nil { return "`winnow explain \(field.name)` tells what it holds" }
    return "add `\(field.name):` with \(field.type.words)"
  }

  /// - Returns: the field that was probably meant.
  private func unknown(
    _ entry: Setting.Entry, among names: [String], fields: [FieldSpec], in place: String, _ diagnostics: inout Diagnostics
  ) -> String? {
    let near = nearestSpelling(to: entry.key, in: names)
    let hint = near.map { "did you mean `\($0)`?" } ?? "fields here: \(FieldType.quoted(names))"
    diagnostics.error("unknown-field", "unknown field `\(entry.key)` in \(place)", at: entry.keySpan, hint: hint)
    guard let near, let field = fields.first(where: { $0.name == near }), field.type == .secret, entry.value.string != nil else { return near }
    _ = secret(entry.value, name: near, &diagnostics)
    return near
  }

  /// `{env: NAME}` or `{file: path}`. A secret written in the file is an error whatever it looks like, and is never repeated.
  private func secret(_ setting: Setting, name: String, _ diagnostics: inout Diagnostics) -> Setting? {
    guard let entries = setting.entries else {
      diagnostics.error(
        "inline-secret", "`\(name)` must not be written in the file", at: setting.span,
        hint: "write `\(name): {env: NAME}` or `\(name): {file: path}`")
      return nil
    }
    guard entries.count == 1, let entry = entries.first, entry.key == "env" || entry.key == "file" else {
      diagnostics.error("wrong-type", "`\(name)` must be \(FieldType.secret.words)", at: setting.span, hint: "for example `\(name): {env: API_KEY}`")
      return nil
    }
    let type: FieldType = entry.key == "file" ? .existingPath : .string
    return check(entry.value, as: type, name: "\(name).\(entry.key)", &diagnostics).map {
      Setting(.map([.init(key: entry.key, keySpan: entry.keySpan, value: $0)]), at: setting.span)
    }
  }
}

extension FieldType {
  /// Whether any text is a value of this type, so that an unresolved `${VAR}` needs no excuse.
  fileprivate var holdsText: Bool {
    switch self {
    case .string, .secret, .list, .map, .perCategory, .object, .either: true
    default: false
    }
  }

  /// Whether it is a word that may tell how files are to be read.
  fileprivate var isWord: Bool {
    switch self {
    case .string, .boolean, .choice: true
    default: false
    }
  }

  fileprivate var isNumeric: Bool {
    switch self {
    case .boolean, .integer, .number, .share, .duration, .byteCount: true
    default: false
    }
  }

  /// Whether a value is at least of the right shape, so that its problems are worth telling.
  fileprivate func hasShape(of setting: Setting) -> Bool {
    switch (self, setting.value) {
    case (.list, .list), (.map, .map), (.perCategory, .map), (.object, .map), (.secret, .map), (.boolean, .bool): true
    case (.integer, .int), (.number, .int), (.number, .double), (.share, .int), (.share, .double): true
    case (.choice, .string), (.existingPath, .string), (.url, .string): true
    case (.either(let types), _): types.contains { $0.hasShape(of: setting) }
    default: false
    }
  }
}

extension Diagnostics {
  /// Whether an error has been reported for the value at this place.
  func hasError(at span: SourceSpan) -> Bool { all.contains { $0.severity == .error && $0.span == span } }
}
