import Moderation

/// A feature of one text with all its places.
struct CollectedFeature {
  var bucket: UInt32
  var kind: FeatureKind
  var text: String
  var spans: [ByteRange]
  /// What it counts in the text's sums, all its places together.
  var factor = 0.0
}

/// Takes the same features as scoring does, and keeps where they came from.
struct FeatureCollector {
  private struct Identity: Hashable {
    var kind: FeatureKind
    var text: String
  }
  private struct Word {
    var text: String
    var span: ByteRange
  }

  private var features: [CollectedFeature] = []
  private var places: [Identity: Int] = [:]
  private var previousWord = Word(text: "▁", span: .empty)

  static func collect(_ text: UnsafeBufferPointer<UInt8>, _ settings: FeatureSettings) -> [CollectedFeature] {
    var collector = FeatureCollector()
    var extractor = FeatureExtractor(settings, recordsOrigins: true)
    var tokens = TokenStream()
    let isLong = settings.isLong(byteCount: text.count)
    tokens.begin(text, readable: text.count, countsAll: isLong)
    var previous = FeatureHash.start
    while let token = tokens.next() {
      var found = FoundFeatures()
      let ends = extractor.extract(token, tokens.range.count, into: &found)
      collector.add(found, extractor, tokenStart: tokens.range.lowerBound, pair: extractor.joint(previous, ends))
      if ends.last != 0 { previous = ends.last }
    }
    collector.weigh(settings, isLong: isLong)
    return collector.features
  }

  /// In a long text the features of one bucket share what the bucket counts.
  private mutating func weigh(_ settings: FeatureSettings, isLong: Bool) {
    guard isLong else {
      for index in features.indices { features[index].factor = Double(features[index].spans.count) }
      return
    }
    var bag = FeatureBag(settings)
    for feature in features { for _ in feature.spans { bag.add(feature.bucket) } }
    for index in features.indices {
      let share = Double(features[index].spans.count) / Double(max(1, bag.occurrences(of: features[index].bucket)))
      features[index].factor = share * Double(bag.factor(of: features[index].bucket))
    }
  }

  private mutating func add(_ found: FoundFeatures, _ extractor: borrowing FeatureExtractor, tokenStart: Int, pair: UInt32?) {
    var words: [Word] = []
    for feature in found.list {
      let word = Word(text: Self.shown(extractor, feature), span: Self.span(extractor, feature, tokenStart))
      add(feature.bucket, feature.kind, word)
      if feature.kind == .word { words.append(word) }
    }
    guard let first = words.first, let last = words.last else { return }
    if let pair {
      let start = previousWord.span == .empty ? first.span.start : previousWord.span.start
      add(pair, .wordPair, Word(text: previousWord.text + " " + first.text, span: ByteRange(start: start, end: first.span.end)))
    }
    previousWord = last
  }

  private mutating func add(_ bucket: UInt32, _ kind: FeatureKind, _ word: Word) {
    let identity = Identity(kind: kind, text: word.text)
    if let place = places[identity], features[place].bucket == bucket {
      features[place].spans.append(word.span)
    } else {
      places[identity] = features.count
      features.append(CollectedFeature(bucket: bucket, kind: kind, text: word.text, spans: [word.span]))
    }
  }

  private static func span(_ extractor: borrowing FeatureExtractor, _ feature: FoundFeatures.Feature, _ tokenStart: Int) -> ByteRange {
    let start = extractor.normalizer.origin(feature.start)
    return ByteRange(tokenStart + start..<tokenStart + max(start, extractor.normalizer.origin(feature.end)))
  }

  private static func shown(_ extractor: borrowing FeatureExtractor, _ feature: FoundFeatures.Feature) -> String {
    let bytes = UnsafeBufferPointer(start: extractor.normalizer.bytes + feature.start, count: feature.end - feature.start)
    var text = ""
    var afterMark = false
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\u{1}": break
      case "u" where afterMark: text += "@name"
      case "l" where afterMark: text += "link"
      case " ": text += feature.kind == .characters ? "▁" : " "
      default: text.unicodeScalars.append(scalar)
      }
      afterMark = scalar == "\u{1}"
    }
    return text
  }
}

/// The features of one token as the extractor hands them out; `start` and `end` lie in the normalised token.
private struct FoundFeatures: FeatureSink {
  struct Feature {
    var bucket: UInt32
    var kind: FeatureKind
    var start, end: Int
  }
  var list: [Feature] = []
  mutating func add(_ bucket: UInt32, _ kind: FeatureKind, _ start: Int, _ end: Int) {
    list.append(Feature(bucket: bucket, kind: kind, start: start, end: end))
  }
}
