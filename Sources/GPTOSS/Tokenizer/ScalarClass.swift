/// What a Unicode scalar is to the o200k pattern. No other property of a scalar has an effect on how text is split.
///
/// The categories are those of Unicode 16, as tiktoken's and tokenizers' regular expression engines have them.
package enum ScalarClass: UInt8, Sendable {
  /// Neither letter, mark, number nor white space: punctuation, symbols, controls, unassigned.
  case other
  /// `\p{Lu}`, `\p{Lt}`
  case upper
  /// `\p{Ll}`
  case lower
  /// `\p{Lm}`, `\p{Lo}`: fits where an upper-case letter is asked for, and where a lower-case one is.
  case uncased
  /// `\p{M}`: as `uncased`, but not a letter, so it also fits before a word.
  case mark
  /// `\p{N}`
  case number
  /// `\s` except carriage return and line feed. Unicode's White_Space: with U+0085 and U+3000, without U+200B and U+FEFF.
  case space
  /// Carriage return and line feed.
  case newline

  package init(of scalar: Unicode.Scalar) {
    let table = ScalarClassTable.shared
    let block = Int(table.blockNumbers[Int(scalar.value >> 8)])
    self = ScalarClass(rawValue: table.blocks[block << 8 | Int(scalar.value & 0xFF)]) ?? .other
  }
}

/// Class of every scalar in two steps: the block of 256 scalars, then the place in it. 35 KB, made once per process.
///
/// `@unchecked Sendable`: the memory is filled by `init` and never written or freed afterwards.
final class ScalarClassTable: @unchecked Sendable {
  static let shared = ScalarClassTable()

  /// Scalar >> 8 → number of its block.
  let blockNumbers: UnsafeMutablePointer<UInt8>
  /// Block number << 8 | scalar & 255 → raw value of the class. Block 0 is Latin-1.
  let blocks: UnsafeMutablePointer<UInt8>

  private init() {
    let classes = Self.expand(ScalarClass.runs)
    var numbers: [[UInt8]: UInt8] = [:]
    var distinct: [UInt8] = []
    blockNumbers = .allocate(capacity: classes.count / 256)
    for block in 0..<classes.count / 256 {
      let content = Array(classes[block * 256..<block * 256 + 256])
      if numbers[content] == nil {
        precondition(numbers.count < 256, "the generated class table has more distinct blocks than a byte can number")
        numbers[content] = UInt8(numbers.count)
        distinct += content
      }
      blockNumbers[block] = numbers[content] ?? 0
    }
    blocks = .allocate(capacity: distinct.count)
    blocks.initialize(from: distinct, count: distinct.count)
  }

  private static func expand(_ runs: StaticString) -> [UInt8] {
    var classes: [UInt8] = []
    classes.reserveCapacity(0x110000)
    var (current, length) = (UInt8(0), 0)
    func flush() { classes.append(contentsOf: repeatElement(current, count: max(length, 1))) }
    var isOpen = false
    runs.withUTF8Buffer { text in
      for byte in text {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "h"):
          if isOpen { flush() }
          (current, length, isOpen) = (byte - UInt8(ascii: "a"), 0, true)
        case UInt8(ascii: "A")...UInt8(ascii: "V"): length = length * 32 + Int(byte - UInt8(ascii: "A")) + 10
        default: length = length * 32 + Int(byte - UInt8(ascii: "0"))
        }
      }
    }
    flush()
    precondition(classes.count == 0x110000, "the generated class table does not cover Unicode")
    return classes
  }
}
