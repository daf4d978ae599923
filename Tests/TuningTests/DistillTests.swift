import Foundation
import Moderation
import Testing
import Tuning

@Suite struct Distilling {
  private func candidates(_ count: Int) -> [DistillCandidate] {
    var generator = SeededGenerator(seed: 1)
    return (0..<count).map { number in
      // Nine tenths of all messages are near copies of one another.
      let text = number % 10 == 0 ? "message about topic \(number) and \(number * 7919)" : "buy cheap gold now number \(number)"
      let score = Float(generator.unit())
      return DistillCandidate(
        id: "m\(number)", textHash: TextHash.of(text), signature: TextSignature.of(text), certainty: DistillCandidate.distance([score], bands: [nil]))
    }
  }

  /// A threshold that is left out lies at the end of the range, not beyond it.
  @Test func oneThresholdAloneHasAMiddleToo() {
    for band in [Band(allowBelow: -1, blockAbove: 0.97), Band(allowBelow: 0.03, blockAbove: 2)] {
      #expect(DistillCandidate.distance([0.5], bands: [band]) < DistillCandidate.distance([band.allowBelow < 0 ? 0.001 : 0.999], bands: [band]))
    }
  }

  @Test func theBudgetIsSpentOnceAndInItsParts() {
    let plan = DistillPlan(candidates(5000), options: DistillOptions(budget: 400))
    #expect(plan.items.count == 400 && Set(plan.items.map(\.id)).count == 400)
    let counts = Dictionary(plan.items.map { ($0.reason, 1) }, uniquingKeysWith: +)
    #expect(counts[.random] == 80 && counts[.uncertain] == 200 && counts[.diverse] == 120)
    #expect(plan.population == 5000 && close(plan.randomInclusion, 80.0 / 5000))
  }

  @Test func theSameOptionsPlanTheSame() {
    let all = candidates(1000)
    #expect(DistillPlan(all, options: DistillOptions(budget: 100)) == DistillPlan(all, options: DistillOptions(budget: 100)))
  }

  @Test func uncertainMessagesAreUncertain() {
    let all = candidates(5000)
    let certainty = Dictionary(all.map { ($0.id, $0.certainty) }, uniquingKeysWith: { a, _ in a })
    let plan = DistillPlan(all, options: DistillOptions(budget: 400))
    func mean(_ reason: DistillPlan.Reason) -> Float {
      let values = plan.items.filter { $0.reason == reason }.compactMap { certainty[$0.id] }
      return values.reduce(0, +) / Float(values.count)
    }
    #expect(mean(.uncertain) < 0.1 && mean(.random) > 0.15)
  }

  @Test func rareKindsGetMoreThanTheirShare() {
    let plan = DistillPlan(candidates(5000), options: DistillOptions(budget: 400))
    func rareShare(_ reason: DistillPlan.Reason) -> Double {
      let items = plan.items.filter { $0.reason == reason }
      return Double(items.count { Int($0.id.dropFirst()).map { $0 % 10 == 0 } ?? false }) / Double(items.count)
    }
    #expect(rareShare(.diverse) > 0.3 && rareShare(.random) < 0.25)
  }

  @Test func equalTextsAreAskedOnce() {
    let all = (0..<50).map { DistillCandidate(id: "m\($0)", textHash: UInt64($0 % 10), signature: UInt64($0), certainty: 0.1) }
    let plan = DistillPlan(all, options: DistillOptions(budget: 100))
    #expect(plan.items.count == 10 && plan.population == 10)
  }

  @Test func similarTextsHaveSimilarSignatures() {
    let a = TextSignature.of("you are the worst player i have ever seen in this game"), b = TextSignature.of("You are the worst player I have ever seen in this match")
    let c = TextSignature.of("selling a bicycle, hardly used, pick it up in the city centre")
    #expect((a ^ b).nonzeroBitCount < (a ^ c).nonzeroBitCount)
    #expect(TextSignature.of("") != TextSignature.of("abc"))
  }

  @Test func aStateGoesOnWhereItStopped() throws {
    var state = DistillState(plan: DistillPlan(candidates(300), options: DistillOptions(budget: 50)))
    for item in state.remaining.prefix(20) { state.record(id: item.id, outcomes: [.violates], usage: ReasonerUsage(calls: 1, promptTokens: 10)) }
    let resumed = try JSONDecoder().decode(DistillState.self, from: JSONEncoder().encode(state))
    #expect(resumed.remaining == state.remaining && resumed.remaining.count == 30 && resumed.usage.calls == 20 && !resumed.isComplete)
    let labels = resumed.labels(0, randomPart: true)
    // The random part is asked first: ten messages, all answered.
    #expect(labels.count == 10 && labels.allSatisfy { $0.label == .positive })
    #expect(resumed.labels(0, randomPart: false).count == 10)
  }

  @Test func gainsAreTestedOnTheSameMessages() throws {
    var generator = SeededGenerator(seed: 6)
    let labels = (0..<800).map { _ in Label(generator.unit() < 0.2) }
    func scores(_ shift: Double) -> [Float] { labels.map { Float(min(1, max(0, 0.4 + ($0 == .positive ? shift : 0) + 0.15 * generator.normal()))) } }
    let weak = scores(0.1), strong = scores(0.3)
    let gain = try GainReport(before: weak, after: strong, labels: labels)
    #expect(gain.changes[0].isGain && gain.changes[1].isGain)
    let none = try GainReport(before: strong, after: strong, labels: labels)
    #expect(!none.changes[0].isGain && none.changes[0].difference?.value == 0)
    #expect(throws: TuningError.self) { try GainReport(before: weak, after: [], labels: labels) }
    let empty = try GainReport(before: [.nan], after: [0.5], labels: [.positive])
    #expect(empty.labelled == 0 && empty.changes[0].before == nil)
  }
}
