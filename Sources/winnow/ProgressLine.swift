import FoundationEssentials
import Moderation
import Pipeline
import RecordIO
import Streaming
import Synchronization

/// One line on a terminal: messages, rate, share done and time left. Drawn four times a second at most.
final class ProgressLine: Sendable {
  private struct State {
    var lastDraw: ContinuousClock.Instant?
    var started = ContinuousClock.now
    var firstMessages: Int?
  }
  private let isOn: Bool
  /// Sizes of the input files; nil where one cannot be known.
  private let sizes: [Int?]
  private let state = Mutex(State())

  init(inputs: [String], isOn: Bool) {
    self.isOn = isOn
    sizes = inputs.map { path in (try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int }
  }

  func update(_ progress: StreamRun.Progress) {
    guard isOn else { return }
    let line: String? = state.withLock { state in
      let now = ContinuousClock.now
      let first = state.firstMessages ?? progress.statistics.messages
      state.firstMessages = first
      if let last = state.lastDraw, now - last < .milliseconds(250) { return nil }
      state.lastDraw = now
      return text(progress, elapsed: now - state.started, messages: progress.statistics.messages - first)
    }
    if let line { Terminal.error("\r\u{1B}[K\(line)") }
  }

  private func text(_ progress: StreamRun.Progress, elapsed: Duration, messages: Int) -> String {
    let seconds = max(0.001, elapsed.inSeconds)
    var line = "\(progress.statistics.messages.grouped) messages · \(Int(Double(messages) / seconds).grouped)/s · \(progress.statistics.escalated.grouped) to the reasoner"
    if let total = totalSize, total > 0 {
      let done = sizes[..<min(progress.position.file, sizes.count)].compactMap { $0 }.reduce(0, +) + progress.bytesRead
      let share = min(1, Double(done) / Double(total))
      line += " · \(share.percent)"
      if share > 0.01 { line += " · \(Duration.seconds(seconds / share - seconds).readable) left" }
    }
    return line
  }

  private var totalSize: Int? { sizes.contains { $0 == nil } ? nil : sizes.compactMap { $0 }.reduce(0, +) }

  func clear() { if isOn { Terminal.error("\r\u{1B}[K") } }
}
