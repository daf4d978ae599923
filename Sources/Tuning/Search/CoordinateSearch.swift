import Moderation

/// Thresholds of one or several categories for one aim: exact over the grid for one category; for several, each in turn with
/// the others held, until nothing changes. A step never makes the aim worse, so the result is no worse than the start.
struct CoordinateSearch {
  var scene: MessageScene
  var aim: Aim
  /// Categories whose thresholds may move.
  var categories: [Int]
  /// The category that quality is measured on; nil for the message as a whole.
  var scope: Int?
  var movesAllow: Bool
  var movesBlock: Bool
  /// Thresholds as they stand in the file, for what may not move.
  var current: [Band?]
  /// Groups of scores that a sweep distinguishes.
  var levels = 1024
  /// The sweep of the only category, when one search is run for many aims.
  private var prepared: OutcomeSweep?
  static let passes = 4

  init(scene: MessageScene, aim: Aim, categories: [Int], scope: Int?, movesAllow: Bool, movesBlock: Bool, current: [Band?], levels: Int = 1024) {
    self.scene = scene
    self.aim = aim
    self.categories = categories
    self.scope = scope
    self.movesAllow = movesAllow
    self.movesBlock = movesBlock
    self.current = current
    self.levels = levels
  }

  /// Builds the sweep once: it does not depend on the aim, and with one category not on the bands that are found.
  mutating func prepare(_ part: ScoredPart, from start: [Band?]) {
    if categories.count == 1 { prepared = sweep(part, categories[0], start, levels: levels) }
  }

  struct Result {
    var bands: [Band?]
    var rank: Rank
  }

  func run(_ part: ScoredPart, from start: [Band?]) -> Result? {
    var result: Result?
    var bands = start
    for _ in 0..<(categories.count == 1 ? 1 : Self.passes) {
      let before = bands
      for category in categories {
        guard let (band, rank) = step(part, category, bands) else { continue }
        if let known = result, !(rank < known.rank) { continue }
        bands[category] = band
        result = Result(bands: bands, rank: rank)
      }
      if bands == before { break }
    }
    return result
  }

  private func step(_ part: ScoredPart, _ category: Int, _ bands: [Band?]) -> (Band, Rank)? {
    let sweep = prepared ?? sweep(part, category, bands, levels: levels)
    let (allow, block) = ranges(sweep, category)
    guard let best = PairSearch(aim: aim, context: scene.context).best(sweep, allow: allow, block: block) else { return nil }
    return (band(sweep, category, allow: best.allow, block: best.block), best.rank)
  }

  func sweep(_ part: ScoredPart, _ category: Int, _ bands: [Band?], levels: Int) -> OutcomeSweep {
    let fixed = current[category].map { [$0.allowBelow, $0.blockAbove] } ?? []
    return OutcomeSweep(
      scene, category: category, scope: scope, others: scope == nil ? scene.others(than: category, bands, part) : [], order: part.orders[category],
      rest: part.rests[category], levels: levels, edges: fixed)
  }

  /// The cuts that may be chosen. A threshold that may not move has one cut; one that the file does not have allows, or blocks, nothing.
  func ranges(_ sweep: OutcomeSweep, _ category: Int) -> (allow: ClosedRange<Int>, block: ClosedRange<Int>) {
    let (allCuts, band) = (sweep.allowCuts, current[category])
    let allow = movesAllow ? allCuts : single(band.map { sweep.allowCut($0.allowBelow) } ?? allCuts.lowerBound)
    let block = movesBlock ? sweep.blockCuts : single(band.map { sweep.blockCut($0.blockAbove) } ?? sweep.blockCuts.upperBound)
    return (allow, block)
  }

  private func single(_ cut: Int) -> ClosedRange<Int> { cut...cut }

  func band(_ sweep: OutcomeSweep, _ category: Int, allow: Int, block: Int) -> Band {
    sweep.band(
      allow: allow, block: block, keepAllow: movesAllow ? nil : current[category]?.allowBelow,
      keepBlock: movesBlock ? nil : current[category]?.blockAbove)
  }
}
