import ArgumentParser
import FoundationEssentials
import Moderation
import Pipeline
import PipelineFile
import RecordIO
import Safeguard
import StandardStages

struct TestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the cases of pipeline files, offline.",
    discussion: """
      Cases stand under `tests:` in the pipeline file, or in NAME.tests.yaml beside it. The reasoner answers what the case says it answers; no model and no
      network are used. Exits with 1 when a case fails.
      """)

  @Argument(help: "Pipeline files.") var files: [String]
  @Option(help: "Also write a JUnit report to this file.") var junit: String?
  @Flag(help: "List passed cases too.") var verbose = false

  func run() async throws {
    try await reportingFailures {
      try refuseSharedFiles(writing: [("--junit", junit)], reading: files)
      var report = JUnitReport()
      var (passed, failed) = (0, 0)
      // With a glob the files of cases come along; they are read with their pipelines.
      let pipelines = files.filter { !PipelineFile.isTestsFile($0) }
      guard !pipelines.isEmpty else { throw CommandFailure("\(files[0]) holds cases only; name the pipeline file beside it") }
      for file in pipelines {
        let definition = try PipelineLoading.load(file)
        if definition.tests.isEmpty { Terminal.output("\(file): no cases\n") }
        for result in try await results(definition) {
          result.passed ? (passed += 1) : (failed += 1)
          show(result, file: file)
          report.add(suite: file, result)
        }
      }
      if let junit { try report.write(to: junit) }
      Terminal.output("\(passed) passed, \(failed) failed\n")
      if failed > 0 { throw Exit.findings }
    }
  }

  private func results(_ definition: PipelineDefinition) async throws -> [PipelineTestRunner.Result] {
    // Without models: no key is read, no checkpoint opened and no endpoint asked.
    let pipeline = try ModerationPipeline.build(definition, types: StandardStages.all, options: BuildOptions(isOffline: true, threads: 1), lanes: 1)
    return try await PipelineTestRunner(definition: definition, stages: pipeline.stages) { stage, testCase in
      try SafeguardStage.scripted(stage.configuration, answers: testCase.reasoner)
    }.run()
  }

  private func show(_ result: PipelineTestRunner.Result, file: String) {
    let span = result.testCase.span
    if result.passed {
      if verbose { Terminal.output("ok    \(result.testCase.name): \(result.observed)\n") }
      return
    }
    Terminal.output("FAIL  \(result.testCase.name)\n      \(span.file):\(span.line): \(result.failures.joined(separator: "; "))\n      got: \(result.observed)\n")
  }
}

/// JUnit XML, as CI systems read it.
struct JUnitReport {
  private var suites: [(name: String, cases: [String], failures: Int)] = []

  mutating func add(suite: String, _ result: PipelineTestRunner.Result) {
    if suites.last?.name != suite { suites.append((suite, [], 0)) }
    let name = Self.escape(result.testCase.name)
    let body = result.passed ? "" : "<failure message=\"\(Self.escape(result.failures.joined(separator: "; ")))\">\(Self.escape(result.observed))</failure>"
    suites[suites.count - 1].cases.append("    <testcase classname=\"\(Self.escape(suite))\" name=\"\(name)\">\(body)</testcase>")
    if !result.passed { suites[suites.count - 1].failures += 1 }
  }

  func write(to path: String) throws {
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
    for suite in suites {
      xml += "  <testsuite name=\"\(Self.escape(suite.name))\" tests=\"\(suite.cases.count)\" failures=\"\(suite.failures)\">\n"
      xml += suite.cases.joined(separator: "\n") + "\n  </testsuite>\n"
    }
    try replaceFile(path: path, with: Array((xml + "</testsuites>\n").utf8))
  }

  static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}
