import ArgumentParser
import Evaluation
import Moderation
import PipelineFile
import StandardStages

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a stage type or the code of a diagnostic.",
    discussion: "Without a word, everything that can be explained is listed.\n\n  winnow explain prefilter\n  winnow explain unknown-field")

  @Argument(help: "A stage type (prefilter, classifier, safeguard) or a code (unknown-field …).") var word: String?

  private static let codes: [CodeExplanation] = StandardStages.codes + EvaluationCodes.all

  func run() async throws {
    guard let word else { return Terminal.output(PipelineFile.explainIndex(stageTypes: StandardStages.all, codes: Self.codes)) }
    if let text = PipelineFile.explain(word, stageTypes: StandardStages.all, codes: Self.codes) { return Terminal.output(text) }
    let near = PipelineFile.explainSuggestion(for: word, stageTypes: StandardStages.all, codes: Self.codes)
    Terminal.error("error: nothing is called `\(word)`\(near.map { "; did you mean `\($0)`?" } ?? "")\n")
    throw Exit.failed
  }
}
