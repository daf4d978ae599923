import ArgumentParser
import FoundationEssentials
import LinearModel
import Moderation

struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score a text with a classifier, and show which features made the score.",
    discussion: """
      A feature is a word, a pair of words, or letters inside a word (`▁` is a word's edge); its figure is what it adds to the label's log-odds.

        winnow score examples/models/chat.linear 'you are trash'
      """)

  @Argument(help: "The model file.") var model: String
  @Argument(help: "The text; nothing reads standard input.") var text: String?
  @Option(help: "How many features to show for each label.") var features = 5
  @Flag(help: "Print the model's card as JSON instead.") var card = false
  @Flag(help: "As JSON.") var json = false

  func validate() throws {
    if features < 0 { throw ValidationError("`--features` must not be negative") }
  }

  func run() async throws {
    try await reportingFailures {
      let linear = try LinearModel(path: model)
      if card { return Terminal.output(linear.card.json + "\n") }
      let text = text ?? Self.standardInput()
      let explanations = linear.explain(text)
      Terminal.output(json ? ExplanationText.json(explanations) + "\n" : ExplanationText.table(explanations, count: features))
    }
  }

  private static func standardInput() -> String {
    var lines: [String] = []
    while let line = readLine(strippingNewline: false) { lines.append(line) }
    let text = lines.joined()
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}

/// What made each label's score, for people and for machines.
private enum ExplanationText {
  static func table(_ explanations: [Explanation], count: Int) -> String {
    var table = TextTable(["label", "probability", "features that made it (log-odds)"], right: [1])
    for explanation in explanations {
      let features = explanation.contributions.prefix(count).map { feature in
        "“\(feature.text)” \(feature.logOdds >= 0 ? "+" : "")\(Double(feature.logOdds).formatted(decimals: 2))"
      }
      table.add([explanation.label, Double(explanation.probability).formatted(decimals: 4), features.joined(separator: "  ")])
    }
    return table.rendered()
  }

  static func json(_ explanations: [Explanation]) -> String {
    let items = explanations.map { explanation in
      let features = explanation.contributions.map { feature in
        let spans = feature.spans.map { "[\($0.start),\($0.end)]" }.joined(separator: ",")
        return #"{"feature":\#(JSONText.quoted(feature.text)),"log_odds":\#(feature.logOdds),"spans":[\#(spans)]}"#
      }
      return #"{"label":\#(JSONText.quoted(explanation.label)),"probability":\#(explanation.probability),"log_odds":\#(explanation.logOdds),"bias":\#(explanation.bias),"features":[\#(features.joined(separator: ","))]}"#
    }
    return "[\(items.joined(separator: ","))]"
  }
}
