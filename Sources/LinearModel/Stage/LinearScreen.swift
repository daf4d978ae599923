import Moderation

/// A linear model as a screen: one column of probabilities for each category that it scores.
public struct LinearScreen: Screen {
  struct Column: Sendable {
    var label: Int
    var category: CategoryIndex
  }
  public let model: LinearModel
  let columns: [Column]

  init(model: LinearModel, columns: [Column]) { (self.model, self.columns) = (model, columns) }

  /// Scores the categories that are called like a label of the model.
  public init(_ model: LinearModel, categories: CategoryTable) {
    let columns = model.labels.enumerated().compactMap { label, name in categories.index(of: name).map { Column(label: label, category: $0) } }
    self.init(model: model, columns: columns.sorted { $0.category < $1.category })
  }

  public var scoredCategories: [CategoryIndex] { columns.map(\.category) }
  public var fingerprint: String { model.fingerprint }
  public func makeWorker() -> any ScreenWorker { LinearWorker(self) }
  /// For tests and benchmarks: a worker that computes every token anew.
  package func makeWorkerWithoutMemo() -> any ScreenWorker { LinearWorker(self, usesMemo: false) }
  /// A classifier has no rules.
  public func describe(source: Int32) -> SourceDescription { SourceDescription(rule: "\(source)") }
}

final class LinearWorker: ScreenWorker {
  private let columns: [LinearScreen.Column]
  private let calibrations: [Calibration]
  private var scorer: TextScorer

  init(_ screen: LinearScreen, usesMemo: Bool = true) {
    columns = screen.columns
    calibrations = screen.columns.map { screen.model.card.calibrations[$0.label] }
    scorer = TextScorer(screen.model.table, screen.model.card.features, usesMemo: usesMemo)
  }

  func evaluate(_ batch: MessageBatch, asked: [Int32], into output: inout ScreenOutput) {
    output.probabilities.reserveCapacity(output.probabilities.count + asked.count * columns.count)
    batch.bytes.withUnsafeBufferPointer { bytes in
      for index in asked {
        let text = batch.messages[Int(index)].text.range
        scorer.sum(UnsafeBufferPointer(rebasing: bytes[text]), readable: bytes.count - text.lowerBound)
        let inverseLength = scorer.inverseLength
        for (column, calibration) in zip(columns, calibrations) {
          output.probabilities.append(calibration.probability(scorer.logit(column.label, inverseLength: inverseLength)))
        }
      }
    }
  }
}
