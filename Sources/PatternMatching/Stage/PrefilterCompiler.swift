import Moderation
import Text

/// From written patterns to a ``PrefilterScreen``. Everything that can be wrong is reported here or by the file readers.
struct PrefilterCompiler {
  let settings: PrefilterSettings
  let categories: CategoryTable
  private var written: WrittenPatterns
  private var sources: [PatternSource] = []
  private var places: [SourceNames.Place] = []
  private var ids: [String] = []
  private var forms = FormTable()
  private var wordKeys: [(hash: UInt64, form: Int, wordLength: Int)] = []
  private var literals: [(bytes: [UInt8], target: LiteralIndex.Target)] = []
  private var rules: [CompiledRule] = []
  private var byteClasses = ByteClasses()
  private let patterns = PatternSet()
  private let phraseForms: PhraseForms
  private var reportedCategories: Set<String> = []
  private var phraseNumbers: [PhraseKey: Int] = [:]

  /// Reads and compiles all that `configuration` names; nil when there are errors.
  static func compile(_ configuration: StageConfiguration, diagnostics: inout Diagnostics) -> PrefilterScreen? {
    var problems = Diagnostics()
    let settings = PrefilterSettings(configuration.settings, diagnostics: &problems)
    var files = PatternFiles()
    for path in settings.lexicons {
      guard let name = path.string else { continue }
      files.readLexicon(path: configuration.resolve(name), defaults: settings.defaults, at: path.span, diagnostics: &problems)
    }
    for path in settings.rules {
      guard let name = path.string else { continue }
      files.readRules(path: configuration.resolve(name), defaults: settings.defaults, at: path.span, diagnostics: &problems)
    }
    var compiler = PrefilterCompiler(settings: settings, categories: configuration.categories, written: files.patterns)
    var more = Diagnostics()
    let screen = compiler.compile(diagnostics: &more)
    PatternFiles.add(more, of: configuration.id, to: &problems)
    if !problems.hasErrors, screen.summary.phrases + screen.summary.rules == 0 {
      let place = settings.lexicons.first ?? settings.rules.first
      problems.warning("empty-prefilter", "the files of this prefilter hold nothing to look for", at: place?.span)
    }
    diagnostics.add(contentsOf: problems)
    return problems.hasErrors ? nil : screen
  }

  private init(settings: PrefilterSettings, categories: CategoryTable, written: WrittenPatterns) {
    self.settings = settings
    self.categories = categories
    self.written = written
    phraseForms = PhraseForms(options: settings.normalization)
  }

  private mutating func compile(diagnostics: inout Diagnostics) -> PrefilterScreen {
    keepWanted()
    for (number, phrase) in written.phrases.enumerated() { add(phrase, number: number, diagnostics: &diagnostics) }
    for rule in written.rules { add(rule, diagnostics: &diagnostics) }
    // Exceptions of single phrases come last: the numbers before them are those of the files' entries.
    for (number, phrase) in written.phrases.enumerated() where !phrase.exempt.isEmpty { addExceptions(of: phrase, number: number) }
    forms.finish()
    let summary = PrefilterScreen.Summary(
      phrases: written.phrases.count, forms: forms.forms.count, rules: rules.count, rulesWithoutLiterals: rules.count { !$0.hasLiterals },
      isJIT: patterns.isJIT)
    let tables = PrefilterTables(
      words: WordIndex(wordKeys), forms: forms, literals: LiteralIndex(literals), sources: sources, byteClasses: byteClasses)
    return PrefilterScreen(
      tables: tables, rules: rules, patterns: patterns, limits: settings.limits, normalizer: settings.normalization.map(Normalizer.init),
      names: SourceNames(files: written.files, places: places, ids: ids), summary: summary,
      fingerprint: PrefilterFingerprint.of(written, settings: settings), allowsWithoutHits: settings.allowsWithoutHits)
  }

  /// Drops what is below the wanted severity or, when the stage says so, of other categories.
  private mutating func keepWanted() {
    let minimum = settings.minimumSeverity
    let ignoresOthers = settings.ignoresOtherCategories
    let categories = categories
    func isWanted(_ severity: Severity?, _ category: String?, _ effect: PatternEffect) -> Bool {
      if let minimum, let severity, severity < minimum, effect != .exempt { return false }
      guard ignoresOthers, let category else { return true }
      return categories.index(of: category) != nil
    }
    written.phrases.removeAll { !isWanted($0.severity, $0.category, $0.effect) }
    written.rules.removeAll { !isWanted($0.severity, $0.category, $0.effect) }
  }

  private func span(_ phrase: WrittenPhrase) -> SourceSpan {
    SourceSpan(file: written.files[Int(phrase.file)].path, line: Int(phrase.line), column: Int(phrase.column), length: 1)
  }

  /// What two phrases share that are the same.
  private struct PhraseKey: Hashable {
    var form: [UInt8]
    var category: UInt8
    var effect: PatternEffect
    var match: PhraseMatch
  }

  private mutating func noteDouble(_ phrase: WrittenPhrase, number: Int, form: PhraseForm, category: UInt8, diagnostics: inout Diagnostics) {
    let key = PhraseKey(form: form.bytes, category: category, effect: phrase.effect, match: phrase.match)
    guard let earlier = phraseNumbers.updateValue(number, forKey: key) else { return }
    diagnostics.warning(
      "duplicate-phrase", "the phrase stands twice with the same category and effect", at: span(phrase),
      notes: [.init("first here", at: span(written.phrases[earlier]))], hint: "remove one of them")
  }
}

// MARK: - Phrases

extension PrefilterCompiler {
  private mutating func add(_ phrase: WrittenPhrase, number: Int, diagnostics: inout Diagnostics) {
    let source = Int32(sources.count)
    let category = category(phrase.category, effect: phrase.effect, what: "phrase", at: span(phrase), diagnostics: &diagnostics)
    sources.append(PatternSource(effect: phrase.effect, category: category))
    places.append(.init(file: phrase.file, line: phrase.line, id: add(id: phrase.id)))
    let forms = phraseForms.forms(of: phrase.text)
    guard let first = forms.first else {
      diagnostics.error("empty-phrase", "nothing of the phrase is left to look for once it is normalised", at: span(phrase))
      return
    }
    noteDouble(phrase, number: number, form: first, category: category, diagnostics: &diagnostics)
    for form in forms { add(form, match: phrase.match, source: source) }
  }

  private mutating func addExceptions(of phrase: WrittenPhrase, number: Int) {
    for text in phrase.exempt {
      let source = Int32(sources.count)
      sources.append(PatternSource(effect: .exempt, category: PatternSource.anyCategory, scope: Int32(number)))
      places.append(.init(file: phrase.file, line: phrase.line, id: -1))
      for form in phraseForms.forms(of: text) { add(form, match: .word, source: source) }
    }
  }

  private mutating func add(_ form: PhraseForm, match: PhraseMatch, source: Int32) {
    let shape = form.shape
    let number = forms.add(form, shape, match: match, source: source)
    guard match == .word, shape.startsInWord else {
      literals.append((form.literal, .form(number)))
      return
    }
    let hash = shape.second.isEmpty ? WordHash.word(shape.first) : WordHash.pair(WordHash.word(shape.first), WordHash.word(shape.second))
    wordKeys.append((hash, number, shape.first.count))
  }

  private mutating func add(id: String?) -> Int32 {
    guard let id else { return -1 }
    ids.append(id)
    return Int32(ids.count - 1)
  }

  /// The number of a category for a source; ``PatternSource/anyCategory`` where none is needed or a problem was reported.
  private mutating func category(_ name: String?, effect: PatternEffect, what: String, at span: SourceSpan, diagnostics: inout Diagnostics) -> UInt8 {
    guard let name else {
      if effect != .exempt, reportedCategories.insert(span.file).inserted {
        diagnostics.error(
          "missing-category", "the \(what) has no category", at: span, hint: "write `category:` beside it, at the top of its file, or in the stage")
      }
      return PatternSource.anyCategory
    }
    if let index = categories.index(of: name) { return index.rawValue }
    if reportedCategories.insert(span.file + "\u{0}" + name).inserted {
      let hint = nearestSpelling(to: name, in: categories.categories.map(\.name)).map { "did you mean `\($0)`?" }
      diagnostics.error(
        "unknown-category", "the pipeline has no category `\(name)`", at: span,
        hint: hint ?? "add it to `categories:`, or write `other_categories: ignore` in the stage")
    }
    return PatternSource.anyCategory
  }
}

// MARK: - Rules

extension PrefilterCompiler {
  private mutating func add(_ rule: WrittenRule, diagnostics: inout Diagnostics) {
    let source = Int32(sources.count)
    let category = category(rule.category, effect: rule.effect, what: "rule", at: rule.span, diagnostics: &diagnostics)
    sources.append(PatternSource(effect: rule.effect, category: category))
    let file = written.files.firstIndex { $0.path == rule.span.file } ?? 0
    places.append(.init(file: Int32(file), line: Int32(truncatingIfNeeded: rule.span.line), id: add(id: rule.id)))
    let parsed = PatternParser.parse(rule.pattern, flags: rule.flags)
    guard let pattern = RuleCheck.compile(rule, parsed: parsed, into: patterns, limits: settings.limits, diagnostics: &diagnostics) else { return }
    let requirement = parsed.map(RequiredLiterals.requirement)
    let isCaseSensitive = parsed?.isCaseSensitive ?? !PatternParser.ignoresCase(rule.pattern, flags: rule.flags)
    let number = rules.count
    for literal in requirement?.literals ?? [] { literals.append((literal, .rule(number))) }
    var streams = rule.streams ?? (isCaseSensitive ? .original : .both)
    if settings.normalization == nil { streams = .original }
    rules.append(
      CompiledRule(
        source: source, pattern: pattern, streams: streams, needs: byteClasses.needs(requirement?.bytes ?? []),
        first: parsed.flatMap { FirstBytes.ofAnchored($0.root) }, hasLiterals: requirement?.literals != nil,
        isCaseSensitive: parsed.map { $0.isCaseSensitive || $0.comparesCase } ?? true,
        isExempt: rule.effect == .exempt))
  }
}
