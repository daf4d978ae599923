import Moderation

/// Stage types with the shape of the real ones, so that files can be tested without any stage module.
enum FakeStages {
  static let all = [prefilter, classifier, safeguard]

  static let prefilter = StageType(
    spec: StageSpec(
      type: "prefilter", kind: .screen, summary: "finds words", description: "Finds words and phrases from lexicons.",
      fields: [
        FieldSpec("lexicons", .list(.existingPath), "Files with words."),
        FieldSpec("match_limit", .integer(1...1_000_000), default: "100000", "How hard one match may be."),
        FieldSpec("leet", .boolean, default: "false", "Reads `4` as `a`."),
        FieldSpec("memory", .byteCount, default: "20MiB", "Memory for compiled rules."),
      ], scores: false, example: "- id: words\n  type: prefilter\n  leet: true"),
    check: { _, _ in }, build: { _, _ in .reasoner(UnbuildableReasoner()) })

  /// Knows the labels `spam` and `harassment` alone.
  static let classifier = StageType(
    spec: StageSpec(
      type: "classifier", kind: .screen, summary: "scores a message", description: "Gives a calibrated probability for each category.",
      fields: [
        FieldSpec("model", .existingPath, required: true, "The model file."),
        FieldSpec("weights", .perCategory(.number(0...10)), "Weight of each category."),
        FieldSpec("temperature", .number(0...5), default: "1", "Softens probabilities."),
      ], scores: true, example: "- id: linear\n  type: classifier\n  model: chat.linear"),
    check: { configuration, diagnostics in
      for entry in configuration.settings["bands"]?.entries ?? [] where !["spam", "harassment"].contains(entry.key) {
        diagnostics.error("no-label", "the model has no label for `\(entry.key)`", at: entry.keySpan)
      }
    }, build: { _, _ in .reasoner(UnbuildableReasoner()) })

  static let safeguard = StageType(
    spec: StageSpec(
      type: "safeguard", kind: .reasoner, summary: "asks a model", description: "Asks a policy-reasoning model about what is still open.",
      fields: [
        FieldSpec("model", .either([.existingPath, .string]), "The model."),
        FieldSpec("endpoint", .either([.url, .list(.url)]), "Addresses of servers."),
        FieldSpec("api_key", .secret, "The server's key."),
        FieldSpec("effort", .choice(["low", "medium", "high"]), default: "low", "How long the model thinks."),
        FieldSpec("timeout", .duration, default: "20s", "Time for one answer."),
        FieldSpec("context", .object([FieldSpec("messages", .integer(0...100), default: "0", "How many earlier messages.")]), "Earlier messages."),
      ], scores: false, example: "- id: judge\n  type: safeguard\n  endpoint: http://localhost:8000/v1"),
    check: { _, _ in }, build: { _, _ in .reasoner(UnbuildableReasoner()) })
}

/// Stands where a test never builds.
struct UnbuildableReasoner: Reasoner {
  var judgedCategories: CategorySet { .init() }
  var concurrency: Int { 1 }
  var contextMessages: Int { 0 }
  var fingerprint: String { "" }
  var notice: String? { nil }
  func start() async throws {}
  func judge(_ request: JudgeRequest) async throws(ReasonerError) -> Judgement { throw ReasonerError(.error, "fake") }
  func shutdown() async {}
}
