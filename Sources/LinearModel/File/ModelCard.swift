/// All that a model file says of itself. Stands as JSON in the file's `__metadata__`, under `winnow.card`.
public struct ModelCard: Sendable, Equatable {
  /// The newest card that this version reads.
  public static let formatVersion = 1

  public enum Precision: String, Sendable, CaseIterable { case int8, float32 }

  public struct Source: Sendable, Hashable {
    public var name: String
    public var license: String
    public init(name: String, license: String) { (self.name, self.license) = (name, license) }
  }

  /// How the model was trained: enough to train it again, given the rows.
  public struct Training: Sendable, Equatable {
    public var rows = 0
    /// ``TrainingSet/fingerprint``.
    public var dataSHA256 = ""
    public var seed: UInt64 = 0
    public var epochs = 0
    public var folds = 0
    /// For each label the cost that was chosen.
    public var costs: [Double] = []
    /// For each label the factor on its positive rows.
    public var classWeights: [Double] = []
    public init() {}
  }

  public var labels: [String]
  public var features: FeatureSettings
  public var precision: Precision
  /// One for each label.
  public var calibrations: [Calibration]
  public var training: Training
  /// One for each label, on held-out rows.
  public var metrics: [LabelMetrics]
  public var tool: String
  public var description: String
  public var sources: [Source]
  /// What a user must know: what was assumed, where the model is weak.
  public var notes: [String]
}

/// How one label came out on rows that the scoring model had not seen: mean over the folds that have both classes; NaN where there is none.
public struct LabelMetrics: Sendable, Equatable {
  public var label: String
  public var positives: Int
  public var negatives: Int
  public var auroc = Double.nan
  public var auprc = Double.nan
  public var bestF1 = Double.nan
  /// ``RankMetrics/clearedAtRecall99(_:_:)``.
  public var clearedAtRecall99 = Double.nan
  /// Expected calibration error before and after calibration; after: each fold calibrated on the others.
  public var calibrationErrorRaw = Double.nan
  public var calibrationError = Double.nan
  public var logLoss = Double.nan

  static let fields: [(name: String, path: any WritableKeyPath<LabelMetrics, Double> & Sendable)] = [
    ("auroc", \.auroc), ("auprc", \.auprc), ("best_f1", \.bestF1), ("cleared_at_recall_99", \.clearedAtRecall99),
    ("calibration_error_raw", \.calibrationErrorRaw), ("calibration_error", \.calibrationError), ("log_loss", \.logLoss),
  ]
}

extension ModelCard {
  static let metadataKey = "winnow.card"

  /// The card as JSON, the same bytes for the same card.
  public var json: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("format_version", Self.formatVersion)
      writer.member("tool", tool)
      writer.member("description", description)
      writer.member("labels", labels)
      write(features, to: &writer)
      writer.member("weights", precision.rawValue)
      writer.key("calibration")
      writer.array { writer in for calibration in calibrations { Self.write(calibration, to: &writer) } }
      write(training, to: &writer)
      writer.key("metrics")
      writer.array { writer in for metric in metrics { Self.write(metric, to: &writer) } }
      writer.key("sources")
      writer.array { writer in
        for source in sources {
          writer.object { writer in
            writer.member("name", source.name)
            writer.member("license", source.license)
          }
        }
      }
      writer.member("notes", notes)
    }
    return writer.text
  }

  private func write(_ features: FeatureSettings, to writer: inout JSONWriter) {
    writer.key("features")
    writer.object { writer in
      writer.member("hash", FeatureHash.name)
      writer.member("bucket_bits", features.bucketBits)
      writer.member("word_ngrams", features.wordNgrams)
      writer.member("character_ngrams", features.characterNgrams.map { [$0.lowerBound, $0.upperBound] } ?? [])
      if let bytes = features.longTextBytes { writer.member("long_text_bytes", bytes) }
    }
  }

  private static func write(_ calibration: Calibration, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("method", calibration.name)
      switch calibration {
      case .none: break
      case .platt(let slope, let intercept):
        writer.member("slope", slope)
        writer.member("intercept", intercept)
      case .isotonic(let scores, let probabilities):
        writer.member("scores", scores)
        writer.member("probabilities", probabilities)
      }
    }
  }

  private func write(_ training: Training, to writer: inout JSONWriter) {
    writer.key("training")
    writer.object { writer in
      writer.member("rows", training.rows)
      writer.member("data_sha256", training.dataSHA256)
      // As text: JSON numbers are doubles to many readers.
      writer.member("seed", "\(training.seed)")
      writer.member("epochs", training.epochs)
      writer.member("folds", training.folds)
      writer.member("costs", training.costs)
      writer.member("class_weights", training.classWeights)
    }
  }

  private static func write(_ metric: LabelMetrics, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("label", metric.label)
      writer.member("positives", metric.positives)
      writer.member("negatives", metric.negatives)
      for field in LabelMetrics.fields { writer.member(field.name, rounded(metric[keyPath: field.path])) }
    }
  }

  /// Four decimals are more than any of the sets can tell apart.
  private static func rounded(_ value: Double) -> Double { (value * 10000).rounded() / 10000 }
}
