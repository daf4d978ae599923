import Foundation
import GPTOSS
import Testing

/// Constrained answers end to end on a random model, which has no wish to answer well: only the constraint can make its answers valid.
@Suite struct ConstraintTests {
  static let fields: [AnswerConstraint.Field] = [
    .literal("violation", ["0", "1"]), .label("policy_category", ["H0.a", "H2", "H2.f"]), .labels("rule_ids", ["R1", "R2"]), .fraction("confidence"),
    .text("rationale"),
  ]

  private func answers(_ constraint: AnswerConstraint, maxTokens: Int, seeds: Range<UInt64> = 0..<6, budget: Int = 3) async throws -> [(text: String, result: GenerationResult)] {
    let model = try EngineKit.model("tiny-c"), tokenizer = try TokenizerKit.tiny("tiny-c")
    var answers: [(String, GenerationResult)] = []
    for seed in seeds {
      let result = try await model.generate(
        GenerationRequest(
          tokens: EngineKit.tokens(10, below: 300, seed: seed), reasoning: seed % 2 == 0 ? .none : .budget(budget), constraint: constraint, maxTokens: maxTokens,
          temperature: seed < 2 ? 0 : 1.5, seed: seed))
      #expect(result.tokens.last == tokenizer.specialToken(named: "<|return|>"))
      answers.append((tokenizer.decode(result.finalTokens), result))
    }
    return answers
  }

  @Test(arguments: [["0", "1"], ["VALID", "INVALID"], ["safe", "unsafe", "s"], ["H2", "H2.f", "H20"], ["é", "e\u{301}", "日本"]])
  func anAnswerIsOneOfTheLabelsAndTheProbabilitiesAddUp(_ labels: [String]) async throws {
    for (text, result) in try await answers(.labels(labels), maxTokens: 20) {
      let decision = try #require(result.decisions.first)
      #expect(labels.contains { Array($0.utf8) == Array(text.utf8) } && Array(decision.label.utf8) == Array(text.utf8), "\(text)")
      #expect(abs(decision.probabilities.values.reduce(0, +) - 1) < 1e-6)
    }
  }

  @Test(arguments: [1, 3, 30]) func aJSONAnswerParsesWhateverTheModelAndTheLimit(_ maxTokens: Int) async throws {
    for (text, result) in try await answers(.json(Self.fields), maxTokens: maxTokens) {
      let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
      #expect(json["violation"] as? Int == 0 || json["violation"] as? Int == 1)
      #expect(["H0.a", "H2", "H2.f"].contains(json["policy_category"] as? String))
      let rules = try #require(json["rule_ids"] as? [String])
      #expect(rules.count <= 2 && rules.allSatisfy { ["R1", "R2"].contains($0) })
      let confidence = try #require(json["confidence"] as? Double)
      #expect(0...1 ~= confidence && json["rationale"] is String && json.count == 5)
      #expect(result.decodedTokens <= maxTokens + 3)
      if let violation = result.decisions.first(where: { $0.name == "violation" }) { #expect(violation.label == "\(json["violation"] ?? "")") }
    }
  }

  /// What the shortest end says, the model did not: it is in the text, and not among the decisions.
  @Test(arguments: [1, 2, 5]) func decisionsThatWereNotReachedAreNotReported(_ maxTokens: Int) async throws {
    let fields = (0..<8).map { AnswerConstraint.Field.literal("f\($0)", ["0", "1"]) } + [.label("only", ["x"])]
    for (text, result) in try await answers(.json(fields), maxTokens: maxTokens, budget: 0) {
      #expect(result.decisions.map(\.name) == (0..<maxTokens).map { "f\($0)" } + ["only"] && result.finishReason == .length, "\(text)")
      #expect(text.hasSuffix("\"only\":\"x\"}"))
    }
  }

  @Test(arguments: [2, 40]) func anObjectInsideAnObjectIsHeldToo(_ maxTokens: Int) async throws {
    let flags: [AnswerConstraint.Field] = [.literal("S", ["0", "1"]), .literal("H", ["0", "1"])]
    let fields: [AnswerConstraint.Field] = [.object("all", flags), .object("none", []), .literal("plain", ["0", "1"]), .object("last", Self.fields)]
    let names = ["all.S", "all.H", "plain", "last.violation", "last.policy_category"]
    #expect(AnswerConstraint.json(fields).choices.map(\.name) == names)
    for (text, result) in try await answers(.json(fields), maxTokens: maxTokens, budget: 0) {
      let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
      let all = try #require(json["all"] as? [String: Any]), last = try #require(json["last"] as? [String: Any])
      #expect(all.keys.sorted() == ["H", "S"] && (json["none"] as? [String: Any])?.isEmpty == true && last.count == 5 && json.count == 4)
      #expect(result.decisions.map(\.name) == Array(names.prefix(result.decisions.count)))
      for decision in result.decisions where decision.name == "all.S" { #expect(decision.label == "\(all["S"] as? Int ?? -1)") }
    }
  }

  /// Half a character is no JSON, and an answer that ends there would be read by nobody.
  @Test func anEscapeIsAWholeCharacter() throws {
    let constraint = AnswerConstraint.json([.text("why")])
    func shortest(_ text: String) throws -> String? { try constraint.shortest(from: #"{"why":""# + text) }
    for dead in [#"\ud83d""#, #"\ud83dx"#, #"\ud83d\n"#, #"\ud83d\u0041"#, #"\ud83d\ud83d"#, #"\ude00"#, #"\uDC00"#, #"\udfff"#, #"\ug"#] {
      #expect(try shortest(dead) == nil, "\(dead)")
    }
    for whole in [#"\ud83d\ude00"#, #"\uD83D\uDE00"#, #"\udbff\udfff"#, #"\ud7ff"#, #"\uD000"#, #"\ue000"#, #"\uFFFF"#, #"\u00e9"#, #"\n"#] {
      #expect(try shortest(whole) == #"{"why":""# + whole + #""}"#, "\(whole)")
    }
    for half in [#"\"#, #"\u"#, #"\ud"#, #"\uD8"#, #"\ud83"#, #"\ud83d"#, #"\ud83d\"#, #"\ud83d\u"#, #"\ud83d\ude0"#] {
      let text = try #require(try shortest(half), "\(half)")
      let json = try JSONValue.parse(Array(text.utf8))
      #expect(json["why"]?.string?.unicodeScalars.count == 1, "\(text)")
    }
  }

  /// Quadratic in the states this would take minutes.
  @Test(.timeLimit(.minutes(1))) func aConstraintOfManyRulesIsCompiledInGoodTime() async throws {
    let rules = (0..<60).map { "RULE-\($0)" }
    _ = try await answers(.json([.literal("violation", ["0", "1"]), .labels("rules", rules), .text("why")]), maxTokens: 4, seeds: 0..<1)
  }

  @Test func textWithoutAChoiceCostsNoStep() async throws {
    for (text, result) in try await answers(.json([.literal("violation", ["0", "1"]), .label("policy_category", ["X1"])]), maxTokens: 8, budget: 0) {
      #expect(text == "{\"violation\":0,\"policy_category\":\"X1\"}" || text == "{\"violation\":1,\"policy_category\":\"X1\"}")
      #expect(result.decodedTokens == 1)
    }
    for (text, result) in try await answers(.labels(["only"]), maxTokens: 8, seeds: 0..<1) { #expect(text == "only" && result.decodedTokens == 0) }
  }

  @Test func theScoreIsTheNormalisedProbabilityAtTheDecisionPoint() async throws {
    let prepared = try EngineKit.prepared("tiny-c"), tokenizer = try TokenizerKit.tiny("tiny-c")
    let model = try NativeModel(prepared, tokenizer: tokenizer, options: EngineKit.options())
    let prompt = EngineKit.tokens(12, below: 300, seed: 3), header = tokenizer.encode(trustedTemplate: "<|channel|>final<|message|>")
    let result = try await model.generate(GenerationRequest(tokens: prompt, reasoning: .none, constraint: .labels(["0", "1"]), maxTokens: 2))
    let logits = try FastModel(prepared, threads: 1).makeSequence().append(prompt + header, logitsAt: [prompt.count + header.count - 1])[0]
    let (zero, one) = (tokenizer.encode(ordinary: "0")[0], tokenizer.encode(ordinary: "1")[0])
    let expected = 1 / (1 + exp(Double(logits[Int(zero)] - logits[Int(one)])))
    #expect(abs((result.decisions[0].probabilities["1"] ?? 0) - expected) < 1e-6)
  }

  @Test func aSpentBudgetClosesTheAnalysisAndStillAsks() async throws {
    let model = try EngineKit.model("tiny-c"), tokenizer = try TokenizerKit.tiny("tiny-c")
    for budget in [0, 1, 4] {
      let result = try await model.generate(
        GenerationRequest(tokens: EngineKit.tokens(10, below: 300, seed: 2), reasoning: .budget(budget), constraint: .labels(["0", "1"]), maxTokens: 2))
      #expect(result.analysisTokens.count <= budget && ["0", "1"].contains(tokenizer.decode(result.finalTokens)))
      let text = tokenizer.decode(result.tokens)
      #expect(text.hasSuffix("<|channel|>final<|message|>\(tokenizer.decode(result.finalTokens))<|return|>"))
      if budget > 0 { #expect(text.hasPrefix("<|channel|>analysis<|message|>") && text.contains("<|end|><|start|>assistant<|channel|>final")) }
    }
  }

  @Test func constraintsThatAllowNothingOrAreTooLargeAreRefused() async throws {
    let model = try EngineKit.model("tiny-c")
    let long = (0..<40).map { "\($0)" + String(repeating: "x\($0)", count: 300) }
    for constraint in [AnswerConstraint.labels([]), .labels(long)] {
      await #expect(throws: EngineError.self) {
        try await model.generate(GenerationRequest(tokens: [1], reasoning: .none, constraint: constraint))
      }
    }
  }
}
