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
  @Option(help: "Buckets of the feature hash, as a power of two.") var bits: Int?
  @Option(help: "What the model is for; goes into its card.") var description = ""
  @Option(help: "A data source; goes into the card. Repeatable, each with its --license.") var source: [String] = []
  @Option(help: "Licence of the source at the same place.") var license: [String] = []
  @Option(help: "A sentence for the card: what must be known. Repeatable.") var note: [String] = []
  @Flag(help: "Print the held-out metrics of every label.") var eval = false

  func validate() throws {
    if source.count != license.count { throw ValidationError("every --source needs a --license, in the same order") }
  }

  func run() async throws {
    try await reportingFailures {
      let reader = TrainingRowReader(Self.sources(labels), textField: textField)
      var set = reader.makeSet()
      try LineInput.forEach(files) { line, place in
        do throws(LinearModelError) { try reader.read(line, into: &set) } catch { throw CommandFailure("\(place): \(error)") }
      }
      Terminal.error("\(set.count.grouped) rows\n")
      let result = try LinearTrainer(trainerConfiguration).train(set) { done, all in
        if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[Kmodel \(done) of \(all)") }
      }
      if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K") }
      for warning in result.warnings { Terminal.error("warning: \(warning)\n") }
      try replaceFile(path: output, with: result.file)
      if eval { Terminal.output(ModelReport.metrics(result.model.card)) }
      Terminal.output("\(output): \(result.file.count.grouped) bytes, labels \(result.model.labels.joined(separator: ", "))\n")
    }
  }

  private var trainerConfiguration: LinearTrainer.Configuration {
    var configuration = LinearTrainer.Configuration()
    configuration.epochs = epochs
    configuration.seed = seed
    configuration.calibration = calibration
    configuration.folds = folds
    if float { configuration.precision = .float32 }
    if let bits { configuration.features.bucketBits = bits }
    configuration.description = description
    configuration.sources = zip(source, license).map { ModelCard.Source(name: $0, license: $1) }
    configuration.notes = note
    configuration.tool = "winnow \(WinnowVersion.current)"
    return configuration
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
