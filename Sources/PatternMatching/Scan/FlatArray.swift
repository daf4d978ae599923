/// An array that never changes, as a pointer that stays valid as long as this object: inner loops hold it across calls.
///
/// `@unchecked Sendable`: the memory is written in `init` and only read afterwards.
final class FlatArray<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  let base: UnsafePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    elements.withUnsafeBufferPointer { buffer in
      if let source = buffer.baseAddress { memory.initialize(from: source, count: buffer.count) }
    }
    base = UnsafePointer(memory)
    count = elements.count
  }

  deinit { base.deallocate() }
}
