import AuditLog

/// For each kind of layer the message that shows best how it decides: of the highest rank the surest, then the first.
public struct ExampleChoice: Sendable {
  public struct Example: Sendable {
    public var record: AuditRecord
    public var stages: [StageTrace]
    fileprivate var rank: Double
  }
  private var byType: [String: Example] = [:]

  public subscript(type: String) -> Example? { byType[type] }

  mutating func consider(_ record: AuditRecord, _ stages: [StageTrace], decidedBy type: String) {
    let rank = Self.rank(record, stages, type)
    if let best = byType[type], best.rank >= rank { return }
    byType[type] = Example(record: record, stages: stages, rank: rank)
  }

  private static func rank(_ record: AuditRecord, _ stages: [StageTrace], _ type: String) -> Double {
    let verdict: Double = ["block": 2, "review": 1][record.verdict] ?? 0
    guard type == "safeguard" else { return verdict }
    // A reasoner that named the broken rule explains most; one that abstained least.
    let findings = stages.last { $0.stage == record.stage }?.findings ?? []
    let named = findings.filter { $0.outcome == "violates" && !($0.rules ?? []).isEmpty }
    if !named.isEmpty { return 5 + verdict + (named.compactMap(\.score).max() ?? 0) * 0.99 }
    if findings.contains(where: { $0.outcome == "violates" }) { return 3 + verdict }
    return findings.contains { $0.outcome == "safe" } ? 2 : 1
  }
}
