/// The place of a category in a pipeline's ``CategoryTable``: 0 ..< 64.
public struct CategoryIndex: Sendable, Hashable, Comparable {
  public var rawValue: UInt8
  @inlinable public init(_ rawValue: Int) { self.rawValue = UInt8(rawValue) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// How bad a violation is; a property of the category, never of one message.
public enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
  case info, low, medium, high, critical
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
}

/// One thing that a pipeline looks for, as the pipeline file's `categories:` writes it.
public struct Category: Sendable, Hashable {
  /// Dotted lower-case name, for example `harassment.targeted`.
  public var name: String
  public var severity: Severity
  /// Absolute path of the policy file that defines the category, when it has one.
  public var policyPath: String?
  /// `false` turns every block of this category into a review.
  public var autoBlock: Bool
  /// `true` keeps the category open until a reasoner has seen the message: no cheap stage may settle it.
  public var alwaysEscalate: Bool

  public init(name: String, severity: Severity = .medium, policyPath: String? = nil, autoBlock: Bool = true, alwaysEscalate: Bool = false) {
    self.name = name
    self.severity = severity
    self.policyPath = policyPath
    self.autoBlock = autoBlock
    self.alwaysEscalate = alwaysEscalate
  }
}

/// The categories of one pipeline, in the order of the file; at most 64, so that a set of them is one word.
public struct CategoryTable: Sendable {
  public static let capacity = 64
  public let categories: [Category]
  private let indices: [String: CategoryIndex]

  /// - Precondition: at most ``capacity`` categories with different names (the pipeline file's checks guarantee it).
  public init(_ categories: [Category]) {
    precondition(categories.count <= Self.capacity, "a pipeline has at most \(Self.capacity) categories")
    self.categories = categories
    indices = Dictionary(categories.enumerated().map { ($1.name, CategoryIndex($0)) }, uniquingKeysWith: { first, _ in first })
  }

  public subscript(index: CategoryIndex) -> Category { categories[index.index] }
  public func index(of name: String) -> CategoryIndex? { indices[name] }
  public var count: Int { categories.count }
  public var all: CategorySet { CategorySet(firstCount: categories.count) }
}

/// A set of categories of one table.
public struct CategorySet: Sendable, Hashable {
  public var bits: UInt64
  @inlinable public init(bits: UInt64 = 0) { self.bits = bits }
  @inlinable public init(_ indices: some Sequence<CategoryIndex>) {
    bits = 0
    for index in indices { insert(index) }
  }
  /// The categories 0 ..< `count`.
  @inlinable public init(firstCount count: Int) { bits = count >= 64 ? .max : (1 << UInt64(count)) - 1 }
  @inlinable public var isEmpty: Bool { bits == 0 }
  @inlinable public var count: Int { bits.nonzeroBitCount }
  @inlinable public func contains(_ index: CategoryIndex) -> Bool { bits & (1 << UInt64(index.rawValue)) != 0 }
  @inlinable public mutating func insert(_ index: CategoryIndex) { bits |= 1 << UInt64(index.rawValue) }
  @inlinable public mutating func remove(_ index: CategoryIndex) { bits &= ~(1 << UInt64(index.rawValue)) }
  @inlinable public func union(_ other: Self) -> Self { .init(bits: bits | other.bits) }
  @inlinable public func intersection(_ other: Self) -> Self { .init(bits: bits & other.bits) }
  @inlinable public func subtracting(_ other: Self) -> Self { .init(bits: bits & ~other.bits) }
}

extension CategorySet: Sequence {
  public struct Iterator: IteratorProtocol {
    @usableFromInline var rest: UInt64
    @inlinable init(rest: UInt64) { self.rest = rest }
    @inlinable public mutating func next() -> CategoryIndex? {
      guard rest != 0 else { return nil }
      let bit = rest.trailingZeroBitCount
      rest &= rest - 1
      return CategoryIndex(bit)
    }
  }
  @inlinable public func makeIterator() -> Iterator { Iterator(rest: bits) }
}
