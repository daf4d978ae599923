/// The first pass over a text: each character to its normalised form. What depends on neighbours is in ``CharacterPass+Words.swift`` and
/// ``CharacterPass+Composition.swift``.
struct CharacterPass {
  let text: UnsafePointer<UInt8>
  let end: Int
  let copy: NormalizedText
  let entries: ScalarTrie<ScalarMapping.Entry>.View
  let twins: ScalarTrie<ScalarMapping.Twins>.View
  let pool: UnsafePointer<UInt8>
  let ascii: UnsafePointer<UInt8>
  let mapping: ScalarMapping
  let options: NormalizationOptions
  let insideLatinWord: Bool

  /// Next byte to read, next byte to write.
  var source = 0
  var target = 0
  var changed = false
  /// Where the last character that was kept starts, in the text and in the copy; a composition reaches back to it.
  var lastSource = 0
  var lastTarget = 0
  /// Combining class of what was written last; 0 after the character at `lastTarget` itself.
  var lastClass: UInt8 = 0
  /// The word around `source`, when one has been looked at: up to where it reaches, and how its letters are to be read.
  var wordEnd = 0
  var wordReading = WordReading.asWritten

  init(
    text: UnsafePointer<UInt8>, end: Int, copy: NormalizedText, entries: ScalarTrie<ScalarMapping.Entry>.View,
    twins: ScalarTrie<ScalarMapping.Twins>.View, pool: UnsafePointer<UInt8>, ascii: UnsafePointer<UInt8>, mapping: ScalarMapping,
    options: NormalizationOptions, insideLatinWord: Bool
  ) {
    self.text = text
    self.end = end
    self.copy = copy
    self.entries = entries
    self.twins = twins
    self.pool = pool
    self.ascii = ascii
    self.mapping = mapping
    self.options = options
    self.insideLatinWord = insideLatinWord
  }

  /// - Returns: whether anything but the case of ASCII letters changed.
  mutating func run() -> Bool {
    while source < end {
      if text[source] < 0x80 { copyASCII() } else { copyScalar() }
    }
    copy.finish(count: target)
    return changed
  }

  /// Copies up to the next byte that is not ASCII. The room for it is there: every step keeps `capacity ≥ target + what is left to read`.
  private mutating func copyASCII() {
    let (bytes, starts, ends, flags) = (copy.bytes, copy.starts, copy.ends, copy.flags)
    let first = target
    while source < end {
      if source + 8 <= end, copyBlock(bytes, starts, ends, flags) { continue }
      let byte = text[source]
      if byte >= 0x80 { break }
      let mapped = ascii[Int(byte)]
      if mapped == 0, byte != 0 || options.invisibles {
        changed = true
        source += 1
        continue
      }
      bytes[target] = mapped
      starts[target] = UInt32(truncatingIfNeeded: source)
      ends[target] = UInt32(truncatingIfNeeded: source + 1)
      flags[target] = 0
      source += 1
      target += 1
    }
    guard target > first else { return }
    (lastSource, lastTarget, lastClass) = (Int(starts[target - 1]), target - 1, 0)
  }

  /// Copies 8 bytes at once when all are printable ASCII.
  @inline(__always)
  private mutating func copyBlock(
    _ bytes: UnsafeMutablePointer<UInt8>, _ starts: UnsafeMutablePointer<UInt32>, _ ends: UnsafeMutablePointer<UInt32>,
    _ flags: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    let block = UnsafeRawPointer(text + source).loadUnaligned(as: UInt64.self)
    guard Self.isPrintable(block) else { return false }
    let folded = options.caseFolding ? Self.lowercased(block) : block
    UnsafeMutableRawPointer(bytes + target).storeBytes(of: folded, as: UInt64.self)
    UnsafeMutableRawPointer(flags + target).storeBytes(of: 0, as: UInt64.self)
    let places = SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: source)) &+ SIMD8(0, 1, 2, 3, 4, 5, 6, 7)
    UnsafeMutableRawPointer(starts + target).storeBytes(of: places, as: SIMD8<UInt32>.self)
    UnsafeMutableRawPointer(ends + target).storeBytes(of: places &+ 1, as: SIMD8<UInt32>.self)
    source += 8
    target += 8
    return true
  }

  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Whether all 8 bytes are 0x20 ... 0x7E; may be wrong only towards `false`.
  @inline(__always) private static func isPrintable(_ block: UInt64) -> Bool {
    let belowSpace = block &- 0x2020_2020_2020_2020
    let fromDelete = block &+ 0x0101_0101_0101_0101
    return (block | belowSpace | fromDelete) & highBits == 0
  }

  /// The 8 ASCII bytes with capitals made small.
  @inline(__always) private static func lowercased(_ block: UInt64) -> UInt64 {
    let fromA = block &+ 0x3F3F_3F3F_3F3F_3F3F
    let beyondZ = block &+ 0x2525_2525_2525_2525
    return block | (fromA & ~beyondZ & highBits) >> 2
  }

  private mutating func copyScalar() {
    let (scalar, length) = UTF8Scalar.decode(text, at: source, end: end)
    let entry = entries[scalar]
    switch entry.kind {
    case .invisible:
      changed = true
      source += length
    case .removedMark:
      changed = true
      source += length
      // The mark belongs to the character before it: a span that ends there covers both.
      if target > 0 { copy.ends[target - 1] = UInt32(truncatingIfNeeded: source) }
    case .contextual:
      if !copyMark(scalar, isStable: entry.isStable, length: length) { composeSegment() }
    case .same, .replaced:
      if entry.hasTwin, emitTwin(of: scalar, length: length) { return }
      emit(scalar, entry: entry, length: length)
    case .regionalIndicator:
      copyRegionalIndicators()
    }
  }

  /// Writes the form of a character that stands by itself and steps over it.
  mutating func emit(_ scalar: UInt32, entry: ScalarMapping.Entry, length: Int) {
    let isReplaced = entry.kind == .replaced
    let isBroken = scalar == UTF8Scalar.replacement && length == 1
    if isReplaced || isBroken { changed = true }
    if isReplaced {
      write(pool + entry.offset, count: entry.length, from: source, to: source + length)
      // A mark that follows may have to go between the parts.
      if entry.length > 4 || scalar >= 0x80 && entry.length > 1 { lastClass = .max }
    } else if isBroken {
      writeScalar(scalar, from: source, to: source + length)
    } else {
      write(text + source, count: length, from: source, to: source + length)
    }
    source += length
  }

  mutating func writeScalar(_ scalar: UInt32, from start: Int, to stop: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { buffer in
      let base = buffer.baseAddress.unsafelyUnwrapped
      write(base, count: UTF8Scalar.encode(scalar, to: base), from: start, to: stop)
    }
  }

  /// Appends bytes that stand for the original's bytes `start ..< stop`.
  mutating func write(_ bytes: UnsafePointer<UInt8>, count: Int, from start: Int, to stop: Int) {
    copy.reserve(target + count + (end - start) + NormalizedText.padding, used: target)
    (lastSource, lastTarget, lastClass) = (start, target, 0)
    for i in 0..<count {
      copy.bytes[target + i] = bytes[i]
      copy.starts[target + i] = UInt32(truncatingIfNeeded: start)
      copy.ends[target + i] = UInt32(truncatingIfNeeded: stop)
      copy.flags[target + i] = 0
    }
    target += count
  }
}
