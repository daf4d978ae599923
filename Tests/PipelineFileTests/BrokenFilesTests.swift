import Moderation
import PipelineFile
import Testing

/// Shows what `winnow lint` says of broken files: one golden text for each.
struct BrokenFilesTests {
  static let names = Golden.names(in: "broken", suffix: ".yaml")

  static func lint(_ name: String) -> Diagnostics {
    PipelineFile.load(path: "\(Golden.folder)/broken/\(name)", stageTypes: FakeStages.all, environment: ["KEY": "canary-4711"]).diagnostics
  }

  /// The text that a person sees, with the folder left out.
  static func text(_ name: String) -> String {
    let diagnostics = lint(name)
    let summary = DiagnosticRenderer.summary(diagnostics, of: "\(Golden.folder)/broken/\(name)")
    return (DiagnosticRenderer.text(diagnostics) + "\n" + summary + "\n").replacing("\(Golden.folder)/", with: "")
  }

  @Test func thereAreAtLeastTwentyBrokenFiles() { #expect(Self.names.count >= 20) }

  @Test(arguments: names) func theTextOfABrokenFileIsAsAgreed(name: String) {
    Golden.expect(Self.text(name), is: "broken/\(name.dropLast(5)).txt")
  }

  @Test(arguments: names) func aBrokenFileGivesNoDefinitionUnlessItOnlyWarns(name: String) {
    let path = "\(Golden.folder)/broken/\(name)"
    let (definition, diagnostics) = PipelineFile.load(path: path, stageTypes: FakeStages.all, environment: [:])
    #expect(!diagnostics.isEmpty)
    #expect((definition == nil) == diagnostics.hasErrors)
  }

  @Test(arguments: names) func messagesKeepToTheHouseGrammar(name: String) {
    for diagnostic in Self.lint(name).all {
      for text in [diagnostic.message, diagnostic.hint].compactMap({ $0 }) + diagnostic.notes.map(\.message) {
        #expect(Grammar.problem(text) == nil, "\(text)")
      }
      #expect(diagnostic.code.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
      #expect(diagnostic.span != nil)
    }
  }

  @Test(arguments: names) func problemsComeInTheOrderOfTheFile(name: String) {
    let path = "\(Golden.folder)/broken/\(name)"
    let places = Self.lint(name).all.compactMap(\.span).filter { $0.file == path }.map { $0.line * 10_000 + $0.column }
    #expect(places == places.sorted())
  }

  @Test(arguments: names) func everySpanLiesInItsLine(name: String) {
    let path = "\(Golden.folder)/broken/\(name)"
    let lines = (Golden.readBytes(path) ?? []).split(omittingEmptySubsequences: false) { $0 == 0x0A }
    for span in Self.lint(name).all.compactMap(\.span) where span.file == path && span.length > 0 {
      #expect(span.line >= 1 && span.line <= max(lines.count, 1))
      guard span.line <= lines.count else { continue }
      let scalars = String(decoding: lines[span.line - 1], as: UTF8.self).unicodeScalars.count
      #expect(span.column >= 1 && span.column + span.length - 1 <= scalars + 1, "\(span)")
    }
  }

  @Test(arguments: ["12-secrets.yaml", "13-interpolation.yaml"]) func noSecretIsEverPrinted(name: String) {
    let diagnostics = Self.lint(name)
    let outputs = [
      DiagnosticRenderer.text(diagnostics), DiagnosticRenderer.text(diagnostics, color: true), DiagnosticRenderer.json(diagnostics),
      DiagnosticRenderer.sarif(diagnostics, version: "1"), DiagnosticRenderer.githubAnnotations(diagnostics), "\(diagnostics)",
    ]
    for output in outputs { #expect(!output.contains("canary")) }
  }
}

/// The house grammar of messages: no capital at the start, no full stop at the end, backticks in pairs.
enum Grammar {
  static func problem(_ text: String) -> String? {
    guard let first = text.first, let last = text.last else { return "empty" }
    if first.isUppercase, !["YAML", "CSV", "U+", "JSON"].contains(where: text.hasPrefix) { return "capital at the start" }
    if last == "." || last == "!" { return "full stop at the end" }
    if text.filter({ $0 == "`" }).count % 2 != 0 { return "odd backticks" }
    if text.contains("\n") { return "more than one line" }
    return nil
  }
}
