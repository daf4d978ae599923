import ArgumentParser

/// The command line: glue between the modules, one file for each subcommand.
@main
struct Winnow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "winnow",
    abstract: "Moderate chat in layers: rules, then a small classifier, then a model that reads your policy.",
    discussion: """
      A pipeline file (YAML) chains cheap screens in front of gpt-oss-safeguard. Only what the cheap layers are unsure of reaches the model.

        winnow run pipelines/game-chat.yaml chat.jsonl -o verdicts.jsonl
        winnow lint pipelines/*.yaml policies/*.md
        winnow explain classifier

      Exit codes: 0 ok, 1 findings (lint errors, failing cases, --fail-on), 2 failed to run, 64 wrong usage.
      """,
    version: WinnowVersion.current,
    subcommands: [
      RunCommand.self, ReportCommand.self, LintCommand.self, TestCommand.self, EvalCommand.self, TuneCommand.self, CompareCommand.self, DistillCommand.self, ExplainCommand.self, SchemaCommand.self, TrainCommand.self, ScoreCommand.self, AuditCommand.self, JudgeCommand.self, ModelCommand.self, TokensCommand.self,
    ])
}

enum WinnowVersion {
  static let current = "0.1.0"
}
