import Moderation
import RemoteModel

/// What a stage asks: the model itself where there is one, and what stands in front of it (recording, recorded answers).
struct Backends {
  /// The model that a probe can be put to.
  var live: (any ModelBackend)?
  var used: any ModelBackend

  init(live: (any ModelBackend)?, used: any ModelBackend) { (self.live, self.used) = (live, used) }

  init(_ settings: SafeguardSettings, _ configuration: StageConfiguration, _ options: BuildOptions, _ diagnostics: inout Diagnostics) {
    live = nil
    used = NoModelBackend()
    if options.isOffline { return }
    if let path = options.recordedPath {
      if let answers = Self.recorded(path, nil, &diagnostics) { used = RecordedBackend(answers) }
      return
    }
    live = Self.model(settings, configuration, options, &diagnostics)
    if let live { used = live }
    if let path = options.recordPath, let live {
      do throws(FileError) { used = RecordingBackend(live, recorder: try AnswerRecorder(path: path)) } catch {
        diagnostics.error("unwritable-recording", "the recording could not be opened: \(error)", at: nil)
      }
    }
    if let path = settings.recordedPath, let answers = Self.recorded(path, configuration.settings["recorded"]?.span, &diagnostics) {
      used = RecordedBackend(answers, fallback: live == nil ? nil : used)
    }
  }

  private static func recorded(_ path: String, _ span: SourceSpan?, _ diagnostics: inout Diagnostics) -> RecordedAnswers? {
    do throws(FileError) {
      let answers = try RecordedAnswers(path: path)
      if answers.badLines > 0, answers.count == 0 {
        diagnostics.error(
          "bad-recording", "the recording `\(path)` holds no answer, in \(answers.badLines) line\(answers.badLines == 1 ? "" : "s")",
          at: span ?? SourceSpan(file: path, line: 1, column: 1), hint: "name a file that `--record` wrote")
      } else if answers.badLines > 0 {
        diagnostics.warning(
          "bad-recording", "\(answers.badLines) line\(answers.badLines == 1 ? "" : "s") of the recording hold no answer",
          at: span ?? SourceSpan(file: path, line: 1, column: 1))
      }
      return answers
    } catch {
      diagnostics.error("unreadable-recording", "the recorded answers could not be read: \(error)", at: span)
      return nil
    }
  }

  private static func model(
    _ settings: SafeguardSettings, _ configuration: StageConfiguration, _ options: BuildOptions, _ diagnostics: inout Diagnostics
  ) -> (any ModelBackend)? {
    switch settings.model {
    case .none: return nil
    case .native(let path):
      return NativeModels.backend(path: path, span: configuration.settings["model"]?.span, settings: settings, options: options, diagnostics: &diagnostics)
    case .remote(let endpoints, let name):
      let key = settings.key?.load(&diagnostics)
      guard settings.key == nil || key != nil else { return nil }
      var retry = RetryPolicy()
      retry.maximumRetries = settings.retries
      let client = ChatClient(ChatClient.Configuration(endpoints: endpoints, key: key, concurrency: settings.concurrency, retry: retry))
      return RemoteBackend(client: client, model: name, topLogprobs: settings.topLogprobs)
    }
  }
}
