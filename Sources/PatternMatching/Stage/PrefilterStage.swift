import Moderation

/// The `prefilter` stage: phrases and rules whose hits are signals, reasons to escalate, or, when they say so themselves, final blocks.
///
/// A hit by itself decides nothing. A message without hits goes to the next stage, unless `on_no_hit: allow` lets the prefilter allow
/// alone; then what its files miss is missed for good, and its false-negative rate caps the recall of the whole pipeline.
public enum PrefilterStage {
  public static let spec = StageSpec(
    type: "prefilter", kind: .screen,
    summary: "finds the phrases of lexicons and the matches of regular expressions, also behind disguised spellings",
    description: """
      Phrases (`lexicons`) and PCRE2 patterns (`rules`) are matched on the message and on a normalised copy of it, in which look-alike letters, \
      accents, invisible characters and stretched letters are undone; spans are reported in the original text.

      A hit has one of four effects. `signal` is recorded and decides nothing. `escalate` keeps its category open for the next stages even if \
      a classifier would allow. `block` decides alone, and needs `final: true` beside it. `exempt` hides the hits inside its own span: \
      `scunthorpe` in an allow-list protects the town from what stands in its name.

      Phrases match whole words, whatever their case; in scripts without spaces, and for phrases of signs or emoji, they match anywhere. \
      A blank in a phrase stands for any run of blanks, `_` and `-`. Rules have Unicode properties on and run in linear or bounded time: one that reaches a limit \
      counts as a stage error for that message, never as "no match".
      """,
    fields: fields, scores: false,
    example: """
      - id: lexicon
        type: prefilter
        lexicons: [../examples/lexicons/insults.csv, ../examples/lexicons/allow.csv]
        rules: [../examples/rules/spam.yaml]
        normalise: {leet: true}
      """)

  private static let fields: [FieldSpec] = [
    FieldSpec(
      "lexicons", .list(.existingPath),
      "Files of phrases: `.yaml` (entries or groups with `category`, `severity`, `effect`), `.csv` or `.tsv` with a header row, or plain text with one phrase a line."
    ),
    FieldSpec(
      "rules", .list(.existingPath),
      """
      YAML files of PCRE2 patterns: `id`, `pattern`, and any of `flags`, `category`, `effect`, `final`, `on`, `description`. \
      Without `on`, a pattern that tells capitals from small letters runs on the original text only, any other on the normalised copy as well.
      """),
    FieldSpec("category", .string, "The category of phrases and rules that name none themselves."),
    FieldSpec(
      "effect", .choice(PatternEffect.allCases.map(\.name)), default: "signal", "The effect of phrases and rules that name none themselves."),
    FieldSpec("final", .boolean, default: "false", "Must be `true` where `effect: block` stands, as such hits block without any other stage being asked."),
    FieldSpec(
      "match", .choice(PhraseMatch.allCases.map(\.name)), default: "word",
      "Where in a word phrases may stand: whole words, from the `start` of one, or `anywhere`. Use `anywhere` only with an allow-list."),
    FieldSpec(
      "min_severity", .choice(Severity.allCases.map(\.rawValue)), "Leaves out phrases and rules whose own severity is lower. Those without a severity stay."),
    FieldSpec(
      "other_categories", .choice(["error", "ignore"]), default: "error",
      "What to do with phrases and rules of categories that this pipeline does not have. `ignore` lets pipelines share files."),
    FieldSpec(
      "normalise", .either([.boolean, .object(normalization)]), default: "true",
      "Which disguises the normalised copy undoes; `false` for no copy at all."),
    FieldSpec("limits", .object(limits), "What one rule may cost on one message; reaching a limit is a stage error (`on_error`)."),
    FieldSpec(
      "on_no_hit", .choice(["next", "allow"]), default: "next",
      "`allow` settles messages without any hit. The prefilter's misses are then the pipeline's misses."),
  ]

  private static let normalization: [FieldSpec] = [
    FieldSpec("nfkc", .boolean, default: "true", "Compatibility forms: `ｆ` → `f`, `①` → `1`, `ﬁ` → `fi`."),
    FieldSpec("confusables", .boolean, default: "true", "Letters of other scripts that look Latin, in words made only of them or mixed with Latin letters."),
    FieldSpec("invisible", .boolean, default: "true", "Zero-width, format and control characters."),
    FieldSpec("marks", .boolean, default: "true", "Accents and stacked marks. Turn off where accents tell words apart, as in Vietnamese."),
    FieldSpec("repeats", .boolean, default: "true", "Letters that stand three or more times in a row: `fuuuck` → `fuck`."),
    FieldSpec("leet", .boolean, default: "false", "Digits and signs inside words: `sh1t` → `shit`, `a$$` → `ass`. Costs some precision."),
    FieldSpec("spacing", .boolean, default: "false", "Words spelled with gaps: `f u c k`, `f.u.c.k` → `fuck`. Costs some precision."),
  ]

  private static let limits: [FieldSpec] = [
    FieldSpec("match", .integer(1...1_000_000_000), default: "100000", "PCRE2's match limit: steps of the matcher."),
    FieldSpec("depth", .integer(1...1_000_000_000), default: "10000", "PCRE2's depth limit, where patterns cannot be compiled to machine code."),
    FieldSpec("heap", .byteCount, default: "4MiB", "Memory for backtracking."),
  ]

  public static let stageType = StageType(
    spec: spec,
    check: { configuration, diagnostics in _ = PrefilterCompiler.compile(configuration, diagnostics: &diagnostics) },
    build: { configuration, _ in .screen(try screen(configuration)) })

  /// The compiled prefilter.
  /// - Throws: ``DiagnosticsError`` with all problems of the stage and its files.
  public static func screen(_ configuration: StageConfiguration) throws(DiagnosticsError) -> PrefilterScreen {
    var diagnostics = Diagnostics()
    guard let screen = PrefilterCompiler.compile(configuration, diagnostics: &diagnostics) else { throw DiagnosticsError(diagnostics) }
    return screen
  }
}

/// The `prefilter` stage for the list of standard stages.
public let prefilterStageType = PrefilterStage.stageType
