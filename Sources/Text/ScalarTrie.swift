/// A value for each Unicode scalar in two look-ups: a page number for the scalar's upper bits, the value in the page. Equal pages are shared.
public struct ScalarTrie<Value: Hashable & Sendable>: Sendable {
  @usableFromInline static var pageBits: UInt32 { 7 }
  @usableFromInline let pages: [UInt16]
  @usableFromInline let values: [Value]

  /// - Parameter entries: scalars not named get `fallback`; scalars beyond U+10FFFF are ignored.
  public init(_ entries: [UInt32: Value], fallback: Value) {
    let pageSize = 1 << Int(Self.pageBits)
    var filled: [Int: [Value]] = [:]
    for (scalar, value) in entries where scalar <= 0x10FFFF {
      filled[Int(scalar >> Self.pageBits), default: [Value](repeating: fallback, count: pageSize)][Int(scalar) & (pageSize - 1)] = value
    }
    var values = [Value](repeating: fallback, count: pageSize)
    var pages = [UInt16](repeating: 0, count: 0x110000 >> Int(Self.pageBits))
    var known: [[Value]: UInt16] = [values: 0]
    for (page, content) in filled.sorted(by: { $0.key < $1.key }) {
      if let number = known[content] {
        pages[page] = number
        continue
      }
      let number = UInt16(values.count / pageSize)
      known[content] = number
      pages[page] = number
      values += content
    }
    self.pages = pages
    self.values = values
  }

  /// - Precondition: `scalar <= 0x10FFFF`.
  @inlinable public subscript(scalar: UInt32) -> Value {
    values[Int(pages[Int(scalar >> Self.pageBits)]) << Int(Self.pageBits) | Int(scalar & 0x7F)]
  }

  /// Calls `body` with a view that skips bounds checks; for loops over bytes.
  @inlinable public func withView<Result>(_ body: (View) throws -> Result) rethrows -> Result {
    try pages.withUnsafeBufferPointer { pages in
      try values.withUnsafeBufferPointer { values in
        try body(View(pages: pages.baseAddress.unsafelyUnwrapped, values: values.baseAddress.unsafelyUnwrapped))
      }
    }
  }

  /// Pointers into a trie; valid inside ``withView(_:)``.
  public struct View {
    @usableFromInline let pages: UnsafePointer<UInt16>
    @usableFromInline let values: UnsafePointer<Value>
    @usableFromInline init(pages: UnsafePointer<UInt16>, values: UnsafePointer<Value>) { (self.pages, self.values) = (pages, values) }
    /// - Precondition: `scalar <= 0x10FFFF`.
    @inlinable @inline(__always) public subscript(scalar: UInt32) -> Value {
      values[Int(pages[Int(scalar >> 7)]) << 7 | Int(scalar & 0x7F)]
    }
  }
}
