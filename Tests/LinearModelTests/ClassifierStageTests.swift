import LinearModel
import Moderation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// A model file that is gone when the test ends.
private final class ModelFile {
  let path: String
  init(_ bytes: [UInt8]) throws {
    var template = Array("/tmp/winnow-stage-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    try #require(written == bytes.count)
  }
  deinit { unlink(path) }
}

struct ClassifierStageTests {
  private static let span = SourceSpan(file: "pipeline.yaml", line: 3, column: 5)

  private func configuration(model: String, labels: [(String, String)]? = nil, bands: [String] = [], categories: [String]) -> StageConfiguration {
    func entry(_ key: String, _ value: Setting.Value) -> Setting.Entry { .init(key: key, keySpan: Self.span, value: Setting(value, at: Self.span)) }
    var entries = [entry("model", .string(model))]
    if let labels { entries.append(entry("labels", .map(labels.map { entry($0.0, .string($0.1)) }))) }
    if !bands.isEmpty { entries.append(entry("bands", .map(bands.map { entry($0, .map([])) }))) }
    return StageConfiguration(
      id: "linear", settings: Setting(.map(entries), at: Self.span), categories: CategoryTable(categories.map { Category(name: $0) }), baseDirectory: "/tmp")
  }

  private func problems(_ configuration: StageConfiguration) -> [Diagnostic] {
    var diagnostics = Diagnostics()
    ClassifierStage.type.check(configuration, &diagnostics)
    return diagnostics.all
  }

  @Test func scoresTheCategoriesThatLabelsStandFor() throws {
    let trained = try Sample.train()
    let file = try ModelFile(trained.file)
    let configuration = configuration(model: file.path, labels: [("rude", "harassment")], categories: ["threats", "spam", "harassment"])
    #expect(problems(configuration).isEmpty)
    guard case .screen(let screen) = try ClassifierStage.type.build(configuration, BuildOptions()) else { throw Missing() }
    #expect(screen.scoredCategories.map(\.index) == [1, 2])
    let direct = trained.model.makeScorer().probabilities("free nitro, idiot")
    #expect(screen.makeWorker().probabilities(["free nitro, idiot"]) == [direct[1], direct[0]])
  }

  @Test func reportsAllThatIsWrongAtOnce() throws {
    let file = try ModelFile(try Sample.train().file)
    let found = problems(configuration(model: file.path, labels: [("rud", "harassment"), ("spam", "harasment")], categories: ["harassment"]))
    #expect(found.map(\.code) == ["unknown-label", "unknown-category"])
    #expect(found.map(\.hint) == ["did you mean `rude`?", "did you mean `harassment`?"])
    #expect(found.allSatisfy { $0.span == Self.span })
  }

  @Test func aModelWithoutAnyCategoryIsAnError() throws {
    let file = try ModelFile(try Sample.train().file)
    #expect(problems(configuration(model: file.path, categories: ["threats"])).map(\.code) == ["no-scored-category"])
  }

  @Test func aBandThatNoScoreReachesIsAnError() throws {
    let file = try ModelFile(try Sample.train().file)
    let found = problems(configuration(model: file.path, bands: ["rude", "threats"], categories: ["rude", "threats"]))
    #expect(found.map(\.code) == ["unscored-band"] && found.first?.message.contains("`threats`") == true)
    #expect(problems(configuration(model: file.path, labels: [("spam", "threats")], bands: ["rude", "threats"], categories: ["rude", "threats"])).isEmpty)
  }

  @Test func aBrokenModelIsAnErrorAtItsPlace() throws {
    let file = try ModelFile(Array("not a model".utf8))
    for path in [file.path, "missing.linear"] {
      let configuration = configuration(model: path, categories: ["rude"])
      #expect(problems(configuration).map(\.code) == ["unreadable-model"])
      #expect(throws: DiagnosticsError.self) { _ = try ClassifierStage.type.build(configuration, BuildOptions()) }
    }
  }

  @Test func messagesKeepTheGrammar() throws {
    let file = try ModelFile(try Sample.train().file)
    let found =
      problems(configuration(model: file.path, labels: [("xyzzyplugh", "nothing-like-it")], categories: ["harassment"]))
      + problems(configuration(model: file.path, categories: ["threats"])) + problems(configuration(model: "gone", categories: ["rude"]))
    for diagnostic in found {
      for text in [diagnostic.message, diagnostic.hint ?? "x"] { #expect(text.first?.isUppercase == false && text.last != ".") }
    }
    let codes = Set(ClassifierStage.codes.map(\.code))
    for code in ["unreadable-model", "unknown-label", "no-scored-category"] { #expect(codes.contains(code)) }
  }

  private struct Missing: Error {}
}
