import Foundation
import Moderation
import PatternMatching
import Testing

@Suite struct BatchTests {
  static let prefilter = Result {
    try Prefilter(
      [
        "words.txt": "fuck\nass\nkill yourself\nключ\n😂",
        "r.rules.yaml": "- {id: a, pattern: 'free\\s+nitro', flags: i}\n- {id: b, pattern: '(a+)+$'}\n- {id: c, pattern: '^$'}",
      ],
      settings: "category: spam\nnormalise: {leet: true, spacing: true}")
  }

  static let texts: [String] = {
    var texts = LiteralScanTests.randomTexts(300, seed: 9)
    texts += ["", " ", "f u c k", "ass", "a$$", "\u{0}\u{0}", "free nitro", String(repeating: "a", count: 40) + "!", "КЛЮЧ", "😂", "kill\nyourself", "x"]
    texts.append(String(repeating: "hello fuck ", count: 10_000))
    return texts
  }()

  @Test(arguments: [1, 2, 7, 64, 4096]) func hitsDoNotDependOnBatchSize(_ size: Int) throws {
    let prefilter = try Self.prefilter.get()
    let whole = prefilter.output(Self.texts)
    let worker = prefilter.screen.makeWorker()
    var (hits, failures): ([Hit], [ScreenFailure]) = ([], [])
    for first in stride(from: 0, to: Self.texts.count, by: size) {
      var batch = MessageBatch()
      for text in Self.texts[first..<min(Self.texts.count, first + size)] { batch.append(id: "", text: text) }
      var output = ScreenOutput()
      worker.evaluate(batch, asked: (0..<batch.count).map { Int32($0) }, into: &output)
      hits += output.hits.map { Hit(message: $0.message + Int32(first), category: $0.category, effect: $0.effect, source: $0.source, span: $0.span) }
      failures += output.failures.map { ScreenFailure(message: $0.message + Int32(first), cause: $0.cause, detail: $0.detail) }
    }
    #expect(hits == whole.hits)
    #expect(failures == whole.failures)
    #expect(!hits.isEmpty && !failures.isEmpty)
  }

  /// What stands before and behind a text in the buffer does not matter, nor where in the buffer the text stands.
  @Test func neighboursInTheBufferDoNotMatter() throws {
    let prefilter = try Self.prefilter.get()
    let worker = prefilter.screen.makeWorker()
    for (index, text) in Self.texts.prefix(200).enumerated() {
      let expected = prefilter.output([text]).hits.map(\.span)
      for (before, after) in [
        ("", ""), ("fuck ", ""), ("", "fuck"), ("aaa", "aaa"), ("é", "\u{301}uck"), ("fu", "ck ass"), ("", String(repeating: "s", count: 100)),
      ] {
        let bytes = Array((before + text + after).utf8)
        let range = ByteRange(before.utf8.count..<before.utf8.count + text.utf8.count)
        let batch = MessageBatch(bytes: bytes, messages: [MessageRecord(position: 0, id: .empty, text: range, record: .empty)])
        var output = ScreenOutput()
        worker.evaluate(batch, asked: [0], into: &output)
        #expect(output.hits.map(\.span) == expected, "\(index): \(text.debugDescription) after \(before), before \(after.prefix(5))")
      }
    }
  }

  @Test func onlyAskedMessagesAreJudgedInTheirOrder() throws {
    let prefilter = try Self.prefilter.get()
    var batch = MessageBatch()
    for text in ["fuck", "fuck", "ok", "ass fuck"] { batch.append(id: "", text: text) }
    var output = ScreenOutput()
    prefilter.screen.makeWorker().evaluate(batch, asked: [1, 2, 3], into: &output)
    #expect(output.hits.map(\.message) == [1, 3, 3])
    #expect(output.probabilities.isEmpty && prefilter.screen.scoredCategories.isEmpty)
  }

  @Test func workersOnSeveralThreadsAgree() async throws {
    let prefilter = try Self.prefilter.get()
    let expected = prefilter.output(Self.texts)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 { group.addTask { prefilter.output(Self.texts).hits == expected.hits } }
      for await same in group { #expect(same) }
    }
  }

  @Test(arguments: [1, 15, 16, 17, 63, 64, 65, 66, 127, 128, 129, 100_000])
  func phraseIsFoundAtEveryDistanceFromTheEdges(_ length: Int) throws {
    let prefilter = try Self.prefilter.get()
    for (before, after) in [(length, 0), (0, length), (length, length)] {
      let text = String(repeating: ".", count: before) + "ass" + String(repeating: ".", count: after)
      #expect(prefilter.output([text]).hits.map(\.span) == [ByteRange(before..<before + 3)])
    }
  }

  @Test func randomBytesNeverCrash() throws {
    let worker = try Self.prefilter.get().screen.makeWorker()
    var generator = SeededGenerator(state: 5)
    var output = ScreenOutput()
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let batch = MessageBatch(bytes: bytes, messages: [MessageRecord(position: 0, id: .empty, text: ByteRange(0..<bytes.count), record: .empty)])
      output.removeAll()
      worker.evaluate(batch, asked: [0], into: &output)
      #expect(output.failures.isEmpty == (String(validating: bytes, as: UTF8.self) != nil))
    }
  }
}
