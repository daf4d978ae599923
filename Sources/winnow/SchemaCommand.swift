import ArgumentParser
import PipelineFile
import StandardStages

struct SchemaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of pipeline files, for editors.",
    discussion: """
      The schema comes from the same specs as the linter and the reference.

        winnow schema > pipelines/pipeline.schema.json
        # in a pipeline file:
        # yaml-language-server: $schema=pipeline.schema.json
      """)
  @Flag(help: "Print the reference page in Markdown instead.") var reference = false

  func run() async throws {
    Terminal.output(reference ? PipelineFile.referencePage(stageTypes: StandardStages.all) : PipelineFile.jsonSchema(stageTypes: StandardStages.all))
  }
}
