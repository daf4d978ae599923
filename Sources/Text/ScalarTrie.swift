/// A value for each Unicode scalar in two look-ups: a page number for the scalar's upper bits, the value in the page. Equal pages are shared.
public struct ScalarTrie<Value: Hashable & Sendable>: Sendable {
  @usableFromInline static var pageBits: UInt32 { 7 }
  @usableFromInline static var pageSize: Int { 128 }
  @usableFromInline let pages: [UInt16]
  @usableFromInline let values: [Value]

  /// `count` scalars, `stride` apart, with the same value.
  public struct Run: Sendable {
    public var first: UInt32
    public var count: UInt32
    public var stride: UInt32
    public var value: Value
    public init(first: UInt32, count: UInt32 = 1, stride: UInt32 = 1, value: Value) {
      (self.first, self.count, self.stride, self.value) = (first, count, stride, value)
    }
  }

  public init(_ entries: [UInt32: Value], fallback: Value) {
    self.init(runs: entries.map { Run(first: $0.key, value: $0.value) }, fallback: fallback)
  }

  /// Scalars in no run get `fallback`; scalars beyond U+10FFFF are ignored.
  public init(runs: [Run], fallback: Value) {
    var filled: [Int: [Value]] = [:]
    for run in runs {
      var n: UInt32 = 0
      while n < run.count {
        let scalar = run.first + n * run.stride
        let page = Int(scalar >> Self.pageBits)
        var content = filled.removeValue(forKey: page) ?? [Value](repeating: fallback, count: Self.pageSize)
        while n < run.count, Int((run.first + n * run.stride) >> Self.pageBits) == page {
          content[Int(run.first + n * run.stride) & (Self.pageSize - 1)] = run.value
          n += 1
        }
        filled[page] = content
      }
    }
    self.init(pages: filled, fallback: fallback)
  }

  private init(pages filled: [Int: [Value]], fallback: Value) {
    var values = [Value](repeating: fallback, count: Self.pageSize)
    var pages = [UInt16](repeating: 0, count: 0x110000 >> Int(Self.pageBits))
    var known: [[Value]: UInt16] = [values: 0]
    for (page, content) in filled.sorted(by: { $0.key < $1.key }) where page < pages.count {
      if let number = known[content] {
        pages[page] = number
        continue
      }
      let number = UInt16(values.count / Self.pageSize)
      known[content] = number
      pages[page] = number
      values += content
    }
    self.pages = pages
    self.values = values
  }

  /// A trie over `combine(a, b)` of two tries' values, page by page; for tables that one look-up shall answer.
  public static func combining<A, B>(_ a: ScalarTrie<A>, _ b: ScalarTrie<B>, _ combine: (A, B) -> Value) -> ScalarTrie<Value> {
    var known: [UInt32: UInt16] = [:]
    var pages: [UInt16] = []
    var values: [Value] = []
    for (first, second) in zip(a.pages, b.pages) {
      let key = UInt32(first) << 16 | UInt32(second)
      if let number = known[key] {
        pages.append(number)
        continue
      }
      let number = UInt16(values.count / pageSize)
      known[key] = number
      pages.append(number)
      for offset in 0..<pageSize { values.append(combine(a.values[Int(first) * pageSize + offset], b.values[Int(second) * pageSize + offset])) }
    }
    return ScalarTrie(pages: pages, values: values)
  }

  private init(pages: [UInt16], values: [Value]) { (self.pages, self.values) = (pages, values) }

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
