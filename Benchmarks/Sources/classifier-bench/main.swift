import Foundation
import LinearModel
import Moderation

// Messages a second of the classifier, single thread: with its token memo, without it, and of its parts.
//
//   classifier-bench MODEL TEXTS [SECONDS=1]        TEXTS: one message a line
//
// Ratios in one run only; CPU time of this thread, best of three.

struct Lines {
  var batches: [MessageBatch] = []
  var count = 0
  var bytes = 0

  init(_ path: String) throws {
    let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var batch = MessageBatch()
    for line in data.split(separator: 0x0A, omittingEmptySubsequences: false).prefix(400_000) where !line.isEmpty {
      let start = batch.bytes.count
      batch.bytes.append(contentsOf: line)
      let text = ByteRange(start..<batch.bytes.count)
      batch.messages.append(MessageRecord(position: count, id: text, text: text, record: text))
      count += 1
      bytes += line.count
      if batch.count == 4096 {
        batches.append(batch)
        batch = MessageBatch(sequence: batches.count)
      }
    }
    if batch.count > 0 { batches.append(batch) }
  }
}

func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Messages a second, best of three rounds of at least `seconds` each.
func rate(_ lines: Lines, _ seconds: Double, _ body: (MessageBatch) -> Void) -> Double {
  for batch in lines.batches { body(batch) }
  var best = 0.0
  for _ in 0..<3 {
    let start = threadSeconds()
    var done = 0
    repeat {
      for batch in lines.batches {
        body(batch)
        done += batch.count
      }
    } while threadSeconds() - start < seconds
    best = max(best, Double(done) / (threadSeconds() - start))
  }
  return best
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  print("usage: classifier-bench MODEL TEXTS [SECONDS]")
  exit(64)
}
let model = try LinearModel(path: arguments[1])
let lines = try Lines(arguments[2])
let seconds = arguments.count > 3 ? Double(arguments[3]) ?? 1 : 1
print("\(lines.count) messages, \(lines.bytes / max(1, lines.count)) bytes each; \(model.labels.count) labels, \(model.card.features.bucketCount) buckets, \(model.card.precision)")

let screen = LinearScreen(model, categories: CategoryTable(model.labels.map { Category(name: $0) }))
func report(_ name: String, _ worker: any ScreenWorker, _ lines: Lines, _ seconds: Double) {
  var output = ScreenOutput()
  let asked = (0..<Int32(4096)).map { $0 }
  let value = rate(lines, seconds) { batch in
    output.removeAll()
    worker.evaluate(batch, asked: batch.count == asked.count ? asked : Array(asked.prefix(batch.count)), into: &output)
  }
  print("\(name): \(Int(value)) messages a second, \(Int(1e9 / value)) ns each")
}
report("with memo", screen.makeWorker(), lines, seconds)
if arguments.count < 5 { report("without memo", screen.makeWorker(usesMemo: false), lines, seconds) }
