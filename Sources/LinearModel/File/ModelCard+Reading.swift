extension ModelCard {
  /// Reads a card. Every value that scoring depends on is checked; what is only told to people may be missing.
  init(json text: String) throws(LinearModelError) {
    let card: JSONValue
    do throws(JSONError) { card = try JSONValue.parse(Array(text.utf8)) } catch {
      throw Self.invalid("the card is not JSON: \(error.message) at byte \(error.offset)")
    }
    guard let version = card["format_version"]?.int else { throw Self.invalid("the card has no `format_version`") }
    guard version == Self.formatVersion else {
      throw LinearModelError(.unsupportedModel, "the model has format version \(version); this Winnow reads version \(Self.formatVersion)")
    }
    labels = try Self.labels(card)
    features = try Self.features(card["features"])
    guard let precision = card["weights"]?.string.flatMap(Precision.init(rawValue:)) else {
      throw Self.invalid("`weights` in the card must be int8 or float32")
    }
    self.precision = precision
    guard let calibrations = card["calibration"]?.array, calibrations.count == labels.count else {
      throw Self.invalid("the card must have one calibration for each label")
    }
    self.calibrations = []
    for value in calibrations { self.calibrations.append(try Self.calibration(value)) }
    training = Self.training(card["training"])
    metrics = (card["metrics"]?.array ?? []).map(Self.metric)
    tool = card["tool"]?.string ?? ""
    description = card["description"]?.string ?? ""
    sources = (card["sources"]?.array ?? []).map { Source(name: $0["name"]?.string ?? "", license: $0["license"]?.string ?? "") }
    notes = (card["notes"]?.array ?? []).compactMap(\.string)
  }

  private static func invalid(_ message: String) -> LinearModelError { Safetensors.invalid(message) }

  private static func labels(_ card: JSONValue) throws(LinearModelError) -> [String] {
    let values = card["labels"]?.array ?? []
    let labels = values.compactMap(\.string)
    guard (1...LinearModel.maximumLabels).contains(values.count), labels.count == values.count, Set(labels).count == labels.count, !labels.contains("") else {
      throw invalid("`labels` in the card must be 1 ... \(LinearModel.maximumLabels) different names")
    }
    return labels
  }

  private static func features(_ value: JSONValue?) throws(LinearModelError) -> FeatureSettings {
    guard let value, value["hash"]?.string == FeatureHash.name else {
      throw LinearModelError(.unsupportedModel, "the model's feature hash is unknown to this Winnow")
    }
    let ngrams = value["character_ngrams"]?.array?.map(\.int)
    guard let bucketBits = value["bucket_bits"]?.int, let wordNgrams = value["word_ngrams"]?.int, let ngrams, ngrams.count == 0 || ngrams.count == 2 else {
      throw invalid("`features` in the card lacks a value")
    }
    // Models of before this setting have no such member.
    var settings = FeatureSettings(bucketBits: bucketBits, wordNgrams: wordNgrams, characterNgrams: nil, longTextBytes: nil)
    if let bytes = value["long_text_bytes"] {
      guard let bytes = bytes.int else { throw invalid("`long_text_bytes` in the card is not a whole number") }
      settings.longTextBytes = bytes
    }
    if ngrams.count == 2 {
      guard let low = ngrams[0], let high = ngrams[1], low <= high else { throw invalid("`character_ngrams` in the card is not a range") }
      settings.characterNgrams = low...high
    }
    if let problem = settings.problem { throw invalid("`features` in the card: \(problem)") }
    return settings
  }

  private static func calibration(_ value: JSONValue) throws(LinearModelError) -> Calibration {
    switch value["method"]?.string {
    case "none": return .none
    case "platt":
      guard let slope = value["slope"]?.double, let intercept = value["intercept"]?.double, (0...1e6).contains(slope), abs(intercept) <= 1e6 else {
        throw invalid("a platt calibration needs a slope of at least 0 and an intercept, both of plausible size")
      }
      return .platt(slope: slope, intercept: intercept)
    case "isotonic":
      let scores = (value["scores"]?.array ?? []).map { $0.double.map(Float.init) ?? .nan }
      let probabilities = (value["probabilities"]?.array ?? []).map { $0.double.map(Float.init) ?? .nan }
      guard !scores.isEmpty, scores.count == probabilities.count, scores.allSatisfy(\.isFinite),
        probabilities.allSatisfy({ (0...1).contains($0) }), zip(scores, scores.dropFirst()).allSatisfy({ $0 < $1 }),
        zip(probabilities, probabilities.dropFirst()).allSatisfy({ $0 <= $1 })
      else { throw invalid("an isotonic calibration needs rising scores and rising probabilities within 0 ... 1") }
      return .isotonic(scores: scores, probabilities: probabilities)
    default: throw invalid("the method of a calibration must be none, platt or isotonic")
    }
  }

  private static func training(_ value: JSONValue?) -> Training {
    var training = Training()
    training.rows = value?["rows"]?.int ?? 0
    training.dataSHA256 = value?["data_sha256"]?.string ?? ""
    training.seed = value?["seed"]?.string.flatMap { UInt64($0) } ?? 0
    training.epochs = value?["epochs"]?.int ?? 0
    training.folds = value?["folds"]?.int ?? 0
    training.costs = (value?["costs"]?.array ?? []).map { $0.double ?? 0 }
    training.classWeights = (value?["class_weights"]?.array ?? []).map { $0.double ?? 1 }
    return training
  }

  private static func metric(_ value: JSONValue) -> LabelMetrics {
    var metric = LabelMetrics(label: value["label"]?.string ?? "", positives: value["positives"]?.int ?? 0, negatives: value["negatives"]?.int ?? 0)
    for field in LabelMetrics.fields { metric[keyPath: field.path] = value[field.name]?.double ?? .nan }
    return metric
  }
}
