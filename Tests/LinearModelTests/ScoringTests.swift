import LinearModel
import Moderation
import Testing

struct ScoringTests {
  private static let model = try? Sample.train(Sample.set(400)).model
  private let model: LinearModel
  init() throws { model = try #require(Self.model) }

  /// Ordinary lines, repeats, disguises, other scripts, and tokens around every length that is handled apart.
  private static var texts: [String] {
    var texts = Sample.texts(150, seed: 3).map(\.text)
    texts += [
      "", " ", "\0", "a\0b idiot", "idiot " + String(repeating: "gg ", count: 300), "İSTANBUL 漢字漢字 🤡🤡🤡 e\u{301}", "\u{FEFF}\u{200B}", "@", "@a", "@a@b", "www.",
      "http://",
    ]
    for length in [7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 1023, 1024, 1025, 3000] {
      texts.append(String(repeating: "ab", count: length).prefix(length) + " trash")
    }
    for length in [1023, 1024, 1025] { texts.append(String(repeating: "é", count: length) + "😀") }
    return texts
  }

  @Test func doNotDependOnBatchOrderOrMemo() throws {
    let texts = Self.texts
    let warm = model.screen.makeWorker()
    let together = warm.probabilities(texts)
    #expect(together.count == 2 * texts.count)
    #expect(warm.probabilities(texts) == together)
    #expect(model.screen.makeWorkerWithoutMemo().probabilities(texts) == together)
    let single = model.screen.makeWorker()
    #expect(texts.flatMap { single.probabilities([$0]) } == together)
    let backwards = model.screen.makeWorker().probabilities(texts.reversed())
    for index in texts.indices { #expect(backwards[2 * (texts.count - 1 - index)] == together[2 * index]) }
  }

  @Test func onlyAskedMessagesAreScored() {
    let worker = model.screen.makeWorker()
    let all = worker.probabilities(["we push", "idiot", "free nitro"])
    #expect(worker.probabilities(["we push", "idiot", "free nitro"], asked: [1]) == Array(all[2..<4]))
    #expect(worker.probabilities(["we push"], asked: []).isEmpty)
  }

  @Test func memoIsExactWhenEntriesAreContested() {
    var numbers = Numbers(2)
    // Far more different tokens than entries.
    let texts = (0..<4000).map { _ in (0..<12).map { _ in String(UInt64.random(in: 0...99_999, using: &numbers), radix: 36) }.joined(separator: " ") }
    #expect(model.screen.makeWorker().probabilities(texts) == model.screen.makeWorkerWithoutMemo().probabilities(texts))
  }

  @Test func textsWithoutFeaturesHaveTheBiasAlone() {
    let scorer = model.makeScorer()
    for text in ["", " \n\t", "\0\0", "\u{200B}\u{FEFF}"] { #expect(scorer.logits(text) == scorer.logits("")) }
  }

  @Test(arguments: [
    ("you IDIOT", "you idiot"), ("id\u{200B}iot", "idiot"), ("ｉｄｉｏｔ", "idiot"), ("ПРИВЕТ Ёж", "привет ёж"), ("CAFÉ", "café"), ("idioooooot", "idioot"),
    ("@anna hi", "@bob_2 hi"), ("see https://a.b/c?d", "see HTTP://other"), ("go www.x.com", "go www.y.org/z"), ("“hi”", "\"hi\""),
  ])
  func disguisesAreSeenThrough(_ disguised: String, _ plain: String) {
    #expect(model.makeScorer().logits(disguised) == model.makeScorer().logits(plain))
  }

  @Test func repeatingAWordAddsLessAndLess() {
    let features = { (count: Int) -> Int in
      let explanation = model.explain(Array(repeating: "idiot", count: count).joined(separator: " "))[0]
      return explanation.contributions.first { $0.kind == .word && $0.text == "idiot" }?.spans.count ?? 0
    }
    #expect([1, 2, 3, 4, 5, 12, 13, 34].map(features) == [1, 2, 2, 2, 3, 3, 4, 5])
  }

  @Test(arguments: [1, 2, 3, 10, 100, 255, 256, 1000, 100_000])
  func inALongTextAFeatureCountsWithTheLogarithmOfItsOccurrences(_ occurrences: Int) throws {
    let words = try Sample.train(Sample.set(400), Sample.configuration { $0.features.wordNgrams = 1; $0.features.characterNgrams = nil }).model
    // What one word adds beside another does not depend on the text's length.
    func share(_ text: String) throws -> Double {
      let contributions = words.explain(text)[0].contributions
      let (repeated, single) = (contributions.first { $0.text == "idiot" }, contributions.first { $0.text == "trash" })
      return Double(try #require(repeated).logOdds) / Double(try #require(single).logOdds)
    }
    let long = "trash " + Array(repeating: "idiot", count: occurrences).joined(separator: " ") + String(repeating: " zzz", count: 100)
    let expected = try share("trash idiot") * (1 + Double(occurrences).logarithm)
    #expect(abs(try share(long) / expected - 1) < 0.02)
  }

  @Test func longTextsAreScoredAlikeInAnyCompany() throws {
    let long = Self.texts.joined(separator: " ")
    let texts = [long, "idiot", String(long.dropFirst(700)), "free nitro", long]
    let together = model.screen.makeWorker().probabilities(texts)
    #expect(texts.flatMap { model.screen.makeWorker().probabilities([$0]) } == together)
    #expect(model.screen.makeWorkerWithoutMemo().probabilities(texts) == together)
    #expect(together[0] == together[8])
  }

  @Test func whereALongTextBeginsIsASetting() throws {
    let (text, longer) = ("idiot " + String(repeating: "x", count: 250), "idiot " + String(repeating: "x", count: 251))
    let never = try Sample.train(Sample.set(400), Sample.configuration { $0.features.longTextBytes = nil }).model
    #expect(model.makeScorer().logits(text) == never.makeScorer().logits(text))
    #expect(model.makeScorer().logits(longer) != never.makeScorer().logits(longer))
  }

  @Test func hugeTextsKeepTheirSums() throws {
    var numbers = Numbers(4)
    let words = (0..<300_000).map { _ in String(UInt64.random(in: 0..<UInt64.max, using: &numbers), radix: 36) }
    let text = words.joined(separator: " ")
    let model = try Sample.train(Sample.set(400), Sample.configuration { $0.features.longTextBytes = nil }).model
    // The two empty their 32-bit sums at different places.
    #expect(model.screen.makeWorkerWithoutMemo().probabilities([text]) == model.screen.makeWorker().probabilities([text]))
    // An explanation sums in 64 bits throughout.
    let part = words[..<3000].joined(separator: " ")
    for (explanation, logit) in zip(model.explain(part), model.makeScorer().logits(part)) {
      let sum = explanation.contributions.reduce(Double(explanation.bias)) { $0 + Double($1.logOdds) }
      #expect(abs(sum - Double(logit)) < 1e-3 * max(1, abs(sum)))
    }
    #expect(model.makeScorer().logits(String(repeating: "x", count: 5_000_000)).allSatisfy { $0.isFinite })
    #expect(model.makeScorer().logits(String(repeating: "é", count: 1_000_000)).allSatisfy { $0.isFinite })
  }

  @Test func anyBytesCanBeScored() {
    var numbers = Numbers(11)
    let scorer = model.makeScorer()
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...80, using: &numbers)).map { _ in
        Bool.random(using: &numbers)
          ? UInt8.random(in: 0...255, using: &numbers) : [0x20, 0xE2, 0xF0, 0xC3, 0x40, 0x80, 0x68].randomElement(using: &numbers) ?? 0
      }
      bytes.withUnsafeBufferPointer { text in #expect(scorer.logits(text).allSatisfy { $0.isFinite }) }
    }
  }
}

struct ExplanationTests {
  private static let model = try? Sample.train(Sample.set(400)).model
  private let model: LinearModel
  init() throws { model = try #require(Self.model) }

  @Test(arguments: [
    "you are such an IDIOT, free   nitro!! @bob https://x.example", "idiot idiot idiot", "", "Привет ｉｄｉｏｔ 🤡", "a\u{200B}b \u{00A0} ab ab",
    Sample.texts(40).map(\.text).joined(separator: " "), Array(repeating: "idiot trash, free nitro", count: 400).joined(separator: "\n"),
  ])
  func contributionsAddUpToTheScore(_ text: String) {
    let logits = model.makeScorer().logits(text)
    for (explanation, logit) in zip(model.explain(text), logits) {
      #expect(explanation.logOdds == logit)
      let sum = explanation.contributions.reduce(explanation.bias) { $0 + $1.logOdds }
      #expect(abs(sum - logit) < 1e-3)
    }
  }

  @Test func spansShowTheWordsInTheOriginal() throws {
    let text = "Hé you IDIOOOOT, ok"
    let word = try #require(model.explain(text)[0].contributions.first { $0.kind == .word && $0.text == "idioot" })
    #expect(word.logOdds.isFinite)
    #expect(word.spans.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) } == ["IDIOOOOT"])
    let pair = try #require(model.explain(text)[0].contributions.first { $0.kind == .wordPair && $0.text == "you idioot" })
    #expect(pair.spans.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) } == ["you IDIOOOOT"])
    #expect(model.explain(text)[0].contributions.contains { $0.kind == .characters && $0.text == "▁hé▁" })
  }

  @Test func theTellingWordComesFirst() throws {
    let strongest = try #require(model.explain("we push mid idiot")[0].contributions.first)
    #expect(strongest.text.contains("idi") || strongest.text.contains("iot"))
    #expect(strongest.logOdds > 0)
  }

  @Test func namesAndLinksAreShownAsSuch() {
    let texts = model.explain("@bob https://x.example/1")[0].contributions.map(\.text)
    #expect(texts.contains("@name") && texts.contains("link") && texts.contains("@name link"))
  }
}

extension Double {
  /// Natural, by the series of artanh: tests must not depend on what they check.
  fileprivate var logarithm: Double {
    var (value, twos) = (self, 0.0)
    while value > 1.5 { (value, twos) = (value / 2, twos + 1) }
    let s = (value - 1) / (value + 1)
    return twos * 0.6931471805599453 + 2 * stride(from: 1, to: 60, by: 2).reduce(0.0) { sum, n in sum + (0..<n).reduce(1.0) { power, _ in power * s } / Double(n) }
  }
}
