import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A small pipeline of its own: rules, no model.
private let rulesOnly = """
  pipeline: small
  input: {id: id, text: text}
  categories: {spam: low}
  stages:
    - id: rules
      type: prefilter
      rules: [rules.yaml]
  """
private let rules = """
  - {id: offer, pattern: 'free\\s+money', flags: i, category: spam, effect: block, final: true}
  """

struct RunCommandTests {
  private func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write(rulesOnly, as: "small.yaml")
    try folder.write(rules, as: "rules.yaml")
    return folder
  }

  @Test func everySamplePipelineRunsOverTheExampleLog() throws {
    for name in ["game-chat", "community-chat", "spam"] {
      let result = try Binary.run(["run", "pipelines/\(name).yaml", "examples/chat.jsonl", "--json"])
      #expect(result.status == 0, "\(name): \(result.error)")
      let lines = result.output.split(separator: "\n")
      #expect(lines.count == 125)
      #expect(lines.allSatisfy { $0.contains("\"winnow\":{\"verdict\":\"") })
      #expect(lines.contains { $0.contains("\"verdict\":\"block\"") } && lines.contains { $0.contains("\"verdict\":\"allow\"") })
    }
  }

  @Test func exitCodesAreAsDocumented() throws {
    let folder = try folder()
    let clean = #"{"id":1,"text":"hello"}"#
    let bad = #"{"id":2,"text":"FREE money"}"#
    #expect(try Binary.run(["run", "small.yaml"], input: clean, in: folder.path).status == 0)
    #expect(try Binary.run(["run", "small.yaml"], input: bad, in: folder.path).status == 0)
    #expect(try Binary.run(["run", "small.yaml", "--fail-on", "block"], input: bad, in: folder.path).status == 1)
    #expect(try Binary.run(["run", "small.yaml", "--fail-on", "block"], input: clean, in: folder.path).status == 0)
    #expect(try Binary.run(["run", "small.yaml", "--fail-on", "dead-letter"], input: clean + "\nbroken", in: folder.path).status == 1)
    #expect(try Binary.run(["run", "small.yaml"], input: "broken\n", in: folder.path).status == 2)
    #expect(try Binary.run(["run", "small.yaml", "no-such-file.jsonl"], in: folder.path).status == 2)
    #expect(try Binary.run(["run", "small.yaml", "."], in: folder.path).status == 2)
    #expect(try Binary.run(["run", "no-such.yaml"], in: folder.path).status == 2)
    #expect(try Binary.run(["run"], in: folder.path).status == 64)
    #expect(try Binary.run(["run", "small.yaml", "--batch-size", "0"], in: folder.path).status == 64)
    #expect(try Binary.run(["run", "small.yaml", "--max-record", "9223372036854775807"], in: folder.path).status == 64)
    #expect(try Binary.run(["run", "small.yaml", "--threads", "9223372036854775807"], in: folder.path).status == 64)
    #expect(try Binary.run(["run", "small.yaml", "--checkpoint", "c"], in: folder.path).status == 64)
  }

  @Test func recordsKeepTheirFieldsAndVerdictsStandAlone() throws {
    let folder = try folder()
    let input = "{\"id\":\"a\",\"extra\":{\"k\":[1,2.50,null]},\"text\":\"free  MONEY \\u00e9\"}\n"
    let records = try Binary.run(["run", "small.yaml", "--trace", "none"], input: input, in: folder.path)
    #expect(
      records.output == """
        {"id":"a","extra":{"k":[1,2.50,null]},"text":"free  MONEY \\u00e9","winnow":{"verdict":"block","category":"spam","reason":"rule","stage":"rules","rules":["rules/offer"]}}

        """ || records.output.contains(#""text":"free  MONEY \u00e9","winnow":{"verdict":"block","category":"spam","reason":"rule","stage":"rules","rules":["#))
    let verdicts = try Binary.run(["run", "small.yaml", "--verdicts-only", "--trace", "none"], input: input, in: folder.path)
    #expect(verdicts.output.hasPrefix(#"{"id":"a","verdict":"block""#))
    // Running our own output again replaces the verdict, it does not add a second one.
    let again = try Binary.run(["run", "small.yaml", "--trace", "none"], input: records.output, in: folder.path)
    #expect(again.output == records.output)
  }

  @Test func anInputIsNeverEmptiedAsAnOutput() throws {
    let folder = try folder()
    try folder.write("{\"id\":1,\"text\":\"a\"}\n", as: "in.jsonl")
    let result = try Binary.run(["run", "small.yaml", "in.jsonl", "-o", "in.jsonl"], in: folder.path)
    #expect(result.status == 2)
    #expect(try folder.read("in.jsonl") == "{\"id\":1,\"text\":\"a\"}\n")
  }

  /// Standard input may be a file too.
  @Test(arguments: ["-o", "--dead-letters"]) func aRedirectedInputIsNeverEmptiedEither(option: String) throws {
    let folder = try folder()
    try folder.write("{\"id\":1,\"text\":\"a\"}\n", as: "in.jsonl")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "'\(Binary.path)' run small.yaml \(option) in.jsonl < in.jsonl > out.txt 2> err.txt"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(try folder.read("err.txt").contains("name another file"))
    #expect(try folder.read("in.jsonl") == "{\"id\":1,\"text\":\"a\"}\n")
  }

  /// What a run that began with nothing would have overwritten is still there; a run that came to its end leaves its own.
  @Test func aRunThatCannotBeginLeavesTheFormerOutput() throws {
    let folder = try folder()
    try folder.write("{\"id\":1,\"text\":\"a\"}\nbroken\n", as: "in.jsonl")
    let output = ["-o", "out.jsonl"]
    #expect(try Binary.run(["run", "small.yaml", "in.jsonl"] + output, in: folder.path).status == 0)
    let (verdicts, letters) = (try folder.read("out.jsonl"), try folder.read("out.jsonl.dead.jsonl"))
    #expect(!verdicts.isEmpty && !letters.isEmpty)
    for wrong in [["none.jsonl"], ["in.jsonl", "none.jsonl"]] {
      let result = try Binary.run(["run", "small.yaml"] + wrong + output, in: folder.path)
      #expect(result.status == 2 && result.error.contains("none.jsonl"))
      #expect(try folder.read("out.jsonl") == verdicts && folder.read("out.jsonl.dead.jsonl") == letters)
    }
    try folder.write("", as: "empty.jsonl")
    #expect(try Binary.run(["run", "small.yaml", "empty.jsonl"] + output, in: folder.path).status == 0)
    #expect(try folder.read("out.jsonl").isEmpty && folder.read("out.jsonl.dead.jsonl").isEmpty)
  }

  /// Verdicts that go on to somebody else are not kept here, and the letters of an earlier run are the only trace of their records.
  @Test(arguments: [[], ["-o", "/dev/null"]]) func deadLettersOfAStreamAreAppended(output: [String]) throws {
    let folder = try folder()
    for text in ["{\"id\":1,\"text\":\"a\"}\nfirst\n", "{\"id\":2,\"text\":\"a\"}\n", "{\"id\":3,\"text\":\"a\"}\nsecond\n"] {
      #expect(try Binary.run(["run", "small.yaml"] + output, input: text, in: folder.path).status == 0)
    }
    let letters = try folder.read("dead-letters.jsonl").split(separator: "\n")
    #expect(letters.count == 2 && letters[0].contains("first") && letters[1].contains("second"))
  }

  @Test func deadLettersThatCouldNotBeWrittenStopARunBeforeItBegins() throws {
    let folder = try folder()
    let result = try Binary.run(["run", "small.yaml", "--dead-letters", "none/d.jsonl"], input: #"{"id":1,"text":"a"}"#, in: folder.path)
    #expect(result.status == 2 && result.output.isEmpty && result.error.contains("none/d.jsonl"))
  }

  @Test(arguments: [
    ["-o", "a", "--dead-letters", "a"], ["-o", "a", "--checkpoint", "a"], ["-o", "a", "--audit", "./a"], ["-o", "a", "--record", "a"],
    ["-o", "a", "--checkpoint", "b", "--dead-letters", "b"], ["-o", "small.yaml"], ["-o", "a", "--recorded", "answers", "--dead-letters", "answers"],
  ]) func noFileIsWrittenTwice(arguments: [String]) throws {
    let folder = try folder()
    try folder.write("", as: "answers")
    let result = try Binary.run(["run", "small.yaml"] + arguments, input: #"{"id":1,"text":"a"}"#, in: folder.path)
    #expect(result.status == 2)
    #expect(result.error.contains("name another file") || result.error.contains("give each its own file"))
    #expect(try folder.read("small.yaml") == rulesOnly)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/a"))
  }

  /// What stands behind a NUL is judged, so that it must be shown; and an id is found however its writer escaped it.
  @Test func theAuditFileHoldsTheWholeTextAndFindsEveryId() throws {
    let folder = try folder()
    let input = #"{"id":"caf\u00e9\/1","text":"hello\u0000 free money"}"#
    #expect(try Binary.run(["run", "small.yaml", "--audit", "a.db", "--audit-text"], input: input, in: folder.path).output.contains("block"))
    let shown = try Binary.run(["audit", "show", "a.db", "café/1"], in: folder.path)
    #expect(shown.status == 0 && shown.output.contains("hello· free money"), "\(shown.output)\(shown.error)")
    let none = try Binary.run(["audit", "runs", "small.yaml"], in: folder.path)
    #expect(none.status == 2 && none.error.contains("small.yaml: cannot be opened as an audit file"))
  }

  @Test func devicesMayBeNamedTwice() throws {
    let folder = try folder()
    let result = try Binary.run(["run", "small.yaml", "-o", "/dev/null", "--dead-letters", "/dev/null"], input: #"{"id":1,"text":"a"}"#, in: folder.path)
    #expect(result.status == 0)
  }

  @Test func anEmptyInputIsNoError() throws {
    let folder = try folder()
    let result = try Binary.run(["run", "small.yaml"], input: "", in: folder.path)
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    #expect(result.error.contains("0 messages"))
  }

  @Test func liveInputIsNotHeldBackAndATermSignalDrains() throws {
    let folder = try folder()
    let process = Binary.process(["run", "small.yaml", "--verdicts-only", "--quiet"], in: folder.path)
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    for id in 0..<3 {
      try input.fileHandleForWriting.write(contentsOf: Data("{\"id\":\(id),\"text\":\"hello\"}\n".utf8))
      // Would wait for ever if a part-filled batch waited for company.
      let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      #expect(line.hasPrefix("{\"id\":\(id),\"verdict\":\"allow\""))
    }
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(process.terminationReason == .exit)
  }

  @Test func aReaderThatGoesAwayEndsTheRunQuietly() throws {
    let folder = try folder()
    let lines = (0..<200_000).map { "{\"id\":\($0),\"text\":\"hello\"}" }.joined(separator: "\n")
    try folder.write(lines, as: "in.jsonl")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "{ '\(Binary.path)' run small.yaml in.jsonl 2> err.txt; echo $? > status.txt; } | head -n 1 > first.txt"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try process.run()
    process.waitUntilExit()
    #expect(try folder.read("first.txt").hasPrefix("{\"id\":0,"))
    #expect(try folder.read("err.txt").isEmpty)
    // Not the code of a run that came to its end.
    #expect(try folder.read("status.txt") == "2\n")
  }

  @Test func aFullDiskIsAClearError() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let folder = try folder()
    let result = try Binary.run(["run", "small.yaml", "-o", "/dev/full"], input: #"{"id":1,"text":"hello"}"#, in: folder.path)
    #expect(result.status == 2)
    #expect(result.error.contains("No space left on device"))
  }

  @Test func followReadsWhatIsAppendedAcrossRotation() throws {
    let folder = try folder()
    try folder.write("{\"id\":1,\"text\":\"a\"}\n", as: "log.jsonl")
    let process = Binary.process(["run", "small.yaml", "log.jsonl", "--follow", "--verdicts-only", "--quiet"], in: folder.path)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    func next() -> String { String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) }
    #expect(next().hasPrefix("{\"id\":1,"))
    let handle = try #require(FileHandle(forWritingAtPath: folder.path + "/log.jsonl"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"id\":2,\"text\":\"a\"}\n".utf8))
    #expect(next().hasPrefix("{\"id\":2,"))
    rename(folder.path + "/log.jsonl", folder.path + "/log.1.jsonl")
    try folder.write("{\"id\":3,\"text\":\"a\"}\n", as: "log.jsonl")
    #expect(next().hasPrefix("{\"id\":3,"))
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}

struct FollowTests {
  private let csv = rulesOnly.replacingOccurrences(of: "{id: id,", with: "{format: csv, id: id,")

  private func folder(_ pipeline: String, log: String) throws -> Folder {
    let folder = try Folder()
    for (text, name) in [(pipeline, "small.yaml"), (rules, "rules.yaml"), (log, "log")] { try folder.write(text, as: name) }
    return folder
  }

  /// Follows `log` while `write` changes it; gives the lines that come out.
  private func follow(_ folder: Folder, expecting count: Int, write: (_ next: () -> String) throws -> Void) throws -> [String] {
    let process = Binary.process(["run", "small.yaml", "log", "--follow", "--verdicts-only", "--trace", "none", "--quiet"], in: folder.path)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var lines: [String] = []
    func next() -> String {
      lines.append(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self))
      return lines.last!
    }
    try write(next)
    while lines.count < count { _ = next() }
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return lines.map { String($0.split(separator: "\"reason\"")[0]) }
  }

  private func rotate(_ folder: Folder, to text: String) throws {
    rename(folder.path + "/log", folder.path + "/log.1")
    try folder.write(text, as: "log")
  }

  /// A writer keeps the rotated file open until it is told to open the new one.
  @Test func whatIsWrittenToARotatedFileAfterwardsIsReadToo() throws {
    let folder = try folder(rulesOnly, log: "{\"id\":1,\"text\":\"a\"}\n")
    let lines = try follow(folder, expecting: 3) { next in
      _ = next()
      let writer = try #require(FileHandle(forWritingAtPath: folder.path + "/log"))
      try writer.seekToEnd()
      try rotate(folder, to: "")
      usleep(200_000)
      try writer.write(contentsOf: Data("{\"id\":2,\"text\":\"a\"}\n".utf8))
      _ = next()
      let other = try #require(FileHandle(forWritingAtPath: folder.path + "/log"))
      try other.write(contentsOf: Data("{\"id\":3,\"text\":\"a\"}\n".utf8))
    }
    #expect(lines == (1...3).map { "{\"id\":\($0),\"verdict\":\"allow\"," })
  }

  @Test func aRotatedFileHasAHeaderOfItsOwn() throws {
    let folder = try folder(csv, log: "id,text\n1,a\n")
    let lines = try follow(folder, expecting: 3) { next in
      _ = next()
      try rotate(folder, to: "text,id\nfree money,2\n")
      _ = next()
      // Its writer knows of no header.
      try rotate(folder, to: "free money,3\n")
    }
    #expect(lines == [#"{"id":"1","verdict":"allow","#, #"{"id":"2","verdict":"block","category":"spam","#, #"{"id":"3","verdict":"block","category":"spam","#])
  }

  @Test func aRotatedFileHasPlacesAndAByteOrderMarkOfItsOwn() throws {
    let folder = try folder(rulesOnly, log: "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"a\"}\n")
    let lines = try follow(folder, expecting: 2) { next in
      _ = next()
      try rotate(folder, to: "\u{FEFF}{\"id\":3,\"text\":\"a\"}\nbroken\n")
    }
    #expect(lines.last == #"{"id":3,"verdict":"allow","#)
    let letter = try folder.read("dead-letters.jsonl")
    #expect(letter.contains(#""line":2"#) && letter.contains(#""byte_offset":23"#), "\(letter)")
  }
}

struct ResumeTests {
  @Test func aReplacedInputIsNotSkipped() throws {
    let folder = try Folder()
    try folder.write(rulesOnly, as: "small.yaml")
    try folder.write(rules, as: "rules.yaml")
    let arguments = ["run", "small.yaml", "-o", "out.jsonl", "--checkpoint", "c.json"]
    #expect(try Binary.run(arguments, input: "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n", in: folder.path).status == 0)
    let other = try Binary.run(arguments, input: "{\"id\":31,\"text\":\"a\"}\n{\"id\":32,\"text\":\"b\"}\n{\"id\":33,\"text\":\"c\"}\n", in: folder.path)
    #expect(other.status == 2)
    #expect(other.error.contains("is not the input that was read"))
  }

  @Test func aKilledRunGoesOnByteForByte() throws {
    let folder = try Folder()
    let lines = (0..<60_000).map { index -> String in
      if index % 997 == 3 { return "{broken \(index)" }
      let words = ["gg wp", "you are trash uninstall", "free nitro at http://example.com/x", "nice", "kys noob"]
      return "{\"id\":\(index),\"channel\":\"c\(index % 9)\",\"author\":\"p\(index % 5)\",\"text\":\"\(words[index % 5]) \(index % 97)\"}"
    }
    try folder.write(lines.joined(separator: "\n"), as: "in.jsonl")
    func arguments(_ name: String) -> [String] {
      ["run", "pipelines/game-chat.yaml", folder.path + "/in.jsonl", "-o", folder.path + "/\(name).jsonl", "--quiet", "--batch-size", "256"]
    }
    // The cheap layers alone: a model would take minutes.
    let alone = ["WINNOW_MODEL": "none"]
    #expect(try Binary.run(arguments("whole"), environment: alone).status == 0)
    let checkpointed = arguments("broken") + ["--checkpoint", folder.path + "/checkpoint", "--checkpoint-interval", "5ms"]
    var kills = 0
    for attempt in 0..<40 {
      let process = Binary.process(checkpointed, environment: alone)
      process.standardError = FileHandle.nullDevice
      try process.run()
      usleep(UInt32(40_000 + attempt * 7_919 % 60_000))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit { break }
      kills += 1
      if kills == 5 { break }
    }
    #expect(try Binary.run(checkpointed, environment: alone).status == 0)
    #expect(kills > 0)
    #expect(try folder.read("broken.jsonl") == folder.read("whole.jsonl"))
    #expect(try folder.read("broken.jsonl.dead.jsonl") == folder.read("whole.jsonl.dead.jsonl"))
  }

  @Test func theRateIsThatOfTheRunAndNotOfTheOneBefore() throws {
    let folder = try Folder()
    try folder.write(rulesOnly, as: "small.yaml")
    try folder.write(rules, as: "rules.yaml")
    try folder.write("{\"id\":1,\"text\":\"a\"}\n", as: "in.jsonl")
    let arguments = ["run", "small.yaml", "in.jsonl", "-o", "out.jsonl", "--checkpoint", "c.json", "--json"]
    #expect(try Binary.run(arguments, in: folder.path).error.contains(#""resumedBehind":0"#))
    let again = try Binary.run(arguments, in: folder.path)
    let summary = try #require(try JSONSerialization.jsonObject(with: Data(again.error.utf8)) as? [String: Any])
    #expect(summary["messages"] as? Int == 1 && summary["resumedBehind"] as? Int == 1 && summary["messagesPerSecond"] as? Double == 0)
  }

  @Test func aCheckpointOfAnotherPipelineIsRefused() throws {
    let folder = try Folder()
    try folder.write(rulesOnly, as: "small.yaml")
    try folder.write(rules, as: "rules.yaml")
    try folder.write("{\"id\":1,\"text\":\"a\"}\n", as: "in.jsonl")
    let arguments = ["run", "small.yaml", "in.jsonl", "-o", "out.jsonl", "--checkpoint", "c.json"]
    #expect(try Binary.run(arguments, in: folder.path).status == 0)
    try folder.write(rules.replacingOccurrences(of: "money", with: "cash"), as: "rules.yaml")
    let result = try Binary.run(arguments, in: folder.path)
    #expect(result.status == 2)
    #expect(result.error.contains("has changed since the checkpoint was written"))
  }

  @Test func aCheckpointNotesVariablesAndOptions() throws {
    let folder = try Folder()
    try folder.write(rulesOnly.replacingOccurrences(of: "    type: prefilter", with: "    type: prefilter\n    mode: ${RULES:-enforce}"), as: "small.yaml")
    try folder.write(rules, as: "rules.yaml")
    try folder.write("{\"id\":1,\"text\":\"a\"}\n", as: "in.jsonl")
    let arguments = ["run", "small.yaml", "in.jsonl", "-o", "out.jsonl", "--checkpoint", "c.json"]
    #expect(try Binary.run(arguments, in: folder.path).status == 0)
    let shadow = try Binary.run(arguments, in: folder.path, environment: ["RULES": "shadow"])
    #expect(shadow.status == 2 && shadow.error.contains("a variable in it"), "\(shadow.error)")
    let traced = try Binary.run(arguments + ["--trace", "full"], in: folder.path)
    #expect(traced.status == 2 && traced.error.contains("--trace"), "\(traced.error)")
    #expect(try Binary.run(arguments, in: folder.path).status == 0)
  }

  /// What nobody was asked about is not decided by the cheap stages, and did not go to the reasoner.
  @Test func whatTheBudgetTurnsAwayIsNeitherSettledNorEscalated() throws {
    let folder = try Folder()
    let policies = Binary.repository + "/policies"
    try folder.write(
      "pipeline: p\ncategories: {harassment: {severity: low, policy: \(policies)/harassment.md, always_escalate: true}}\nbudget: {share: 0}\nstages:\n  - {type: safeguard, model: \(Binary.repository)/examples/models/nano}\n",
      as: "p.yaml")
    let result = try Binary.run(["run", "p.yaml", "--json", "--audit", "audit.db"], input: #"{"id":1,"text":"a"}"# + "\n", in: folder.path)
    #expect(result.output.contains(#""verdict":"review""#), "\(result.output)\(result.error)")
    #expect(result.error.contains(#""coverage":0"#), "\(result.error)")
    #expect(try Binary.run(["report", "audit.db"], in: folder.path).output.contains("The cheap layers settled 0.0% by themselves; 0 messages went to the reasoner"))
  }

  @Test func aFileOfCasesAloneIsNoPipeline() throws {
    for command in ["test", "lint"] {
      let alone = try Binary.run([command, "pipelines/spam.tests.yaml"])
      #expect(alone.status == 2 && alone.error.contains("name th"), "\(alone.error)")
    }
    #expect(try Binary.run(["test", "pipelines/spam.yaml", "pipelines/spam.tests.yaml"]).status == 0)
  }
}

struct AuditCommandTests {
  /// Runs that began in one second are told apart by the order in which they began.
  @Test func theLastRunIsTheOneThatBeganLast() throws {
    let folder = try Folder()
    try folder.write(rules, as: "rules.yaml")
    for name in ["a", "b", "c", "d"] {
      try folder.write(rulesOnly.replacing(/pipeline: \w+/, with: "pipeline: \(name)"), as: "small.yaml")
      #expect(try Binary.run(["run", "small.yaml", "--audit", "audit.db"], input: "{\"id\":1,\"text\":\"\(name)\"}\n", in: folder.path).status == 0)
      #expect(try Binary.run(["report", "audit.db"], in: folder.path).output.hasPrefix("\(name): 1 messages"))
    }
    let records = try Binary.run(["audit", "export", "audit.db"], in: folder.path).output.split(separator: "\n")
    #expect(records.count == 4)
  }

  @Test func anAuditFileTellsHowAMessageCameToItsVerdict() throws {
    let folder = try Folder()
    try folder.write(rulesOnly, as: "small.yaml")
    try folder.write(rules, as: "rules.yaml")
    let input = "{\"id\":\"m-1\",\"text\":\"free money now\"}\n{\"id\":\"m-2\",\"text\":\"hello\"}\n"
    #expect(try Binary.run(["run", "small.yaml", "--audit", "audit.db"], input: input, in: folder.path).status == 0)
    let story = try Binary.run(["audit", "show", "audit.db", "m-1"], in: folder.path)
    #expect(story.status == 0)
    #expect(story.output.contains("block · spam · rule by rules"))
    #expect(!story.output.contains("free money"))
    let export = try Binary.run(["audit", "export", "audit.db"], in: folder.path)
    #expect(export.output.split(separator: "\n").count == 2)
    #expect(!export.output.contains("free money"))
    #expect(try Binary.run(["audit", "show", "audit.db", "none"], in: folder.path).status == 2)
    #expect(try Binary.run(["audit", "show", "none.db", "m-1"], in: folder.path).status == 2)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/none.db"))
  }
}

struct SamplesTests {
  private static func files(_ folder: String, _ ending: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Binary.repository + "/" + folder).filter { $0.hasSuffix(ending) }.sorted().map { folder + "/" + $0 }
  }

  @Test func samplesLintCleanAndTheirCasesPass() throws {
    let pipelines = try Self.files("pipelines", ".yaml").filter { !$0.hasSuffix(".tests.yaml") }
    let policies = try Self.files("policies", ".md")
    #expect(pipelines.count >= 4 && policies.count >= 7)
    let lint = try Binary.run(["lint", "--strict"] + pipelines + policies)
    #expect(lint.status == 0, "\(lint.output)")
    let cases = try Binary.run(["test"] + pipelines)
    #expect(cases.status == 0, "\(cases.output)")
    #expect(cases.output.contains(" passed, 0 failed"))
  }

  @Test func generatedDocsAreCurrent() throws {
    let schema = try Binary.run(["schema"])
    #expect(schema.output == (try String(contentsOfFile: Binary.repository + "/pipelines/pipeline.schema.json", encoding: .utf8)), "run `make docs`")
    let reference = try Binary.run(["schema", "--reference"])
    #expect(reference.output == (try String(contentsOfFile: Binary.repository + "/docs/pipeline-reference.md", encoding: .utf8)), "run `make docs`")
  }
}
