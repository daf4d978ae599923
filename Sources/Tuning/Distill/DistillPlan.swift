import Moderation

/// How the reasoner's budget is spent on unlabelled messages.
public struct DistillOptions: Sendable, Hashable, Codable {
  /// Messages to ask about in all.
  public var budget: Int
  /// Parts of the budget; they need not add up to 1. The random part is never trained on: it checks what was gained, unbiased.
  public var uncertain = 0.5
  public var diverse = 0.3
  public var random = 0.2
  /// Similar messages share a bucket of 2^bits; an uncertain message is taken only while its bucket has not had too many.
  public var bucketBits = 10
  public var perBucket = 8
  public var seed: UInt64 = 1
  public init(budget: Int) { self.budget = budget }
}

/// An unlabelled message that may be asked about.
public struct DistillCandidate: Sendable {
  public var id: String
  public var textHash: UInt64
  /// ``TextSignature``.
  public var signature: UInt64
  /// How far the present classifier is from a decision: 0 most uncertain. ``DistillCandidate/distance(_:bands:)`` makes one.
  public var certainty: Float
  public init(id: String, textHash: UInt64, signature: UInt64, certainty: Float) {
    (self.id, self.textHash, self.signature, self.certainty) = (id, textHash, signature, certainty)
  }

  /// The least distance of any category's probability from the middle of its band (0.5 without one); 0 where a score is missing.
  public static func distance(_ probabilities: [Float], bands: [Band?]) -> Float {
    zip(probabilities, bands).reduce(Float(1)) { least, entry in
      guard !entry.0.isNaN else { return 0 }
      let middle = entry.1.map { Float($0.middle) } ?? 0.5
      return min(least, abs(entry.0 - middle))
    }
  }
}

/// Which messages to ask the reasoner about, and why each. The same candidates and options give the same plan.
public struct DistillPlan: Sendable, Hashable, Codable {
  public enum Reason: String, Sendable, Codable { case uncertain, diverse, random }
  public struct Item: Sendable, Hashable, Codable {
    public var id: String
    public var reason: Reason
    /// Of the text: an answer belongs to it, and not to what stands under the id later.
    public var textHash: UInt64
  }
  public var options: DistillOptions
  /// Distinct texts that were to choose from.
  public var population: Int
  /// In the order to ask: the random part first, then by turns, so that a run cut short is balanced.
  public var items: [Item]
  /// Chance with which each distinct text came into the random part.
  public var randomInclusion: Double

  /// Equal texts count once. Fewer candidates than budget are all taken.
  public init(_ candidates: [DistillCandidate], options: DistillOptions) {
    var selector = Selector(candidates, options)
    let total = options.uncertain + options.diverse + options.random
    func part(_ share: Double) -> Int { total > 0 ? Int((Double(max(0, options.budget)) * share / total).rounded()) : 0 }
    let random = selector.takeRandom(part(options.random))
    let uncertain = selector.takeUncertain(part(options.uncertain))
    let diverse = selector.takeDiverse(max(0, options.budget - random.count - uncertain.count))
    self.options = options
    population = selector.population
    randomInclusion = population == 0 ? 0 : Double(random.count) / Double(population)
    func items(_ places: [Int], _ reason: Reason) -> [Item] { places.map { Item(id: candidates[$0].id, reason: reason, textHash: candidates[$0].textHash) } }
    self.items = items(random, .random) + Self.interleaved(items(uncertain, .uncertain), items(diverse, .diverse))
  }

  private static func interleaved(_ a: [Item], _ b: [Item]) -> [Item] {
    var merged: [Item] = []
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      let takeFirst = j >= b.count || (i < a.count && i * b.count <= j * a.count)
      if takeFirst {
        merged.append(a[i])
        i += 1
      } else {
        merged.append(b[j])
        j += 1
      }
    }
    return merged
  }
}

private struct Selector {
  private let candidates: [DistillCandidate]
  private let options: DistillOptions
  private var free: [Int]
  private var taken: Set<Int> = []
  private var generator: SeededGenerator
  let population: Int

  init(_ candidates: [DistillCandidate], _ options: DistillOptions) {
    self.candidates = candidates
    self.options = options
    generator = SeededGenerator(seed: options.seed)
    var seen: Set<UInt64> = []
    free = candidates.indices.filter { seen.insert(candidates[$0].textHash).inserted }
    population = free.count
    generator.shuffle(&free)
  }

  private func bucket(_ place: Int) -> UInt64 { candidates[place].signature >> UInt64(64 - min(32, max(1, options.bucketBits))) }

  private mutating func take(_ places: [Int]) -> [Int] {
    taken.formUnion(places)
    free.removeAll(where: taken.contains)
    return places
  }

  /// A simple random sample: the list is shuffled.
  mutating func takeRandom(_ count: Int) -> [Int] { take(Array(free.prefix(count))) }

  mutating func takeUncertain(_ count: Int) -> [Int] {
    var used: [UInt64: Int] = [:]
    var chosen: [Int] = []
    for place in free.sorted(by: { (candidates[$0].certainty, $0) < (candidates[$1].certainty, $1) }) where chosen.count < count {
      let bucket = bucket(place)
      guard used[bucket, default: 0] < options.perBucket else { continue }
      used[bucket, default: 0] += 1
      chosen.append(place)
    }
    return take(chosen)
  }

  /// One message of every bucket in turn: rare kinds of messages get as much as common ones.
  mutating func takeDiverse(_ count: Int) -> [Int] {
    var buckets: [UInt64: [Int]] = [:]
    for place in free { buckets[bucket(place), default: []].append(place) }
    var order = buckets.keys.sorted()
    generator.shuffle(&order)
    var chosen: [Int] = []
    var turn = 0
    while chosen.count < count, !order.isEmpty {
      order.removeAll { buckets[$0, default: []].count <= turn }
      for bucket in order where chosen.count < count { chosen.append(buckets[bucket, default: []][turn]) }
      turn += 1
    }
    return take(chosen)
  }
}

/// What has been asked and answered so far: written after every batch, read again by a run that goes on.
public struct DistillState: Sendable, Codable {
  public struct Answer: Sendable, Hashable, Codable {
    /// One per category: raw values of ``ReasonerOutcome``.
    public var outcomes: [UInt8]
  }
  public let plan: DistillPlan
  /// What the answers hang on: categories in their order, and their policies.
  public let asked: [String]
  public private(set) var answers: [String: Answer] = [:]
  public private(set) var usage = ReasonerUsage()

  public init(plan: DistillPlan, asked: [String] = []) { (self.plan, self.asked) = (plan, asked) }

  /// Items not answered yet, in the order of the plan.
  public var remaining: [DistillPlan.Item] { plan.items.filter { answers[$0.id] == nil } }
  public var isComplete: Bool { remaining.isEmpty }

  /// Enters an answer; a second one to the same message replaces the first.
  public mutating func record(id: String, outcomes: [ReasonerOutcome], usage: ReasonerUsage) {
    answers[id] = Answer(outcomes: outcomes.map(\.rawValue))
    self.usage = self.usage + usage
  }

  /// Labels for training, or for the unbiased check: `violates` and `safe` are labels, anything else is unknown.
  public func labels(_ category: Int, randomPart: Bool) -> [(id: String, label: Label)] {
    plan.items.compactMap { item in
      guard (item.reason == .random) == randomPart, let answer = answers[item.id], category < answer.outcomes.count else { return nil }
      switch ReasonerOutcome(rawValue: answer.outcomes[category]) {
      case .violates: return (item.id, .positive)
      case .safe: return (item.id, .negative)
      default: return (item.id, .unknown)
      }
    }
  }
}
