import Moderation
import PipelineFile
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shows that every code and every stage type can be explained, and that the generated pages hold what the specs say.
struct ExplainTests {
  static let sources = String(#filePath.dropLast("/Tests/PipelineFileTests/ExplainTests.swift".count)) + "/Sources"

  /// Codes in the sources: the first argument of `error`, `warning` and `Diagnostic`, and `code:` of problems.
  static func codesInSources() -> Set<String> {
    var codes: Set<String> = []
    for module in ["PipelineFile", "YAMLDocument"] {
      for file in files(in: "\(sources)/\(module)") {
        let text = Golden.read(file) ?? ""
        for match in text.matches(of: /(?:\.error\(|\.warning\(|\.error,|code:)\s*"([a-z0-9-]+)"/) { codes.insert(String(match.1)) }
      }
    }
    return codes
  }

  static func files(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var paths: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) { String(cString: $0) }
      }
      if name.hasSuffix(".swift") { paths.append("\(folder)/\(name)") }
    }
    return paths
  }

  @Test func everyCodeInTheSourcesIsExplainedAndNoOther() {
    let used = Self.codesInSources()
    #expect(used.count > 40)
    #expect(used == Set(PipelineFile.codes.map(\.code)))
    #expect(PipelineFile.codes.count == Set(PipelineFile.codes.map(\.code)).count)
  }

  @Test func everyCodeButTheUnprovokableHasAGoldenText() {
    let texts = BrokenFilesTests.names.map { Golden.read("\(Golden.folder)/broken/\($0.dropLast(5)).txt") ?? "" }.joined()
    // These need a long file, other permissions, or other bytes than can be kept here; they are tested beside their modules.
    let elsewhere: Set<String> = ["file-too-large", "file-unreadable", "unusual-line-break", "nothing-decides", "too-many-stages"]
    let missing = Self.codesInSources().filter { !texts.contains("[\($0)]") }.subtracting(elsewhere)
    #expect(missing == [])
  }

  @Test(arguments: PipelineFile.codes.map(\.code)) func anExplanationSaysWhatWhyAndHow(code: String) throws {
    let explanation = try #require(PipelineFile.codes.first { $0.code == code })
    #expect(Grammar.problem(explanation.title) == nil, "\(explanation.title)")
    #expect(explanation.meaning.hasSuffix(".") && explanation.why.hasSuffix("."))
    #expect(!explanation.fix.isEmpty || code == "too-deep")
    let page = try #require(PipelineFile.explain(code, stageTypes: FakeStages.all))
    #expect(page.contains("What it means\n  ") && page.contains("Why it is bad\n  "))
  }

  @Test func theExplanationsAreAsAgreed() {
    Golden.expect(PipelineFile.explain("band-order", stageTypes: FakeStages.all) ?? "", is: "explain-band-order.txt")
    Golden.expect(PipelineFile.explain("classifier", stageTypes: FakeStages.all) ?? "", is: "explain-classifier.txt")
    Golden.expect(PipelineFile.explain("categories", stageTypes: FakeStages.all) ?? "", is: "explain-categories.txt")
    Golden.expect(PipelineFile.explainIndex(stageTypes: FakeStages.all), is: "explain-index.txt")
  }

  @Test func otherModulesCodesAreExplainedToo() {
    let codes = [CodeExplanation("lexicon-empty", "a lexicon without phrases", meaning: "Nothing.", why: "Nothing.")]
    #expect(PipelineFile.explain("lexicon-empty", stageTypes: [], codes: codes) != nil)
    #expect(PipelineFile.explain("lexicon-empty", stageTypes: []) == nil)
    #expect(PipelineFile.explainSuggestion(for: "lexicon-emtpy", stageTypes: [], codes: codes) == "lexicon-empty")
  }

  @Test func theReferencePageIsAsAgreed() { Golden.expect(PipelineFile.referencePage(stageTypes: FakeStages.all), is: "reference.md") }
}
