import Text

/// Comparing a form with a text byte by byte, signs included.
struct FormMatcher {
  let pool: UnsafePointer<UInt8>
  let forms: UnsafePointer<FormTable.Form>

  /// Where `form` ends in `view` when it starts at `start`; -1 when it does not stand there.
  func end(of form: FormTable.Form, in view: TextView, at start: Int) -> Int {
    let bytes = pool + Int(form.offset)
    let length = Int(form.length)
    var index = 0
    var at = start
    while index < length {
      let wanted = bytes[index]
      index += 1
      switch wanted {
      case PhraseForm.gap:
        let end = Self.gapEnd(view, from: at)
        guard end > at else { return -1 }
        at = end
      case PhraseForm.stretched:
        guard at > start, view.isStretched(at - 1) else { return -1 }
      default:
        guard at < view.count, Self.folded(view.bytes[at]) == wanted else { return -1 }
        at += 1
      }
    }
    let isOpen = form.edges.contains(.left) && view.isInsideWord(start) || form.edges.contains(.right) && view.isInsideWord(at)
    return isOpen && !Self.isPartOfJoinedWord(view, start..<at) ? -1 : at
  }

  /// Shorter parts, in characters, of a word that was joined from spaced letters do not count.
  static let shortestJoinedPart = 4

  /// Whether `span` is part of a word joined from spaced letters, where a phrase's own limits may have been lost.
  private static func isPartOfJoinedWord(_ view: TextView, _ span: Range<Int>) -> Bool {
    guard view.hasJoined, span.count(where: { view.bytes[$0] & 0xC0 != 0x80 }) >= shortestJoinedPart else { return false }
    let around = max(0, span.lowerBound - 1)..<min(view.count, span.upperBound + 1)
    return span.allSatisfy(view.isWord) && around.allSatisfy { !view.isWord($0) || view.isJoined($0) }
  }

  @inline(__always) static func folded(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// Where the run of blanks, `_` and `-` from `start` on ends.
  private static func gapEnd(_ view: TextView, from start: Int) -> Int {
    var at = start
    while at < view.count {
      let byte = view.bytes[at]
      if byte == 0x20 || byte == 0x5F || byte == 0x2D || byte &- 9 < 5 {
        at += 1
      } else if byte >= 0x80 {
        let (scalar, length) = UTF8Scalar.decode(view.bytes, at: at, end: view.count)
        guard ScalarClass.table[scalar].contains(.space) else { break }
        at += length
      } else {
        break
      }
    }
    return at
  }
}
