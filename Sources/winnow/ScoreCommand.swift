import ArgumentParser
import FoundationEssentials
import LinearModel
import Moderation

struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score a text with a classifier, and show which words made the score.",
    discussion: "A word's weight is the change of the label's log-odds when the word is taken out of the text.\n\n  winnow score examples/models/chat.linear 'you are trash'")

  @Argument(help: "The model file.") var model: String
  @Argument(help: "The text; nothing reads standard input.") var text: String?
  @Option(help: "How many words to show for each label.") var words = 5
  @Flag(help: "Print the model's card as JSON instead.") var card = false
  @Flag(help: "As JSON.") var json = false

  func run() async throws {
    try await reportingFailures {
      let linear = try LinearModel(path: model)
      if card { return Terminal.output(linear.card.json + "\n") }
      let text = text ?? Self.standardInput()
      let explanation = Explanation(linear, text)
      Terminal.output(json ? explanation.json + "\n" : explanation.text(words))
    }
  }

  private static func standardInput() -> String {
    var lines: [String] = []
    while let line = readLine(strippingNewline: false) { lines.append(line) }
    let text = lines.joined()
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}

/// Probabilities of a text, and what each word does to them.
private struct Explanation {
  let labels: [String]
  let probabilities: [Float]
  /// For each label the words with their weights, heaviest first.
  let weights: [[(word: String, weight: Float)]]

  init(_ model: LinearModel, _ text: String) {
    labels = model.labels
    let scorer = model.makeScorer()
    probabilities = scorer.probabilities(text)
    let whole = scorer.logits(text)
    let words = text.split(whereSeparator: \.isWhitespace)
    let without = words.indices.map { skip -> [Float] in
      var rest = text
      rest.removeSubrange(words[skip].startIndex..<words[skip].endIndex)
      return scorer.logits(rest)
    }
    weights = labels.indices.map { label in
      words.indices.map { (String(words[$0]), whole[label] - without[$0][label]) }.sorted { abs($0.1) > abs($1.1) }
    }
  }

  func text(_ count: Int) -> String {
    var table = TextTable(["label", "probability", "words that matter most"], right: [1])
    for (index, label) in labels.enumerated() {
      let words = weights[index].prefix(count).map { "\($0.word) \($0.weight >= 0 ? "+" : "")\(Double($0.weight).formatted(decimals: 2))" }
      table.add([label, Double(probabilities[index]).formatted(decimals: 4), words.joined(separator: "  ")])
    }
    return table.rendered()
  }

  var json: String {
    let items = labels.enumerated().map { index, label in
      let words = weights[index].map { "{\"word\":\(JSONText.quoted($0.word)),\"weight\":\($0.weight)}" }.joined(separator: ",")
      return "\(JSONText.quoted(label)):{\"probability\":\(probabilities[index]),\"words\":[\(words)]}"
    }
    return "{\(items.joined(separator: ","))}"
  }
}
