import Moderation

/// Three disjoint parts of a sample: to calibrate on, to choose thresholds on, to report on.
///
/// Messages of one conversation and messages of equal text always fall into the same part (also through each other: a text
/// that two conversations share joins them), so that nothing seen while choosing is reported on; see ``MessageGroups`` for the one
/// exception. Within that, every part gets its share of each label combination. The same seed gives the same parts.
public struct GroupedSplit: Sendable {
  public enum Part: Int, Sendable, CaseIterable { case calibration, choosing, reporting }

  public struct Shares: Sendable, Hashable {
    public var calibration: Double
    public var choosing: Double
    public var reporting: Double
    public init(calibration: Double = 0.3, choosing: Double = 0.4, reporting: Double = 0.3) {
      (self.calibration, self.choosing, self.reporting) = (calibration, choosing, reporting)
    }
    subscript(part: Part) -> Double {
      switch part {
      case .calibration: calibration
      case .choosing: choosing
      case .reporting: reporting
      }
    }
    var total: Double { calibration + choosing + reporting }
  }

  /// The part of each message.
  public private(set) var parts: [Part]
  /// The group of each message: equal for messages that may not be separated.
  public private(set) var groups: [Int32]
  public private(set) var groupCount: Int
  /// Texts so common (`gg`) that keeping them together would have made one group of most conversations: only their conversations are kept whole.
  public private(set) var textsLeftApart: Int

  public func messages(of part: Part) -> [Int32] { parts.indices.compactMap { parts[$0] == part ? Int32($0) : nil } }

  public init(_ sample: EvaluationSample, shares: Shares = .init(), seed: UInt64 = 1) {
    let groups = MessageGroups(sample)
    self.groups = groups.numbers
    textsLeftApart = groups.textsLeftApart
    groupCount = Int((self.groups.max() ?? -1) + 1)
    parts = Array(repeating: .calibration, count: sample.count)
    let parts = Self.assign(Self.strata(of: sample, self.groups, groupCount), Self.sizes(self.groups, groupCount), shares, seed)
    for (message, group) in self.groups.enumerated() { self.parts[message] = parts[Int(group)] }
  }

  /// The stratum of a group: for each category whether it holds a positive, a negative, or no label at all.
  private static func strata(of sample: EvaluationSample, _ groups: [Int32], _ count: Int) -> [UInt64] {
    var strata = [UInt64](repeating: 0, count: count)
    for (category, labels) in sample.labels.enumerated() {
      var best = [UInt8](repeating: 0, count: count)
      for (message, label) in labels.enumerated() {
        let rank: UInt8 = label == .positive ? 2 : label == .negative ? 1 : 0
        best[Int(groups[message])] = max(best[Int(groups[message])], rank)
      }
      for group in strata.indices { strata[group] = SeededGenerator.mix(strata[group] &* 3 &+ UInt64(best[group]) &+ UInt64(category)) }
    }
    return strata
  }

  private static func sizes(_ groups: [Int32], _ count: Int) -> [Int] {
    var sizes = [Int](repeating: 0, count: count)
    for group in groups { sizes[Int(group)] += 1 }
    return sizes
  }

  /// Deals the shuffled groups of each stratum, large ones first, always to the part that is furthest below its share of the stratum.
  private static func assign(_ strata: [UInt64], _ sizes: [Int], _ shares: Shares, _ seed: UInt64) -> [Part] {
    var generator = SeededGenerator(seed: seed)
    var order = Array(strata.indices)
    generator.shuffle(&order)
    var ranks = [Int](repeating: 0, count: order.count)
    for (rank, group) in order.enumerated() { ranks[group] = rank }
    order.sort { (-sizes[$0], ranks[$0]) < (-sizes[$1], ranks[$1]) }
    var parts = [Part](repeating: .calibration, count: strata.count)
    var filled: [UInt64: [Double]] = [:]
    for group in order {
      var counts = filled[strata[group]] ?? startingOffsets(&generator, shares)
      let part = Part.allCases.filter { shares[$0] > 0 }.min { counts[$0.rawValue] / shares[$0] < counts[$1.rawValue] / shares[$1] } ?? .calibration
      counts[part.rawValue] += Double(sizes[group])
      filled[strata[group]] = counts
      parts[group] = part
    }
    return parts
  }

  /// A random part of one message's weight, so that rare strata do not all fall into the same part.
  private static func startingOffsets(_ generator: inout SeededGenerator, _ shares: Shares) -> [Double] {
    Part.allCases.map { shares[$0] * generator.unit() }
  }
}
