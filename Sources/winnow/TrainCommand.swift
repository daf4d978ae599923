import ArgumentParser
import FoundationEssentials
import LinearModel
import RecordIO

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a linear classifier from labelled JSON Lines.",
    discussion: """
      A row is {"text": …, "labels": {"toxic": 1, "hate": null}} (null or absent: not annotated), or {"text": …, "label": "spam"}. Files may be .gz or .zst.
      Probabilities are calibrated on rows that the weights have not seen. The same rows and settings give the same file, byte for byte.

        winnow train labelled.jsonl.gz -o chat.linear --labels harassment=insult+threat,spam --source 'our reviews, 2026' --license internal
      """)

  @Argument(help: "Labelled files; `-` is standard input.") var files: [String]
  @Option(name: [.short, .customLong("output")], help: "The model file to write.") var output: String
  @Option(help: "Labels to train, with commas; NAME=A+B joins labels of the data.") var labels: String
  @Option(help: "Dotted path of the text.") var textField = "text"
  @Option(help: "Passes over the data.") var epochs = 8
  @Option(help: "Seed of every shuffle.") var seed: UInt64 = 1
  @Option(help: "automatic, platt, isotonic or none.") var calibration: CalibrationMethod = .automatic
  @Option(help: "Parts for the held-out scores that calibration and metrics come from.") var folds = 5
  @Flag(help: "Keep float32 weights instead of 8 bits.") var float = false
  @Option(help: "Buckets of the feature hash, as a power of two. Default: 18.") var bits: Int?
  @Option(help: "Longest word n-gram: 0, 1 or 2. Default: 2.") var wordNgrams: Int?
  @Option(help: "Shortest and longest character n-gram inside a word, as 3-5; `none` for no character n-grams. Default: 3-5.") var characterNgrams: String?
  @Option(
    name: .customLong("class-weight"),
    help: "LABEL=FACTOR: what a positive row of the label counts beside a negative one. Repeatable. Calibration undoes the shift of the scores.")
  var classWeights: [String] = []
  @Option(parsing: .singleValue, help: "What a row's loss weighs against the size of the weights (C of LIBLINEAR). Repeatable: the one with the least held-out log loss.")
  var cost: [Double] = []
  @Option(help: "What the model is for; goes into its card.") var description = ""
  @Option(help: "A data source; goes into the card. Repeatable, each with its --license.") var source: [String] = []
  @Option(help: "Licence of the source at the same place.") var license: [String] = []
  @Option(help: "A sentence for the card: what must be known. Repeatable.") var note: [String] = []
  @Flag(help: "Print the held-out metrics of every label.") var eval = false

  func validate() throws {
    if labels.split(separator: ",").contains(where: { $0.first ?? "=" == "=" }) { throw ValidationError("--labels takes NAME or NAME=A+B, with commas") }
    if source.count != license.count { throw ValidationError("every --source needs a --license, in the same order") }
    _ = try parsedClassWeights
    _ = try parsedCharacterNgrams
  }

  func run() async throws {
    try await reportingFailures {
      try refuseSharedFiles(outputs: [("--output", output)], inputs: files)
      let reader = TrainingRowReader(Self.sources(labels), textField: textField)
      var set = reader.makeSet()
      try LineInput.forEach(files) { line, place in
        do throws(LinearModelError) { try reader.read(line, into: &set) } catch { throw CommandFailure("\(place): \(error)") }
      }
      Terminal.error("\(set.count.grouped) rows\n")
      let result = try LinearTrainer(try trainerConfiguration).train(set) { done, all in
        if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[Kmodel \(done) of \(all)") }
      }
      if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K") }
      for warning in result.warnings { Terminal.error("warning: \(warning)\n") }
      try replaceFile(path: output, with: result.file)
      if eval { Terminal.output(ModelReport.metrics(result.model.card)) }
      Terminal.output("\(output): \(result.file.count.grouped) bytes, labels \(result.model.labels.joined(separator: ", "))\n")
    }
  }

  private var parsedClassWeights: [String: Double] {
    get throws {
      var weights: [String: Double] = [:]
      for option in classWeights {
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, let factor = Double(parts[1]) else { throw ValidationError("--class-weight takes LABEL=FACTOR, as in toxic=4, not `\(option)`") }
        guard weights.updateValue(factor, forKey: parts[0]) == nil else { throw ValidationError("--class-weight gives `\(parts[0])` twice") }
      }
      return weights
    }
  }

  /// Nil for none.
  private var parsedCharacterNgrams: ClosedRange<Int>? {
    get throws {
      guard let characterNgrams else { return FeatureSettings().characterNgrams }
      if characterNgrams == "none" { return nil }
      let parts = characterNgrams.split(separator: "-").map { Int($0) }
      guard parts.count == 2, let low = parts[0], let high = parts[1], low <= high else {
        throw ValidationError("--character-ngrams takes two numbers, as in 3-5, or none, not `\(characterNgrams)`")
      }
      return low...high
    }
  }

  private var trainerConfiguration: LinearTrainer.Configuration {
    get throws {
      var configuration = LinearTrainer.Configuration()
      configuration.epochs = epochs
      configuration.seed = seed
      configuration.calibration = calibration
      configuration.folds = folds
      if float { configuration.precision = .float32 }
      if !cost.isEmpty { configuration.costs = cost }
      if let bits { configuration.features.bucketBits = bits }
      if let wordNgrams { configuration.features.wordNgrams = wordNgrams }
      configuration.features.characterNgrams = try parsedCharacterNgrams
      configuration.classWeights = try parsedClassWeights
      configuration.description = description
      configuration.sources = zip(source, license).map { ModelCard.Source(name: $0, license: $1) }
      configuration.notes = note
      configuration.tool = "winnow \(WinnowVersion.current)"
      return configuration
    }
  }

  private static func sources(_ labels: String) -> [LabelSource] {
    labels.split(separator: ",").map { label in
      let parts = label.split(separator: "=", maxSplits: 1)
      return LabelSource(String(parts[0]), from: parts.count == 2 ? parts[1].split(separator: "+").map(String.init) : nil)
    }
  }
}

extension CalibrationMethod: ExpressibleByArgument {}

/// A model's card, for people.
enum ModelReport {
  static func metrics(_ card: ModelCard) -> String {
    var table = TextTable(["label", "positives", "negatives", "AUROC", "AUPRC", "best F1", "clear@R99", "ECE raw", "ECE"], right: [1, 2, 3, 4, 5, 6, 7, 8])
    for metric in card.metrics {
      let values = [metric.auroc, metric.auprc, metric.bestF1, metric.clearedAtRecall99, metric.calibrationErrorRaw, metric.calibrationError]
      table.add([metric.label, metric.positives.grouped, metric.negatives.grouped] + values.map { $0.isNaN ? "-" : $0.formatted(decimals: 4) })
    }
    return table.rendered()
  }
}
