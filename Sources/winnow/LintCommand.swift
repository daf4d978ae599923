import ArgumentParser
import FoundationEssentials
import Moderation
import PipelineFile
import Safeguard
import StandardStages
import YAMLDocument

struct LintCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Check pipeline and policy files; report every problem at once.",
    discussion: """
      Files ending in .md are policies, others pipelines. Exits with 1 when there are errors (with --strict: also for warnings).

        winnow lint pipelines/*.yaml policies/*.md
        winnow lint --format sarif pipelines/*.yaml > winnow.sarif
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, sarif, github }

  @Argument(help: "Pipeline (.yaml) and policy (.md) files.") var files: [String]
  @Option(help: "text, json, sarif or github.") var format: Format = .text
  @Flag(help: "Treat warnings as errors.") var strict = false

  func run() async throws {
    try await reportingFailures {
      var all = Diagnostics()
      let sources = files.filter { !PipelineFile.isTestsFile($0) }
      guard !sources.isEmpty else { throw CommandFailure("\(files[0]) holds cases only, which are checked with the pipeline file beside it; name that") }
      for file in sources {
        let found = Self.lint(file)
        if format == .text {
          Terminal.output(DiagnosticRenderer.text(found, color: Terminal.outputHasColor))
          Terminal.output(DiagnosticRenderer.summary(found, of: file) + "\n")
        }
        all.add(contentsOf: found)
      }
      switch format {
      case .text: break
      case .json: Terminal.output(DiagnosticRenderer.json(all))
      case .sarif: Terminal.output(DiagnosticRenderer.sarif(all, version: WinnowVersion.current, codes: StandardStages.codes))
      case .github: Terminal.output(DiagnosticRenderer.githubAnnotations(all))
      }
      if all.hasErrors || (strict && !all.isEmpty) { throw Exit.findings }
    }
  }

  private static func lint(_ file: String) -> Diagnostics {
    guard file.hasSuffix(".md") else {
      return PipelineFile.load(path: file, stageTypes: StandardStages.all, environment: ProcessInfo.processInfo.environment).diagnostics
    }
    var diagnostics = Diagnostics()
    guard let bytes = SourceFile.read(path: file, file: file, maxBytes: Policy.maximumBytes, diagnostics: &diagnostics) else { return diagnostics }
    guard let text = SourceFile.text(bytes, file: file, diagnostics: &diagnostics) else { return diagnostics }
    return PolicyLint.check(text: text, file: file)
  }
}
