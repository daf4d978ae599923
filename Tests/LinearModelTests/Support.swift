import LinearModel
import Moderation

/// Numbers that only depend on the seed.
struct Numbers: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let x = (state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9
    return x ^ (x >> 32)
  }
}

enum Sample {
  private static let neutral = ["the", "game", "today", "we", "push", "mid", "team", "nice", "go", "wait", "lane", "Привет", "café", "123", "ok", "was"]
  private static let rude = ["idiot", "trash", "loser", "moron", "noob"]
  private static let offers = ["free", "nitro", "click", "https://x.example/win", "gift", "@everyone"]

  /// Made-up chat: every third line rude, every fifth an offer.
  static func texts(_ count: Int, seed: UInt64 = 1) -> [(text: String, rude: Bool, spam: Bool)] {
    var numbers = Numbers(seed)
    return (0..<count).map { index in
      var words = (0..<Int.random(in: 2...8, using: &numbers)).map { _ in neutral.randomElement(using: &numbers) ?? "" }
      let (isRude, isSpam) = (index % 3 == 0, index % 5 == 0)
      if isRude { words.insert(rude.randomElement(using: &numbers) ?? "", at: Int.random(in: 0...words.count, using: &numbers)) }
      if isSpam { words += [offers.randomElement(using: &numbers) ?? "", offers.randomElement(using: &numbers) ?? ""] }
      return (words.joined(separator: " "), isRude, isSpam)
    }
  }

  static func set(_ count: Int = 300, seed: UInt64 = 1) -> TrainingSet {
    var set = TrainingSet(labels: ["rude", "spam"])
    for line in texts(count, seed: seed) { set.append(line.text, [line.rude ? .positive : .negative, line.spam ? .positive : .negative]) }
    return set
  }

  static func configuration(bits: Int = 12, _ change: (inout LinearTrainer.Configuration) -> Void = { _ in }) -> LinearTrainer.Configuration {
    var configuration = LinearTrainer.Configuration()
    configuration.features.bucketBits = bits
    configuration.costs = [4]
    change(&configuration)
    return configuration
  }

  static func train(_ set: TrainingSet = set(), _ configuration: LinearTrainer.Configuration = configuration()) throws -> LinearTrainer.Result {
    try LinearTrainer(configuration).train(set)
  }
}

extension LinearModel {
  /// The model as a screen with one category for each label.
  var screen: LinearScreen { LinearScreen(self, categories: CategoryTable(labels.map { Category(name: $0) })) }
}

extension ScreenWorker {
  /// Probabilities of all texts, in one batch; row-major.
  func probabilities(_ texts: [String], asked: [Int32]? = nil) -> [Float] {
    var batch = MessageBatch()
    for (index, text) in texts.enumerated() { batch.append(id: "\(index)", text: text) }
    var output = ScreenOutput()
    evaluate(batch, asked: asked ?? texts.indices.map(Int32.init), into: &output)
    return output.probabilities
  }
}
