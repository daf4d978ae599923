/// What kind of feature a bucket index stands for; only explanations ask.
public enum FeatureKind: String, Sendable, Hashable {
  case word
  case wordPair = "word pair"
  case characters
}

/// Where a feature lies in the normalised token.
struct FeatureOrigin {
  var kind: FeatureKind
  var start: Int
  var end: Int
}

/// Receives the features of one token in order. Generic, so that the hot path pays nothing for what only explanations want.
protocol FeatureSink: ~Copyable {
  mutating func add(_ bucket: UInt32, _ kind: FeatureKind, _ start: Int, _ end: Int)
}

/// What a token leaves for its neighbours: hashes of its first and last word, 0 when it has none.
struct TokenEnds {
  var first: UInt64
  var last: UInt64
}

/// Turns normalised tokens into features. Owns scratch memory of fixed size; allocates nothing per token.
///
/// Features of a token: each word (a run of letters, digits, `_`, `'`; any other character is a word by itself), each pair of neighbouring words,
/// and each character n-gram of each blank-separated part with one boundary mark at either end. The pair across two tokens is the caller's to add
/// (``joint(_:_:)``): it is the only feature that depends on a neighbour.
struct FeatureExtractor: ~Copyable {
  let settings: FeatureSettings
  var normalizer: TokenNormalizer
  /// Words and word pairs have the first buckets, character n-grams the others.
  let wordBuckets: UInt64
  private let characterBuckets: UInt64
  private let shortest: Int
  private let longest: Int

  init(_ settings: FeatureSettings, recordsOrigins: Bool = false) {
    self.settings = settings
    normalizer = TokenNormalizer(recordsOrigins: recordsOrigins)
    wordBuckets = UInt64(settings.wordBucketCount)
    characterBuckets = UInt64(settings.bucketCount - settings.wordBucketCount)
    shortest = settings.characterNgrams?.lowerBound ?? 1
    longest = settings.characterNgrams?.upperBound ?? 0
  }

  /// The most features that one token can have.
  var maximumFeatures: Int { TokenNormalizer.capacity * (max(0, longest - shortest + 1) + 2) }

  /// Features of the `length` bytes at `token`.
  mutating func extract(_ token: UnsafePointer<UInt8>, _ length: Int, into sink: inout some FeatureSink & ~Copyable) -> TokenEnds {
    normalizer.normalize(token, length)
    let ends = settings.wordNgrams > 0 ? words(&sink) : TokenEnds(first: 0, last: 0)
    if longest > 0 { characters(&sink) }
    return ends
  }

  /// The word pair across two tokens, nil when one of them has no word.
  @inline(__always) func joint(_ previous: UInt64, _ ends: TokenEnds) -> UInt32? {
    guard settings.wordNgrams > 1, ends.first != 0 else { return nil }
    return FeatureHash.pair(previous, ends.first, count: wordBuckets)
  }

  private func words(_ sink: inout some FeatureSink & ~Copyable) -> TokenEnds {
    let bytes = normalizer.bytes
    let count = normalizer.count
    var ends = TokenEnds(first: 0, last: 0)
    var lastStart = 0
    var i = 1
    while i < count {
      guard !isGap(bytes, i) else {
        i += 1
        continue
      }
      let start = i
      i = endOfWord(bytes, start)
      let hash = FeatureHash.state(bytes + start, length: i - start, seed: FeatureHash.wordSeed) | 1
      sink.add(FeatureHash.bucket(hash, length: i - start, count: wordBuckets), .word, start, i)
      if ends.first == 0 {
        ends.first = hash
      } else if settings.wordNgrams > 1 {
        sink.add(FeatureHash.pair(ends.last, hash, count: wordBuckets), .wordPair, lastStart, i)
      }
      (ends.last, lastStart) = (hash, start)
    }
    return ends
  }

  private func characters(_ sink: inout some FeatureSink & ~Copyable) {
    let bytes = normalizer.bytes
    var start = 0
    while start + 1 < normalizer.count {
      var end = start + 1
      while bytes[end] != 0x20 { end += 1 }
      if normalizer.isASCII {
        charactersASCII(bytes, start, end + 1, &sink)
      } else {
        charactersUnicode(bytes, start, end + 1, &sink)
      }
      start = end
    }
  }

  @inline(__always) private func charactersASCII(_ bytes: UnsafeMutablePointer<UInt8>, _ start: Int, _ end: Int, _ sink: inout some FeatureSink & ~Copyable) {
    let first = UInt32(wordBuckets)
    var at = start
    while at < end - 1 {
      let longest = min(longest, end - at)
      let word = UnsafeRawPointer(bytes + at).loadUnaligned(as: UInt64.self).littleEndian
      var n = shortest
      while n <= longest {
        let state = FeatureHash.step(0, word & FeatureHash.mask(n))
        sink.add(first + FeatureHash.bucket(state, length: n, count: characterBuckets), .characters, at, at + n)
        n += 1
      }
      at += 1
    }
  }

  private func charactersUnicode(_ bytes: UnsafeMutablePointer<UInt8>, _ start: Int, _ end: Int, _ sink: inout some FeatureSink & ~Copyable) {
    let first = UInt32(wordBuckets)
    var at = start
    while at < end - 1 {
      var stop = at
      var n = 1
      while n <= longest, stop < end {
        stop += 1
        while stop < end, bytes[stop] & 0xC0 == 0x80 { stop += 1 }
        if n >= shortest {
          let state = FeatureHash.state(bytes + at, length: stop - at, seed: 0)
          sink.add(first + FeatureHash.bucket(state, length: stop - at, count: characterBuckets), .characters, at, stop)
        }
        n += 1
      }
      at += 1
      while bytes[at] & 0xC0 == 0x80 { at += 1 }
    }
  }
}

/// Letters and digits, `_`, `'`, the mark byte, and letters outside ASCII.
/// UTF-8 leads 0xE2 (U+2000 ... U+2FFF: punctuation, arrows, symbols) and 0xF0 ... (emoji and other planes) are words of one scalar.
@inline(__always) private func isWordByte(_ byte: UInt8) -> Bool {
  if byte >= 0x80 { return byte != 0xE2 && byte < 0xF0 }
  return (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F || byte == 0x27 || byte == 0x01
}

/// Blanks and punctuation: no word, and no bar between two neighbours.
@inline(__always) private func isGap(_ bytes: UnsafeMutablePointer<UInt8>, _ i: Int) -> Bool {
  let byte = bytes[i]
  if byte < 0x80 { return !isWordByte(byte) }
  return byte & 0xC0 == 0x80 || (byte == 0xE2 && bytes[i + 1] <= 0x81)
}

@inline(__always) private func endOfWord(_ bytes: UnsafeMutablePointer<UInt8>, _ start: Int) -> Int {
  var i = start + 1
  if isWordByte(bytes[start]) {
    while isWordByte(bytes[i]) { i += 1 }
  } else if bytes[start] >= 0x80 {
    while bytes[i] & 0xC0 == 0x80 { i += 1 }
  }
  return i
}
