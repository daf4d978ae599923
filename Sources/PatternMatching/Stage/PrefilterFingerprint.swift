import Crypto
import Moderation
import Text

/// SHA-256 over everything that determines a prefilter's answers, in a form that two files with the same meaning share.
enum PrefilterFingerprint {
  static func of(_ patterns: WrittenPatterns, settings: PrefilterSettings) -> String {
    var hash = SHA256()
    func add(_ text: String) {
      var text = text
      text.withUTF8 { bytes in
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
      }
    }
    add("winnow prefilter 1")
    add(
      settings.normalization.map { options in
        [options.compatibility, options.confusables, options.invisibles, options.marks, options.repeats, options.leet, options.spacing]
          .map { $0 ? "1" : "0" }.joined()
      } ?? "off")
    add("\(settings.limits.match) \(settings.limits.depth) \(settings.limits.heap) \(settings.allowsWithoutHits)")
    for phrase in patterns.phrases {
      for part in [phrase.text, phrase.category ?? "", phrase.effect.name, phrase.match.name] { add(part) }
      add(String(phrase.exempt.count))
      for exempt in phrase.exempt { add(exempt) }
    }
    add("rules")
    for rule in patterns.rules {
      for part in [rule.id, rule.pattern, rule.flags, rule.category ?? "", rule.effect.name, String(rule.streams?.rawValue ?? 0)] { add(part) }
    }
    return hash.finalize().map { byte in
      let digits = Array("0123456789abcdef".unicodeScalars)
      return String(String.UnicodeScalarView([digits[Int(byte >> 4)], digits[Int(byte & 15)]]))
    }.joined()
  }
}
