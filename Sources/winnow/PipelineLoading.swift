import FoundationEssentials
import Moderation
import Pipeline
import PipelineFile
import StandardStages

/// Reads a pipeline file as every command does: all problems at once, warnings shown, errors thrown.
enum PipelineLoading {
  static func load(_ path: String, showWarnings: Bool = true) throws -> PipelineDefinition {
    let (definition, diagnostics) = PipelineFile.load(path: path, stageTypes: StandardStages.all, environment: ProcessInfo.processInfo.environment)
    guard let definition, !diagnostics.hasErrors else { throw DiagnosticsError(diagnostics) }
    if showWarnings, !diagnostics.isEmpty { Terminal.error(DiagnosticRenderer.text(diagnostics, color: Terminal.errorHasColor)) }
    return definition
  }
}
