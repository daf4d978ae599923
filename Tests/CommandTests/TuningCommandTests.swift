import Foundation
import Testing

@Suite struct EvalCommandTests {
  @Test func aRecordingIsMeasuredWithItsBaselines() throws {
    let world = try TuningFixture()
    let result = try world.run("eval", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--slice", "channel,length", "--base-rate", "2%", "--html", "r.html")
    #expect(result.status == 0, "\(result.error)")
    for part in ["Evaluation of small: 900 messages", "precision at 2.0%", "reasoner alone", "`linear` alone", "Latency", "400 ms", "channel  c0", "length   21 to 80"] {
      #expect(result.output.contains(part), "\(part)\n\(result.output)")
    }
    let page = try world.folder.read("r.html")
    #expect(page.contains("<svg") && page.contains("prefers-color-scheme") && !page.contains("http://") && !page.contains("src="))
    // Message text never enters a report.
    #expect(!page.contains("zorg") && !result.output.contains("zorg") && !result.error.contains("zorg"))
  }

  @Test func gatesDecideTheExitCode() throws {
    let world = try TuningFixture(messages: 300)
    let base = ["eval", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--bootstrap", "0"]
    #expect(try world.run(base + ["--min", "recall=0.5", "--max", "escalation_rate=1"]).status == 0)
    let failed = try world.run(base + ["--min", "toxic:recall=0.999", "--min", "precision=10%", "--junit", "gate.xml"])
    #expect(failed.status == 1 && failed.error.contains("FAIL  toxic: recall >= 0.999") && failed.error.contains("ok    precision"))
    let junit = try world.folder.read("gate.xml")
    #expect(junit.contains(#"tests="2" failures="1""#) && junit.contains("<failure"))
    let unknown = try world.run(base + ["--min", "toxik:recall=0.9"])
    #expect(unknown.status == 2 && unknown.error.contains("did you mean `toxic`?"))
    // One option holds one bound: a second one would never be looked at.
    for several in ["recall=0.1, precision>0.99", "recall=0.1 and precision>=0.99"] { #expect(try world.run(base + ["--min", several]).status == 2) }
    let whole = try world.run(base + ["--max", "toxic:block_rate=0.5"])
    #expect(whole.status == 2 && whole.error.contains("messages as a whole"))
    #expect(try world.run(base + ["--base-rate", "150%"]).status == 64)
    for option in ["--html", "--junit"] { #expect(try world.run(base + [option, "data.jsonl"]).status == 2) }
    #expect(try world.folder.read("data.jsonl").contains("zorg"))
    #expect(try world.run("eval", "none.yaml", "data.jsonl").status == 2)
    #expect(try world.run("eval", "p.yaml", "none.jsonl").status == 2)
    #expect(try world.run("eval").status == 64)
  }

  @Test func theReportIsJSONToo() throws {
    let world = try TuningFixture(messages: 200)
    let result = try world.run("eval", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--json", "--bootstrap", "0", "--cost", "0.001,0.01,10")
    #expect(try json(result.output, "messages") as? Int == 200)
    #expect(try json(result.output, "categories", "0", "scores", "auroc", "value") as? Double ?? 0 > 0.7)
    #expect(try json(result.output, "cost", "expected") as? Double ?? 0 > 0)
  }

  @Test func badDataAreCountedAndNamed() throws {
    let world = try TuningFixture(messages: 50)
    let good = try world.folder.read("data.jsonl")
    try world.folder.write(good + "{broken\n" + #"{"text":"x","labels":{"toxic":7}}"# + "\n", as: "bad.jsonl")
    let result = try world.run("eval", "p.yaml", "bad.jsonl", "--recorded", "answers.jsonl", "--bootstrap", "0")
    #expect(result.status == 0 && result.error.contains("bad.jsonl:51: not JSON") && result.error.contains("bad.jsonl:52: the value of label `toxic`"))
    #expect(result.error.contains("2 of 52 rows left out") && result.output.contains("50 messages"))
    try world.folder.write("{broken\n", as: "dead.jsonl")
    #expect(try world.run("eval", "p.yaml", "dead.jsonl").status == 2)
    try world.folder.write(#"{"text":"x","labels":{"rude":1}}"# + "\n", as: "other.jsonl")
    let other = try world.run("eval", "p.yaml", "other.jsonl")
    #expect(other.status == 2 && other.error.contains("`rude` (1)") && other.error.contains("--label CATEGORY=NAME"))
    #expect(try world.run("eval", "p.yaml", "other.jsonl", "--label", "toxic=rude", "--recorded", "answers.jsonl").status == 0)
    try world.folder.write("{\"text\":\"x\",\"labels\":{\"toxic\":1}}\n{\"text\":\"x\",\"labels\":{\"toxic\":0}}\n", as: "twice.jsonl")
    let twice = try world.run("eval", "p.yaml", "twice.jsonl", "--recorded", "answers.jsonl")
    #expect(twice.status == 0 && twice.output.contains("contradictory labels (2 messages)"))
  }
}

@Suite struct TuneCommandTests {
  @Test func aBudgetThatIsBrokenIsAFindingAndNothingIsWritten() throws {
    let world = try TuningFixture()
    let before = try world.folder.read("p.yaml")
    // The goal's own bound is looser, so that its thresholds break the budget of the whole.
    let result = try world.run(
      "tune", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--goal", "maximum recall @ escalation_rate <= 90%", "--budget", "escalation_rate <= 0.1%", "--write")
    #expect(result.status == 1 && result.output.contains("broken") && result.error.contains("stays as it is"), "\(result.output)\(result.error)")
    #expect(try world.folder.read("p.yaml") == before)
  }

  private let goal = ["--goal", "minimum escalation_rate @ recall >= 0.8"]

  @Test func aGoalIsProvedAndOnlyNumbersAreWritten() throws {
    let world = try TuningFixture()
    let base = ["tune", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl"] + goal
    let before = try world.folder.read("p.yaml")
    let dry = try world.run(base + ["--dry-run", "--html", "t.html"])
    #expect(dry.status == 0, "\(dry.error)\(dry.output)")
    #expect(dry.output.contains("proved: recall >= 0.8 at 95% confidence") && dry.output.contains("all to the reasoner") && dry.output.contains("no reasoner"))
    #expect(dry.output.contains("-      toxic: {allow_below: 0.01, block_above: 0.99}   # to be tuned"))
    #expect(try world.folder.read("p.yaml") == before && world.folder.read("t.html").contains("<svg"))
    let written = try world.run(base + ["--write"])
    let after = try world.folder.read("p.yaml")
    #expect(written.status == 0 && after != before)
    #expect(after.replacing(/allow_below: [0-9.]+/, with: "allow_below: 0.01") == before)
    #expect(try world.run("lint", "p.yaml").status == 0)
    // Tuned once, there is nothing left to write.
    #expect(try world.run(base + ["--write"]).error.contains("stays as it is"))
  }

  @Test func tooFewLabelsAreRefusedWithTheNumberMissing() throws {
    let world = try TuningFixture(messages: 120)
    let result = try world.run(["tune", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--goal", "minimum escalation_rate @ recall >= 0.99", "--write"])
    #expect(result.status == 1 && result.output.contains("refused: too few labels") && result.output.contains("more"))
    #expect(try world.folder.read("p.yaml").contains("allow_below: 0.01"))
  }

  @Test func whatCannotBeReachedIsSaidWithTheNearestPoints() throws {
    let world = try TuningFixture()
    let result = try world.run(["tune", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--goal", "toxic: minimum escalation_rate @ recall >= 0.8, precision >= 0.97"])
    #expect(result.status == 1 && result.output.contains("not met:") && result.output.contains("closest"))
  }

  @Test func sentencesAreChecked() throws {
    let world = try TuningFixture(messages: 60)
    let wrong = try world.run("tune", "p.yaml", "data.jsonl", "--goal", "minimum recal @ recall >= 0.8", "--budget", "llm_calls < x")
    #expect(wrong.status == 2 && wrong.error.contains("--goal:1:") && wrong.error.contains("--budget:1:"))
    #expect(try world.run("tune", "p.yaml", "data.jsonl").status == 64)
    #expect(try world.run(["tune", "p.yaml", "data.jsonl", "--write", "--dry-run"] + goal).status == 64)
    #expect(try world.run(["tune", "p.yaml", "data.jsonl", "--confidence", "0.2"] + goal).status == 64)
  }

  @Test func budgetsAndJSON() throws {
    let world = try TuningFixture()
    let result = try world.run("tune", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--goal", "maximum f1", "--budget", "llm_calls<=10%", "--json")
    #expect(result.status == 0, "\(result.error)")
    #expect(try json(result.output, "budgets", "0", "holds") as? Bool == true)
    #expect(try json(result.output, "goals", "0", "simpler", "0", "name") as? String == "all to the reasoner")
    #expect((try json(result.output, "goals", "0", "frontier") as? [Any])?.count ?? 0 > 3)
  }

  @Test func standardOutputIsJSONWhateverElseIsAsked() throws {
    let world = try TuningFixture()
    let result = try world.run(["tune", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--json", "--dry-run", "--resplits", "3"] + goal)
    #expect(result.status == 0, "\(result.error)")
    #expect(try json(result.output, "resplits", "resplits") as? Int == 3)
    #expect(result.error.contains("@@") && result.error.contains("-      toxic: {allow_below: 0.01, block_above: 0.99}"))
  }

  @Test func answersThatARecordingLacksProveNothing() throws {
    let world = try TuningFixture()
    let few = try world.folder.read("answers.jsonl").split(separator: "\n").prefix(20).joined(separator: "\n")
    try world.folder.write(few + "\n", as: "few.jsonl")
    let result = try world.run(["tune", "p.yaml", "data.jsonl", "--recorded", "few.jsonl"] + goal)
    #expect(result.status == 1 && !result.output.contains("proved:") && result.output.contains("counted as wrong"), "\(result.output)")
  }

  @Test func aPrecisionAtABaseRateIsProvedButNotPromisedToBeMeasured() throws {
    let world = try TuningFixture()
    let base = ["tune", "p.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--goal", "maximum f1 @ precision >= 0.2", "--base-rate", "20%"]
    let result = try world.run(base)
    #expect(result.status == 0 && result.output.contains("proved: precision >= 0.2 where 20% of messages violate"), "\(result.output)")
    let measured = try world.run(base + ["--promise", "measure"])
    #expect(measured.status == 64 && measured.error.contains("--promise measure") && measured.error.contains("--base-rate"))
  }

  @Test func everyCommandIsListedOnce() throws {
    let help = try Binary.run(["--help"]).output
    for name in ["eval", "tune", "compare", "distill"] { #expect(help.matches(of: try Regex("(?m)^  \(name) ")).count == 1, "\(name)") }
  }
}

@Suite struct CompareCommandTests {
  @Test func twoFilesOverOneStream() throws {
    let world = try TuningFixture(messages: 400)
    try world.folder.write(TuningFixture.pipeline.replacing("block_above: 0.99", with: "block_above: 0.4").replacing("pipeline: small", with: "pipeline: bold"), as: "b.yaml")
    let result = try world.run("compare", "p.yaml", "b.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--html", "c.html")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("small against bold on 400 messages") && result.output.contains("McNemar") && result.output.contains("Flips"))
    #expect(try world.folder.read("c.html").contains("Side by side"))
    #expect(try world.run("compare", "p.yaml").status == 64)
  }

  @Test func shadowStagesAreComparedFromTheAuditFile() throws {
    let shadow = TuningFixture.pipeline.replacing("  - id: safeguard", with: "  - id: bold\n    type: classifier\n    model: toxic.linear\n    mode: shadow\n    bands: {toxic: {allow_below: 0.3, block_above: 0.5}}\n  - id: safeguard")
    let world = try TuningFixture(messages: 300, pipeline: shadow)
    #expect(try world.run("run", "p.yaml", "data.jsonl", "-o", "v.jsonl", "--recorded", "answers.jsonl", "--audit", "audit.db", "--quiet").status == 0)
    let result = try world.run("compare", "p.yaml", "--audit", "audit.db", "--json")
    #expect(result.status == 0 && !result.error.contains("another verdict"), "\(result.error)")
    // The same as running both for real.
    try world.folder.write(shadow.replacing("    mode: shadow\n", with: ""), as: "b.yaml")
    let real = try world.run("compare", "p.yaml", "b.yaml", "data.jsonl", "--recorded", "answers.jsonl", "--json")
    #expect(try json(result.output, "second", "verdicts") as? [String: Int] == json(real.output, "second", "verdicts") as? [String: Int])
    #expect(try json(result.output, "flips") != nil)
    let none = try world.run("compare", "p.yaml", "--audit", "none.db")
    #expect(none.status == 2)
    #expect(try world.run("compare", "p.yaml", "--audit", "audit.db", "--instead-of", "nobody").status == 2)
  }
}

@Suite struct AuditEstimateTests {
  @Test func theSampleTellsWhatTheCheapStagesMiss() throws {
    let sampled = TuningFixture.pipeline.replacing("allow_below: 0.01, block_above: 0.99", with: "allow_below: 0.4, block_above: 0.6") + "\naudit_sample: {allowed: 0.5, blocked: 0.5}\n"
    let world = try TuningFixture(messages: 600, pipeline: sampled)
    for _ in 0..<2 { #expect(try world.run("run", "p.yaml", "data.jsonl", "-o", "v.jsonl", "--recorded", "answers.jsonl", "--audit", "audit.db", "--quiet").status == 0) }
    let result = try world.run("audit", "estimate", "audit.db")
    #expect(result.status == 0 && result.output.contains("1,200 records in 2 runs") && result.output.contains("missed among allowed"), "\(result.error)\(result.output)")
    let json1 = try world.run("audit", "estimate", "audit.db", "--json")
    let missed = try json(json1.output, "overall", "missed_among_allowed", "value") as? Double
    // The recorded reasoner contradicts one label in ten, and a third of the messages hold no telling word.
    #expect((0.02...0.35).contains(missed ?? -1), "\(json1.output)")
    // The same messages twice: no drift.
    #expect(try json(json1.output, "drift", "toxic", "reading") as? String == "stable")
    let data = try world.run("audit", "estimate", "audit.db", "--reference-data", "data.jsonl", "--pipeline", "p.yaml", "--json")
    #expect(try json(data.output, "drift", "toxic", "psi") as? Double ?? 1 < 0.01, "\(data.error)")
    #expect(try world.run("audit", "estimate", "audit.db", "--reference-data", "data.jsonl").status == 64)
    #expect(try world.run("audit", "estimate", "none.db").status == 2)
    #expect(try world.run("audit", "estimate", "audit.db", "--run", "nobody").status == 2)
  }

  @Test func withoutASampleThereIsNoEstimate() throws {
    let world = try TuningFixture(messages: 30)
    #expect(try world.run("run", "p.yaml", "data.jsonl", "-o", "v.jsonl", "--recorded", "answers.jsonl", "--audit", "audit.db", "--quiet").status == 0)
    let result = try world.run("audit", "estimate", "audit.db")
    #expect(result.status == 2 && result.error.contains("audit_sample"))
  }
}

@Suite struct DistillCommandTests {
  @Test func aClassifierIsLearntFromTheReasonerAndARunGoesOn() throws {
    let world = try TuningFixture()
    let base = ["distill", "p.yaml", "data.jsonl", "-o", "new.linear", "--budget", "300", "--recorded", "answers.jsonl", "--bits", "12", "--check", "train.jsonl"]
    let first = try world.run(base)
    #expect(first.status == 0, "\(first.error)")
    #expect(first.error.contains("asking about 300 of 900 distinct messages: 150 uncertain, 90 diverse, 60 random"))
    #expect(first.output.contains("new.linear:") && first.output.contains("random part") && first.output.contains("people's labels") && first.output.contains("AUROC"))
    // A state that was cut short is taken up: only what is missing is asked, and the model is the same.
    let model = try Data(contentsOf: URL(filePath: world.folder.path + "/new.linear"))
    var state = try #require(try JSONSerialization.jsonObject(with: Data(try world.folder.read("new.linear.distill.json").utf8)) as? [String: Any])
    var answers = try #require(state["answers"] as? [String: Any])
    #expect(answers.count == 300)
    for key in answers.keys.sorted().prefix(100) { answers[key] = nil }
    state["answers"] = answers
    try JSONSerialization.data(withJSONObject: state).write(to: URL(filePath: world.folder.path + "/new.linear.distill.json"))
    let again = try world.run(base)
    #expect(again.status == 0 && again.error.contains("200 answered already"), "\(again.error)")
    #expect(try Data(contentsOf: URL(filePath: world.folder.path + "/new.linear")) == model)
    let other = try world.run(["distill", "p.yaml", "data.jsonl", "-o", "new.linear", "--budget", "200", "--recorded", "answers.jsonl"])
    #expect(other.status == 2 && other.error.contains("belongs to other data"))
    // Answers hang on what the policies say.
    try world.folder.write(TuningFixture.policy + "\n", as: "policy.md")
    let changed = try world.run(base)
    #expect(changed.status == 2 && changed.error.contains("other policies"), "\(changed.error)")
  }

  @Test func whatWasTrainedOnIsNoCheck() throws {
    let world = try TuningFixture()
    let result = try world.run([
      "distill", "p.yaml", "data.jsonl", "-o", "new.linear", "--budget", "300", "--recorded", "answers.jsonl", "--bits", "12", "--also", "train.jsonl", "--check", "train.jsonl",
    ])
    #expect(result.status == 0 && result.error.contains("of --check were trained on"), "\(result.error)")
    #expect(!result.output.contains("people's labels"))
  }

  @Test func aComparisonReadsNoPipe() throws {
    let world = try TuningFixture(messages: 40)
    for files in [["-"], []] {
      let result = try world.run(["compare", "p.yaml", "p.yaml"] + files)
      #expect(result.status == 2 && result.error.contains("name a file"), "\(result.error)")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))) func whatCannotBeWrittenIsNoSuccess() throws {
    let process = Binary.process(["schema"])
    let error = Pipe()
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = error
    try process.run()
    process.waitUntilExit()
    let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationStatus == 2 && text.contains("cannot write"), "\(text)")
  }

  @Test func withoutAModelThereIsNothingToLearnFrom() throws {
    let world = try TuningFixture(messages: 40)
    #expect(try world.run("distill", "p.yaml", "data.jsonl", "-o", "n.linear", "--budget", "20").status == 2)
    #expect(try world.run("distill", "p.yaml", "data.jsonl", "-o", "n.linear", "--budget", "2").status == 64)
  }
}
