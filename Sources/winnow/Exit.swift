import ArgumentParser
import Moderation
import PipelineFile

/// The documented exit codes.
enum Exit {
  static let findings = ExitCode(1)
  static let failed = ExitCode(2)
}

/// A command could not do its work; the message is printed as `error: …` and the exit code is 2.
struct CommandFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

extension AsyncParsableCommand {
  /// Runs `body`; failures become one clear line (or rendered diagnostics) on standard error and exit code 2.
  func reportingFailures(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let code as ExitCode {
      throw code
    } catch let error as ValidationError {
      throw error
    } catch let error as DiagnosticsError {
      Terminal.error(DiagnosticRenderer.text(error.diagnostics, color: Terminal.errorHasColor))
      throw Exit.failed
    } catch {
      Terminal.error("error: \(error)\n")
      throw Exit.failed
    }
  }
}
