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
    /// Where the first update found the run: not zero when it was resumed.
    var first: (messages: Int, share: Double)?
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
      let first = state.first ?? (progress.statistics.messages, share(progress) ?? 0)
      state.first = first
      if let last = state.lastDraw, now - last < .milliseconds(250) { return nil }
      state.lastDraw = now
      return text(progress, elapsed: now - state.started, since: first)
    }
    if let line { Terminal.error("\r\u{1B}[K\(line)") }
  }

  private func text(_ progress: StreamRun.Progress, elapsed: Duration, since first: (messages: Int, share: Double)) -> String {
    let seconds = max(0.001, elapsed.inSeconds)
    let rate = Double(progress.statistics.messages - first.messages) / seconds
    var line = "\(progress.statistics.messages.grouped) messages · \(Int(rate).grouped)/s · \(progress.statistics.escalated.grouped) to the reasoner"
    if let share = share(progress) {
      line += " · \(share.percent)"
      if share - first.share > 0.01 { line += " · \(Duration.seconds(seconds * (1 - share) / (share - first.share)).readable) left" }
    }
    return line
  }

  /// Of the input's bytes, those read; nil where the size is unknown.
  private func share(_ progress: StreamRun.Progress) -> Double? {
    guard let total = totalSize, total > 0 else { return nil }
    let done = sizes[..<min(progress.position.file, sizes.count)].compactMap { $0 }.reduce(0, +) + progress.bytesRead
    return min(1, Double(done) / Double(total))
  }

  private var totalSize: Int? { sizes.contains { $0 == nil } ? nil : sizes.compactMap { $0 }.reduce(0, +) }

  func clear() { if isOn { Terminal.error("\r\u{1B}[K") } }
}
