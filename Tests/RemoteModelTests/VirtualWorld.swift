import Moderation
import RemoteModel
import Synchronization

/// Time that passes only when somebody sleeps, and chance from a list.
final class VirtualTime: Sendable {
  private struct State {
    var now = ContinuousClock.now
    var sleeps: [Duration] = []
    var random: [Double]
  }
  private let state: Mutex<State>
  init(random: [Double] = [0.5]) { state = Mutex(State(random: random)) }

  var now: ContinuousClock.Instant { state.withLock(\.now) }
  var sleeps: [Duration] { state.withLock(\.sleeps) }
  func advance(_ duration: Duration) { state.withLock { $0.now += duration } }

  var clock: ChatClock {
    ChatClock(
      now: { self.now },
      sleep: { duration in
        self.state.withLock {
          $0.sleeps.append(duration)
          $0.now += duration
        }
        try Task.checkCancellation()
      },
      random: {
        self.state.withLock { state in
          let value = state.random.removeFirst()
          state.random.append(value)
          return value
        }
      }, wallSeconds: { 784_111_770 })
  }
}

/// A network that answers from a closure and remembers what was asked.
final class ScriptedTransport: HTTPTransport {
  struct Seen: Sendable {
    var url: String
    var body: String
  }
  private let seenCalls = Mutex<[Seen]>([])
  private let answer: @Sendable (String, Int) -> Result<HTTPReply, TransportFailure>

  /// - Parameter answer: gets the URL and the number of the call, from 0.
  init(_ answer: @escaping @Sendable (String, Int) -> Result<HTTPReply, TransportFailure>) { self.answer = answer }
  var calls: [Seen] { seenCalls.withLock { $0 } }

  func send(_ call: HTTPCall) async throws(TransportFailure) -> HTTPReply {
    let number = seenCalls.withLock { calls in
      calls.append(Seen(url: call.url, body: String(decoding: call.body, as: UTF8.self)))
      return calls.count - 1
    }
    return try answer(call.url, number).get()
  }
  func shutdown() async {}
}
