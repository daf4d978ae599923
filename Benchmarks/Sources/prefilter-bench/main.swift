// Messages per second of the prefilter beside a plain loop over all patterns with PCRE2's just-in-time compiler, in one run.
//
// usage: prefilter-bench MESSAGES LEXICON [RULES] [rounds=5] [seconds=0.5]
//   MESSAGES  text, one message a line
//   LEXICON   text, one phrase a line; `-` for none
//   RULES     `i` or `-`, a tab, a pattern; one a line; `-` for none
//
// One thread, thread CPU time, median of interleaved rounds. Every engine also counts its hits.

import CPCRE2
import Foundation
import Moderation
import PatternMatching

struct Rule {
  var isCaseless: Bool
  var pattern: String
}

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(2)
}

func lines(of path: String) -> [Substring] {
  guard path != "-" else { return [] }
  guard let data = FileManager.default.contents(atPath: path) else { fail("cannot read \(path)") }
  return String(decoding: data, as: UTF8.self).split(separator: "\n")
}

func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// All messages in batches of 4,096.
func batches(of messages: [Substring]) -> [MessageBatch] {
  stride(from: 0, to: messages.count, by: 4096).map { first in
    var batch = MessageBatch()
    for (position, text) in messages[first..<min(messages.count, first + 4096)].enumerated() {
      let start = batch.bytes.count
      batch.bytes.append(contentsOf: text.utf8)
      let range = ByteRange(start..<batch.bytes.count)
      batch.messages.append(MessageRecord(position: first + position, id: .empty, text: range, record: .empty))
    }
    return batch
  }
}

/// Something that takes a batch and returns how many hits it found.
struct Engine {
  var name: String
  var run: (MessageBatch) -> Int
}

func prefilter(_ name: String, lexicon: String, rules: [Rule], normalise: String) -> Engine {
  let folder = FileManager.default.temporaryDirectory.appending(path: "prefilter-bench-\(getpid())-\(name.hashValue)")
  try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  func span() -> SourceSpan { SourceSpan(file: "bench", line: 1, column: 1) }
  func string(_ text: String) -> Setting { Setting(.string(text), at: span()) }
  func entry(_ key: String, _ value: Setting) -> Setting.Entry { .init(key: key, keySpan: span(), value: value) }
  var entries = [entry("category", string("any"))]
  if lexicon != "-" {
    let path = folder.appending(path: "lexicon.txt").path
    try? FileManager.default.copyItem(atPath: lexicon, toPath: path)
    entries.append(entry("lexicons", Setting(.list([string(path)]), at: span())))
  }
  if !rules.isEmpty {
    let path = folder.appending(path: "rules.yaml").path
    let yaml = rules.enumerated().map { number, rule in
      "- id: r\(number)\n  flags: '\(rule.isCaseless ? "i" : "")'\n  pattern: '\(rule.pattern.replacing("'", with: "''"))'\n"
    }
    FileManager.default.createFile(atPath: path, contents: Data(yaml.joined().utf8))
    entries.append(entry("rules", Setting(.list([string(path)]), at: span())))
  }
  switch normalise {
  case "off": entries.append(entry("normalise", Setting(.bool(false), at: span())))
  case "all":
    entries.append(
      entry("normalise", Setting(.map([entry("leet", Setting(.bool(true), at: span())), entry("spacing", Setting(.bool(true), at: span()))]), at: span())))
  default: break
  }
  let configuration = StageConfiguration(
    id: "bench", settings: Setting(.map(entries), at: span()), categories: CategoryTable([Category(name: "any")]), baseDirectory: folder.path)
  let clock = ContinuousClock()
  do {
    let start = clock.now
    let screen = try PrefilterStage.screen(configuration)
    print("# \(name): built in \(clock.now - start); \(screen.summary)")
    try? FileManager.default.removeItem(at: folder)
    let worker = screen.makeWorker()
    let asked = (0..<4096).map(Int32.init)
    var output = ScreenOutput()
    return Engine(name: name) { batch in
      output.removeAll()
      worker.evaluate(batch, asked: batch.count == 4096 ? asked : (0..<Int32(batch.count)).map { $0 }, into: &output)
      return output.hits.count
    }
  } catch {
    for problem in error.diagnostics.all.prefix(10) { print(problem) }
    fail("the prefilter does not build")
  }
}

/// Every pattern on every message, first match only.
func loop(_ name: String, _ rules: [Rule]) -> Engine {
  let codes: [OpaquePointer] = rules.map { rule in
    var (error, offset): (Int32, Int) = (0, 0)
    var pattern = rule.pattern
    let options = PCRE2_UTF | PCRE2_UCP | (rule.isCaseless ? PCRE2_CASELESS : 0)
    guard let code = pattern.withUTF8({ pcre2_compile_8($0.baseAddress, $0.count, options, &error, &offset, nil) }) else { fail("bad pattern \(pattern)") }
    pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
    return code
  }
  let data = pcre2_match_data_create_8(1, nil)
  return Engine(name: name) { batch in
    batch.bytes.withUnsafeBufferPointer { bytes in
      var hits = 0
      guard let base = bytes.baseAddress else { return 0 }
      for message in batch.messages {
        for code in codes where pcre2_jit_match_8(code, base + Int(message.text.start), message.text.count, 0, 0, data, nil) >= 0 { hits += 1 }
      }
      return hits
    }
  }
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else { fail("usage: prefilter-bench MESSAGES LEXICON|- [RULES|-] [rounds] [seconds]") }
let messages = lines(of: arguments[1])
let phrases = lines(of: arguments[2])
let rules: [Rule] = lines(of: arguments.count > 3 ? arguments[3] : "-").map { Rule(isCaseless: $0.hasPrefix("i"), pattern: String($0.dropFirst(2))) }
let rounds = arguments.count > 4 ? Int(arguments[4]) ?? 5 : 5
let seconds = arguments.count > 5 ? Double(arguments[5]) ?? 0.5 : 0.5
let corpus = batches(of: messages)
print("# \(messages.count) messages, \(messages.reduce(0) { $0 + $1.utf8.count }) bytes, \(phrases.count) phrases, \(rules.count) rules")

var engines: [Engine] = []
if !phrases.isEmpty {
  engines.append(prefilter("lexicon, original only", lexicon: arguments[2], rules: [], normalise: "off"))
  engines.append(prefilter("lexicon, with copy", lexicon: arguments[2], rules: [], normalise: "on"))
  let quoted = phrases.prefix(2500).map { Rule(isCaseless: true, pattern: #"\b\Q"# + $0 + #"\E\b"#) }
  engines.append(loop("PCRE2 loop, \(quoted.count) phrases", quoted))
}
if !rules.isEmpty {
  engines.append(prefilter("rules, original only", lexicon: "-", rules: rules, normalise: "off"))
  engines.append(prefilter("rules, with copy", lexicon: "-", rules: rules, normalise: "on"))
  engines.append(loop("PCRE2 loop, rules", rules))
}
if !phrases.isEmpty, !rules.isEmpty {
  engines.append(prefilter("lexicon + rules, with copy", lexicon: arguments[2], rules: rules, normalise: "on"))
  engines.append(prefilter("lexicon + rules, copy with leet and spacing", lexicon: arguments[2], rules: rules, normalise: "all"))
}

/// Messages and seconds of one turn of about `seconds`.
func turn(_ engine: Engine) -> (messages: Int, seconds: Double, hits: Int) {
  let start = threadSeconds()
  var (count, hits) = (0, 0)
  repeat {
    for batch in corpus {
      hits += engine.run(batch)
      count += batch.count
      if threadSeconds() - start > seconds { break }
    }
  } while threadSeconds() - start < seconds
  return (count, threadSeconds() - start, hits)
}

var rates = [[Double]](repeating: [], count: engines.count)
var hitRates = [Double](repeating: 0, count: engines.count)
for engine in engines { _ = turn(engine) }
for _ in 0..<rounds {
  for (index, engine) in engines.enumerated() {
    let result = turn(engine)
    rates[index].append(Double(result.messages) / result.seconds)
    hitRates[index] = Double(result.hits) / Double(result.messages)
  }
}
func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
print(padded("engine", 48), "  messages/s   ns/message   hits/message")
for (index, engine) in engines.enumerated() {
  guard !rates[index].isEmpty else { continue }
  let rate = rates[index].sorted()[rates[index].count / 2]
  print(padded(engine.name, 48), String(format: "%12.0f %12.1f %14.4f", rate, 1e9 / rate, hitRates[index]))
}
