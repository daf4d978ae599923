import Dispatch
import Streaming
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// SIGTERM and SIGINT drain: what was read is finished, then the run ends. A second one ends it at once. SIGPIPE is an error of `write`.
final class Signals {
  private let sources: [any DispatchSourceSignal]

  init(stop: StopFlag) {
    signal(SIGPIPE, SIG_IGN)
    sources = [SIGTERM, SIGINT].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if stop.isSet { _exit(128 + number) }
        stop.set()
      }
      source.resume()
      return source
    }
  }
}
