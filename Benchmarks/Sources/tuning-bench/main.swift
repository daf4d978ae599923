// How long metrics and threshold search take: `tuning-bench [messages] [categories]`, by default 1,000,000 × 2.
//
// Scores are drawn, answers of the reasoner are all known; times are processor time of one thread.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import Moderation
import Tuning

func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func peakMegabytes() -> Double {
  var usage = rusage()
  #if canImport(Glibc)
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    let unitsPerMegabyte = 1024.0
  #else
    getrusage(RUSAGE_SELF, &usage)
    let unitsPerMegabyte = 1_048_576.0
  #endif
  return Double(usage.ru_maxrss) / unitsPerMegabyte
}

func drawnSample(messages: Int, categories: Int) throws -> EvaluationSample {
  var generator = SeededGenerator(seed: 1)
  let stages = [
    EvaluatedStage(id: "lexicon", kind: .screen, failure: .screen),
    EvaluatedStage(id: "linear", kind: .screen, failure: .screen, bands: Array(repeating: Band(allowBelow: 0.05, blockAbove: 0.95), count: categories)),
    EvaluatedStage(id: "safeguard", kind: .reasoner, failure: .reasoner),
  ]
  var sample = EvaluationSample(categories: CategoryTable((0..<categories).map { Category(name: "category\($0)") }), stages: stages)
  for message in 0..<messages {
    let positives = (0..<categories).map { _ in generator.unit() < 0.1 }
    let scores = positives.map { Float(1 / (1 + exp(-(($0 ? 1.5 : -1.5) + generator.normal())))) }
    let findings = positives.map { (generator.unit() < 0.97) == $0 ? ReasonerOutcome.violates : .safe }
    try sample.append(
      EvaluationRow(
        id: "m\(message)", textHash: SeededGenerator.mix(UInt64(message)), labels: positives.map { Label($0) },
        stages: [StageRecord(status: .ok), StageRecord(status: .ok, probabilities: scores), StageRecord(status: .ok)], findings: findings))
  }
  return sample
}

func measure(_ name: String, _ work: () throws -> String) rethrows {
  let start = processorSeconds()
  let result = try work()
  let taken = processorSeconds() - start
  print("\(name): \(NumberText.fixed(taken, 2)) s, \(result)")
}

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let messages = arguments.first ?? 1_000_000
let categories = arguments.dropFirst().first ?? 2
let sample = try drawnSample(messages: messages, categories: categories)
print("\(messages) messages × \(categories) categories; the sample holds \(NumberText.fixed(peakMegabytes(), 0)) MB")

for text in [
  "minimum escalation_rate @ recall >= 0.9", "maximum f1 @ llm_calls <= 20%", "minimum escalation_rate @ recall >= 0.88, precision >= 0.75",
  "any: minimum escalation_rate @ recall >= 0.88, precision >= 0.7",
] {
  var diagnostics = Diagnostics()
  guard let goal = GoalParser().goal(text, &diagnostics) else { throw DiagnosticsError(diagnostics) }
  try measure(text) {
    let result = try Tuner(sample, goals: [goal]).run()
    return "\(result.goals.count { $0.isMet }) of \(result.goals.count) met"
  }
}
try measure("evaluation report") { "F1 \(NumberText.estimate(try EvaluationReport(sample).overall.quality.f1))" }
print("peak \(NumberText.fixed(peakMegabytes(), 0)) MB")
