import Synchronization

/// Set once from a signal handler or a test; asked by the reader between records.
public final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  public init() {}
  public func set() { flag.store(true, ordering: .releasing) }
  public var isSet: Bool { flag.load(ordering: .acquiring) }
}
