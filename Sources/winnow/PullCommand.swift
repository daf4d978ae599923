import ArgumentParser
import FoundationEssentials
import GPTOSS
import ModelHub
import Moderation
import Synchronization

struct PullCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Download a checkpoint from the Hugging Face hub, or from a server with its URL layout.",
    discussion: """
      Every file is checked against the hub's hash; a broken pull is taken up where it ended when the command is run again. Only what the model needs is
      brought: not the folders `original/` and `metal/`.

        winnow model pull openai/gpt-oss-safeguard-20b
        winnow model pull openai/gpt-oss-20b@main -o /models/gpt-oss-20b --mirror https://hub.example

      Environment: HF_ENDPOINT is the mirror, HF_TOKEN a token for it. The token is sent to the mirror alone, and over plain http to this machine only.
      """)

  @Argument(help: "OWNER/NAME, or OWNER/NAME@REVISION.") var repository: String
  @Option(name: [.short, .customLong("output")], help: "Folder; default: the repository's name, here.") var output: String?
  @Option(help: "Server; default: HF_ENDPOINT, else \(ModelHub.defaultMirror).") var mirror: String?
  @Option(help: "Pattern of files to bring, in place of the usual ones (`*`, `?`); may be given again.") var include: [String] = []
  @Option(help: "Pattern of files to leave out; may be given again.") var exclude: [String] = []
  @Option(help: "Files at once.") var connections = 4

  func validate() throws {
    if !(1...32).contains(connections) { throw ValidationError("`--connections` must be 1 to 32") }
    do throws(HubError) {
      _ = try HubRepository(written: repository)
      _ = try HubMirror(written: server)
    } catch { throw ValidationError(error.message) }
  }

  private var server: String { mirror ?? ProcessInfo.processInfo.environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } ?? ModelHub.defaultMirror }

  func run() async throws {
    try await reportingFailures {
      let repository = try HubRepository(written: repository)
      var options = ModelPull.Options()
      options.connections = connections
      options.token = ProcessInfo.processInfo.environment["HF_TOKEN"].flatMap { HubToken($0) }
      let pull = ModelPull(
        repository, from: try HubMirror(written: server), selection: FileSelection(include: include, exclude: exclude), options: options)
      let progress = PullProgress(isOn: Terminal.errorIsTerminal)
      let summary: ModelPull.Summary
      do { summary = try await pull.run(into: output ?? repository.shortName) { progress.take($0) } } catch {
        progress.clear()
        throw error
      }
      progress.clear()
      Terminal.output("\(summary.folder): \(summary.files.count) files, \(summary.bytes.grouped) bytes of \(repository.name) at \(summary.commit ?? repository.revision)\n")
      // What was chosen by pattern need not be a whole checkpoint.
      if include.isEmpty, exclude.isEmpty { _ = try Checkpoint(at: summary.folder) }
    }
  }
}

/// One line on a terminal while files come, and one line on standard output for each that is there.
private final class PullProgress: Sendable {
  private struct State {
    var files = 0
    var done = 0
    var expected: Int?
    var received: [String: Int] = [:]
    /// What was there when this run began; it does not count for the speed.
    var found: [String: Int] = [:]
    var started = ContinuousClock.now
    var lastDraw: ContinuousClock.Instant?
  }
  private let isOn: Bool
  private let state = Mutex(State())

  init(isOn: Bool) { self.isOn = isOn }

  func take(_ event: ModelPull.Event) {
    switch event {
    case .tokenWithheld: Terminal.error("note: `HF_TOKEN` is not sent, because the mirror is plain http\n")
    case .listed(let files, let bytes):
      state.withLock { ($0.files, $0.expected, $0.started) = (files, bytes, .now) }
    case .received(let file, let bytes, _):
      let line = state.withLock { state -> String? in
        if state.found[file] == nil { state.found[file] = bytes }
        state.received[file] = bytes
        return draw(&state)
      }
      if let line { Terminal.error("\r\u{1B}[K\(line)") }
    case .retrying(let file, let reason, let pause):
      clear()
      Terminal.error("\(file): \(reason); again in \(pause.readable)\n")
    case .finished(let file):
      state.withLock { state in
        state.done += 1
        state.received[file.name] = file.bytes
        if file.outcome == .kept { state.found[file.name] = file.bytes }
      }
      clear()
      let check = file.verifiedBy.map { "\($0) right" } ?? "no hash to check"
      Terminal.output("\(file.name): \(file.bytes.grouped) bytes, \(file.outcome == .kept ? "was there" : file.outcome.rawValue), \(check)\n")
    }
  }

  private func draw(_ state: inout State) -> String? {
    let now = ContinuousClock.now
    guard isOn, state.lastDraw.map({ now - $0 >= .milliseconds(250) }) ?? true else { return nil }
    state.lastDraw = now
    let received = state.received.values.reduce(0, +), fresh = received - state.found.values.reduce(0, +)
    let rate = Double(fresh) / max(0.001, (now - state.started).inSeconds)
    var line = "\(state.done) of \(state.files) files · \(megabytes(received))"
    if let expected = state.expected { line += " of \(megabytes(expected))" }
    line += " · \(megabytes(Int(rate)))/s"
    if let expected = state.expected, rate > 0, received < expected { line += " · \(Duration.seconds(Double(expected - received) / rate).readable) left" }
    return line
  }

  private func megabytes(_ bytes: Int) -> String {
    bytes >= 1_000_000_000 ? "\((Double(bytes) / 1e9).formatted(decimals: 2)) GB" : "\((Double(bytes) / 1e6).formatted(decimals: 1)) MB"
  }

  func clear() { if isOn { Terminal.error("\r\u{1B}[K") } }
}
