import Moderation
import Testing
import Tuning

@Suite struct GoalsAreSentences {
  @Test func theThreeExamples() throws {
    let escalation = try goal("minimum escalation_rate @ recall >= 0.95")
    #expect(escalation == Goal(direction: .minimum, objective: .escalationRate, bounds: [Bound(.recall, .atLeast, 0.95)]))
    #expect(escalation.movesAllow && !escalation.movesBlock && escalation.guaranteed.count == 1)
    let recall = try goal("maximum recall @ precision >= 0.9")
    #expect(recall.movesAllow && recall.movesBlock)
    let coverage = try goal("maximum coverage @ selective_risk <= 0.01")
    #expect(coverage.movesAllow && coverage.movesBlock && coverage.guaranteed == [Bound(.selectiveRisk, .atMost, 0.01)])
  }

  @Test func qualifiersUnitsAndSynonyms() throws {
    let own = try goal("harassment.targeted: min fpr @ recall ≥ 95%, llm_calls <= 5 % and p95_latency<=300ms")
    #expect(own.scope == .category("harassment.targeted") && own.objective == .falsePositiveRate)
    #expect(own.bounds == [Bound(.recall, .atLeast, 0.95), Bound(.llmCalls, .atMost, 0.05), Bound(.p95Latency, .atMost, 0.3)])
    #expect(own.guaranteed == [Bound(.recall, .atLeast, 0.95)] && own.measuredBounds.count == 2)
    #expect(try goal("any: maximum f1").scope == .anyCategory)
  }

  @Test(arguments: [
    "minimum escalation_rate @ recall >= 0.95", "any: maximum recall @ precision >= 0.9, p95_latency <= 300ms",
    "threats: maximum coverage @ selective_risk <= 0.01", "maximum f1 @ llm_calls <= 0.2, cost <= 12.5",
  ])
  func textReadsBackAsItself(_ text: String) throws { #expect(try goal(text).text == text) }

  @Test func budgetsAreBounds() throws {
    var diagnostics = Diagnostics()
    let budget = GoalParser(source: "--budget").budget("llm_calls<=5%, p95_latency <= 2s", &diagnostics)
    #expect(budget == [Bound(.llmCalls, .atMost, 0.05), Bound(.p95Latency, .atMost, 2)] && diagnostics.isEmpty)
  }

  /// Text, then `column+length code: message (hint)`.
  @Test func mistakesAreShownWhereTheyStand() throws {
    let sentences = [
      "", "minimun escalation_rate @ recall >= 0.95", "minimum escalation_rat @ recall >= 0.95", "minimum recall @ precision >= 0.9",
      "minimum escalation_rate recall >= 0.95", "minimum escalation_rate @ recall 0.95", "minimum escalation_rate @ recall >= 95",
      "minimum escalation_rate @ recall >= lots", "minimum escalation_rate @ recall <= 0.95", "harrassment: maximum f1", "minimum escalation_rate",
      "minimum p95_latency @ recall >= 0.9", "maximum recall @ precision >= 0.9 precision", "maximum recall @ precision >= 0.9, precision >= 0.8",
      "maximum", "maximum recall @", "minimum escalation_rate @ recall >=", "maximum f1 @ p95_latency <= 300",
      "Ünsinn: maximum f1 @ recal >= 0.9",
    ]
    var lines: [String] = []
    for sentence in sentences {
      var diagnostics = Diagnostics()
      _ = GoalParser(categories: ["harassment", "threats"]).goal(sentence, &diagnostics)
      lines.append(sentence)
      for diagnostic in diagnostics.all {
        let span = try #require(diagnostic.span)
        lines.append("  \(span.column)+\(span.length) \(diagnostic.code): \(diagnostic.message)" + (diagnostic.hint.map { " (\($0))" } ?? ""))
      }
      if diagnostics.isEmpty { lines.append("  fine") }
    }
    try expectGolden(lines.joined(separator: "\n") + "\n", "goals.txt")
  }

  @Test func messagesFollowTheGrammarOfDiagnostics() {
    for text in ["", "minimun f1", "minimum recall @", "maximum f1 @ recall <= 2", "x: maximum f2"] {
      var diagnostics = Diagnostics()
      _ = GoalParser(categories: ["toxic"]).goal(text, &diagnostics)
      #expect(diagnostics.hasErrors, "\(text)")
      for diagnostic in diagnostics.all {
        for sentence in [diagnostic.message, diagnostic.hint ?? "fine"] {
          #expect(sentence.first?.isUppercase == false && !sentence.hasSuffix("."), "\(sentence)")
        }
      }
    }
  }
}
