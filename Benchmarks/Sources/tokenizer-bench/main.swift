// How fast texts become tokens, on one thread; paired with Benchmarks/peers/tokenizers_bench.py (Hugging Face tokenizers).
//
//     tokenizer-bench TOKENIZER.json TEXT [REPEATS]
//
// One JSON line for each workload: `load`; `messages`, every line of TEXT in a call of its own; `text`, all of TEXT in one call. The best
// of REPEATS (default 3) counts. Equal checksums on both sides mean equal ids.
import Foundation
import GPTOSS

struct Workload {
  var name: String
  var texts: [[UInt8]]

  func measure(_ tokenizer: Tokenizer, repeats: Int) -> String {
    var best = Double.infinity
    var ids: [TokenID] = []
    for _ in 0..<repeats {
      var seconds = 0.0
      ids.removeAll(keepingCapacity: true)
      for text in texts {
        let start = ContinuousClock.now
        // A result of its own for every text, as the peer has it.
        var own: [TokenID] = []
        text.withUnsafeBufferPointer { tokenizer.encode(ordinary: $0, into: &own) }
        seconds += (ContinuousClock.now - start) / .seconds(1)
        ids.append(contentsOf: own)
      }
      best = min(best, seconds)
    }
    let size = texts.reduce(0) { $0 + $1.count }
    let checksum = ids.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return """
      {"tokenizer": "winnow", "workload": "\(name)", "texts": \(texts.count), "bytes": \(size), "tokens": \(ids.count), \
      "seconds": \(String(format: "%.4f", best)), "mb_per_s": \(String(format: "%.2f", Double(size) / best / 1e6)), \
      "checksum": "\(String(format: "%016lx", checksum))"}
      """
  }
}

guard CommandLine.arguments.count >= 3 else {
  print("usage: tokenizer-bench TOKENIZER.json TEXT [REPEATS]")
  exit(64)
}
let repeats = CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3]) ?? 3 : 3
let start = ContinuousClock.now
let json = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
let tokenizer = try Tokenizer(json: [UInt8](json))
print(#"{"workload": "load", "seconds": \#(String(format: "%.4f", (ContinuousClock.now - start) / .seconds(1)))}"#)
let data = [UInt8](try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[2])))
let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
for workload in [Workload(name: "messages", texts: lines), Workload(name: "text", texts: [data])] {
  print(workload.measure(tokenizer, repeats: repeats))
}
