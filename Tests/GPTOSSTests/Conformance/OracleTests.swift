import GPTOSS
import Testing

@Suite struct OracleTests {
  private func model() throws -> ReferenceModel { ReferenceModel(try Checkpoint(at: ReferenceKit.golden("tiny-a"))) }

  @Test func anOracleAgreesWithItself() throws {
    let model = try model()
    let prompts = Goldens.randomPrompts(vocabSize: 512, lengths: [1, 5, 40], seed: 1)
    #expect(prompts.map(\.ids.count) == [1, 5, 40] && prompts.map(\.ids) == Goldens.randomPrompts(vocabSize: 512, lengths: [1, 5, 40], seed: 1).map(\.ids))
    let goldens = try Goldens(madeBy: model, prompts: prompts, rows: 4, greedyCount: 3)
    #expect(goldens.prompts.map(\.positions) == [[0], [0, 1, 2, 4], [9, 19, 29, 39]])
    let report = try Conformance(tolerance: 0).run(model, name: "itself", goldens: goldens)
    #expect(report.isExact && report.prompts.allSatisfy { $0.greedyAgreements == 3 && $0.logits.maxKL < 1e-12 })
  }

  @Test func aQueryIsAnsweredWithLogitsOrTheLikeliest() throws {
    let model = try model()
    let whole = try LogitQuery(line: Array(#"{"id":"x","ids":[396,457,41,352,354],"positions":[4,0]}"#.utf8), vocabSize: 512).answer(by: model)
    let rows = try JSONValue.parse(Array(whole.text.utf8))
    #expect(rows["id"]?.string == "x" && rows["positions"]?.elements?.map(\.int) == [0, 4] && rows["logits"]?[1]?.count == 512)
    let top = try LogitQuery(line: Array(#"{"ids":[396,457,41,352,354],"top":3}"#.utf8), vocabSize: 512).answer(by: model)
    let best = try JSONValue.parse(Array(top.text.utf8))["top"]?[0]
    #expect(best?.count == 3 && best?[0]?["token"]?.int == 138 && (best?[0]?["logprob"]?.double ?? 1) < 0)
    #expect(rows["logits"]?[1]?[138]?.double == best?[0]?["logit"]?.double)
  }

  @Test(arguments: [
    "", "{}", #"{"ids":[]}"#, #"{"ids":[512]}"#, #"{"ids":[1.5]}"#, #"{"ids":7}"#, #"{"ids":[1],"positions":[1]}"#, #"{"ids":[1],"positions":0}"#,
    #"{"ids":[1],"top":0}"#, #"{"ids":[1],"top":"a"}"#,
  ])
  func aLineThatIsNoQueryIsRefused(_ line: String) {
    #expect(throws: LogitQuery.Malformed.self) { try LogitQuery(line: Array(line.utf8), vocabSize: 512) }
  }
}
