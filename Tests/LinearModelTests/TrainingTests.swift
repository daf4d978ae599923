import LinearModel
import Testing

struct TrainingTests {
  @Test func sameRowsAndSettingsGiveTheSameFile() throws {
    let configuration = Sample.configuration { $0.costs = [1, 8] }
    #expect(try Sample.train(Sample.set(), configuration).file == Sample.train(Sample.set(), configuration).file)
  }

  @Test func seedAndRowsAndSettingsChangeTheFile() throws {
    let file = try Sample.train().file
    #expect(try Sample.train(Sample.set(), Sample.configuration { $0.seed = 2 }).file != file)
    #expect(try Sample.train(Sample.set(seed: 2)).file != file)
    #expect(try Sample.train(Sample.set(), Sample.configuration { $0.features.wordNgrams = 1 }).file != file)
  }

  @Test func learnsWhatSeparatesTheClasses() throws {
    let result = try Sample.train(Sample.set(600))
    for metric in result.model.card.metrics { #expect(metric.auroc > 0.97 && metric.auprc > 0.95) }
    let scorer = result.model.makeScorer()
    #expect(scorer.probabilities("you are an idiot")[0] > 0.7)
    #expect(scorer.probabilities("nice lane today")[0] < 0.2)
    #expect(scorer.probabilities("click free nitro")[1] > 0.7)
    #expect(result.warnings.isEmpty)
  }

  @Test func unknownTargetsTeachNothing() throws {
    var known = TrainingSet(labels: ["rude"])
    var misled = known
    for line in Sample.texts(300) {
      known.append(line.text, [line.rude ? .positive : .negative])
      known.append(line.text, [.unknown])
      misled.append(line.text, [line.rude ? .positive : .negative])
      misled.append(line.text, [line.rude ? .negative : .positive])
    }
    let result = try Sample.train(known)
    #expect(result.model.card.metrics[0].positives == 100)
    #expect(result.model.card.metrics[0].negatives == 200)
    #expect(result.model.card.metrics[0].auroc > 0.97)
    // The counterpart shows that the test can fail: contradicting rows instead of unknown ones ruin the model.
    #expect(try Sample.train(misled).model.card.metrics[0].auroc < 0.7)
  }

  @Test func labelsDoNotDisturbEachOther() throws {
    var alone = TrainingSet(labels: ["rude"])
    for line in Sample.texts(300) { alone.append(line.text, [line.rude ? .positive : .negative]) }
    let (one, both) = (try Sample.train(alone).model, try Sample.train().model)
    for line in Sample.texts(50, seed: 4) {
      #expect(abs(one.makeScorer().logits(line.text)[0] - both.makeScorer().logits(line.text)[0]) < 1e-3)
    }
  }

  @Test func equalTextsStandOnOneSideOfAFold() throws {
    var numbers = Numbers(8)
    var set = TrainingSet(labels: ["noise"])
    for _ in 0..<200 {
      let text = String((0..<12).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement(using: &numbers) ?? "a" })
      let target: Target = Bool.random(using: &numbers) ? .positive : .negative
      for _ in 0..<3 { set.append(text, [target]) }
    }
    // Random labels cannot be foretold, unless a copy of the row was learnt.
    #expect(try Sample.train(set).model.card.metrics[0].auroc < 0.65)
  }

  @Test func classWeightsShiftScores() throws {
    let plain = try Sample.train().model.makeScorer()
    let weighted = try Sample.train(Sample.set(), Sample.configuration { $0.classWeights = ["rude": 20] }).model.makeScorer()
    #expect(weighted.logits("we push mid")[0] > plain.logits("we push mid")[0])
    #expect(abs(weighted.logits("we push mid")[1] - plain.logits("we push mid")[1]) < 1e-4)
  }

  @Test func costsAreChosenForEachLabel() throws {
    let card = try Sample.train(Sample.set(), Sample.configuration { $0.costs = [0.001, 4] }).model.card
    #expect(card.training.costs == [4, 4])
  }

  @Test func eightBitsScoreLikeFloats() throws {
    let (small, float) = (try Sample.train(), try Sample.train(Sample.set(), Sample.configuration { $0.precision = .float32 }))
    #expect(small.file.count * 2 < float.file.count)
    for line in Sample.texts(200, seed: 6) {
      for (a, b) in zip(small.model.makeScorer().probabilities(line.text), float.model.makeScorer().probabilities(line.text)) { #expect(abs(a - b) < 0.03) }
    }
    for (a, b) in zip(small.model.card.metrics, float.model.card.metrics) { #expect(abs(a.auprc - b.auprc) < 0.005) }
  }

  @Test func manyLabelsAreLearntInOnePass() throws {
    let names = (0..<19).map { "label\($0)" }
    var set = TrainingSet(labels: names)
    for index in 0..<400 { set.append("word\(index % 19) and number \(index)", names.indices.map { $0 == index % 19 ? .positive : .negative }) }
    let scorer = try Sample.train(set).model.makeScorer()
    for label in names.indices {
      let probabilities = scorer.probabilities("word\(label) and number 7")
      #expect(probabilities.count == 19)
      #expect(probabilities.indices.max { probabilities[$0] < probabilities[$1] } == label)
    }
  }

  static let broken: [(String, TrainingSet, LinearTrainer.Configuration, String)] = [
    ("no rows", TrainingSet(labels: ["a"]), Sample.configuration(), "there are no rows"),
    ("one class", single(.negative), Sample.configuration(), "label `a` has no positive row among 5"),
    ("other class", single(.positive), Sample.configuration(), "label `a` has no negative row among 5"),
    ("nothing known", single(.unknown), Sample.configuration(), "no row says anything about label `a`"),
    ("no labels", TrainingSet(labels: []), Sample.configuration(), "1 ... 64 labels"),
    ("same labels", TrainingSet(labels: ["a", "a"]), Sample.configuration(), "1 ... 64 labels"),
    ("65 labels", TrainingSet(labels: (0..<65).map { "\($0)" }), Sample.configuration(), "1 ... 64 labels"),
    ("weight", Sample.set(), Sample.configuration { $0.classWeights = ["rud": 2] }, "did you mean `rude`?"),
    ("NaN weight", Sample.set(), Sample.configuration { $0.classWeights = ["rude": .nan] }, "class weight of `rude`"),
    ("NaN cost", Sample.set(), Sample.configuration { $0.costs = [.nan] }, "1 ... 20 costs"),
    ("no cost", Sample.set(), Sample.configuration { $0.costs = [] }, "1 ... 20 costs"),
    ("folds", Sample.set(), Sample.configuration { $0.folds = 1 }, "folds must be"),
    ("epochs", Sample.set(), Sample.configuration { $0.epochs = 0 }, "epochs must be"),
    ("bits", Sample.set(), Sample.configuration(bits: 40), "bucket bits must be 8...22"),
    ("no features", Sample.set(), Sample.configuration { ($0.features.wordNgrams, $0.features.characterNgrams) = (0, nil) }, "needs word or character"),
    ("long n-grams", Sample.set(), Sample.configuration { $0.features.characterNgrams = 3...99 }, "character n-grams must be"),
  ]

  private static func single(_ target: Target) -> TrainingSet {
    var set = TrainingSet(labels: ["a"])
    for index in 0..<5 { set.append("text \(index)", [target]) }
    return set
  }

  @Test(arguments: broken.indices)
  func saysWhatIsWrong(_ index: Int) {
    let (_, set, configuration, message) = Self.broken[index]
    let error = #expect(throws: LinearModelError.self) { try LinearTrainer(configuration).train(set) }
    #expect(error?.message.contains(message) == true)
  }

  @Test func warnsOfLabelsThatRestOnLittle() throws {
    var set = Sample.set(120)
    set.append("more", [.unknown, .unknown])
    let warnings = try Sample.train(set).warnings
    #expect(warnings.contains { $0.contains("label `spam` has only 24 rows of one class") })
  }

  @Test func tinySetsAndEmptyTextsTrain() throws {
    var set = TrainingSet(labels: ["a"])
    for text in ["", " ", "\0", "x"] { set.append(text, [text == "x" ? .positive : .negative]) }
    let model = try Sample.train(set).model
    #expect(model.makeScorer().probabilities("").allSatisfy { (0...1).contains($0) })
  }

  @Test(arguments: [(0, 3...5), (1, 2...2), (2, 1...8)])
  func otherFeatureSettingsWork(_ words: Int, _ characters: ClosedRange<Int>) throws {
    let model = try Sample.train(Sample.set(), Sample.configuration { ($0.features.wordNgrams, $0.features.characterNgrams) = (words, characters) }).model
    #expect(model.card.metrics[0].auroc > 0.9)
    #expect(try LinearModel(bytes: Sample.train(Sample.set(), Sample.configuration { $0.features.characterNgrams = nil }).file).card.metrics[0].auroc > 0.9)
  }
}
