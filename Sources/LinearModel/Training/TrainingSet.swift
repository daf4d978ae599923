import Crypto

/// One label of the model and the labels of the data that make it: positive when any of them is, negative when some are known and none is.
public struct LabelSource: Sendable, Hashable {
  public var label: String
  public var sources: [String]
  public init(_ label: String, from sources: [String]? = nil) { (self.label, self.sources) = (label, sources ?? [label]) }
}

/// What a row says about one label.
public enum Target: Int8, Sendable {
  case negative = 0
  case positive = 1
  /// Not annotated: the row teaches this label nothing.
  case unknown = -1
}

/// Labelled texts, in the order they came.
public struct TrainingSet: Sendable {
  public let labels: [String]
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = [0]
  /// `[rows, labels]`.
  private(set) var targets: [Int8] = []

  /// - Parameter labels: 1 ... 64 different names.
  public init(labels: [String]) { self.labels = labels }

  public var count: Int { ends.count - 1 }

  /// - Parameter targets: one for each label, in the order of `labels`.
  public mutating func append(_ text: String, _ targets: [Target]) {
    precondition(targets.count == labels.count, "a row has one target for each label")
    bytes.append(contentsOf: text.utf8)
    ends.append(bytes.count)
    self.targets.append(contentsOf: targets.map(\.rawValue))
  }

  func range(_ row: Int) -> Range<Int> { ends[row]..<ends[row + 1] }
  func target(_ row: Int, _ label: Int) -> Int8 { targets[row * labels.count + label] }

  /// Rows known to be positive and known to be negative.
  public func counts(of label: Int) -> (positives: Int, negatives: Int) {
    var counts = (positives: 0, negatives: 0)
    for row in 0..<count {
      switch target(row, label) {
      case 1: counts.positives += 1
      case 0: counts.negatives += 1
      default: break
      }
    }
    return counts
  }

  /// SHA-256, hex, of the labels and all rows: for each row the byte length (8 bytes, little-endian), the text, the targets.
  public var fingerprint: String {
    var hash = SHA256()
    for label in labels { hash.update(data: Array(label.utf8) + [0]) }
    for row in 0..<count {
      let range = range(row)
      withUnsafeBytes(of: UInt64(range.count).littleEndian) { hash.update(bufferPointer: $0) }
      bytes.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[range])) }
      targets.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[row * labels.count..<(row + 1) * labels.count])) }
    }
    return hex(hash.finalize())
  }

  /// Which of `count` folds a row belongs to: a hash of its text, so that equal texts never stand on both sides.
  func folds(_ count: Int, seed: UInt64) -> [UInt8] {
    (0..<self.count).map { row in
      var hash = 0xCBF2_9CE4_8422_2325 ^ seed
      for byte in bytes[range(row)] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      return UInt8((hash >> 32) % UInt64(count))
    }
  }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
