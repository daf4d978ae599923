import Foundation
import GPTOSS
import Testing

@Suite struct TokenizerCacheTests {
  static let sample = "Hello wörld, don't <|end|> 12345 \u{1FAE0}\r\n  the category of contents"

  private func withCache(_ body: (_ json: String, _ cache: String, _ tokenizer: Tokenizer) throws -> Void) throws {
    try ReferenceKit.withTemporaryFolder { folder in
      let json = "\(folder)/tokenizer.json"
      try ReferenceKit.write(ReferenceKit.bytes(ReferenceKit.golden("tiny-b/tokenizer.json")), to: json)
      let tokenizer = try Tokenizer.load(from: folder)
      let cache = "\(folder)/\(Tokenizer.cacheFileName)"
      try tokenizer.writeCache(for: folder, to: cache)
      try body(json, cache, tokenizer)
    }
  }

  @Test func aCachedTokenizerIsTheSame() throws {
    try withCache { json, cache, tokenizer in
      let cached = try Tokenizer.load(from: json, cache: cache)
      #expect(cached.encode(ordinary: Self.sample) == tokenizer.encode(ordinary: Self.sample))
      #expect(cached.encode(trustedTemplate: Self.sample) == tokenizer.encode(trustedTemplate: Self.sample))
      #expect((0..<1023).allSatisfy { cached.bytes(of: $0) == tokenizer.bytes(of: $0) && cached.isSpecial($0) == tokenizer.isSpecial($0) })
      #expect(try FileManager.default.contentsOfDirectory(atPath: (cache as NSString).deletingLastPathComponent).count == 2)
    }
  }

  @Test func aStaleCacheIsNotUsed() throws {
    try withCache { json, cache, _ in
      let other = try ReferenceKit.bytes(ReferenceKit.golden("tiny-a/tokenizer.json"))
      try ReferenceKit.write(other, to: json)
      #expect(try Tokenizer.load(from: json, cache: cache).tokenCount == Tokenizer(json: other).tokenCount)
    }
  }

  @Test func aMissingOrStaleCacheIsMadeAnewAndThenUsed() throws {
    try ReferenceKit.withTemporaryFolder { folder in
      for name in ["tiny-b", "tiny-a"] {
        let json = try ReferenceKit.bytes(ReferenceKit.golden("\(name)/tokenizer.json"))
        try ReferenceKit.write(json, to: "\(folder)/tokenizer.json")
        let first = try Tokenizer.load(cachedIn: folder), second = try Tokenizer.load(cachedIn: folder)
        #expect(!first.isFromCache && second.isFromCache, "\(name)")
        #expect(try second.encode(ordinary: Self.sample) == Tokenizer(json: json).encode(ordinary: Self.sample))
      }
    }
  }

  @Test func aDamagedCacheChangesNoToken() throws {
    try withCache { json, cache, tokenizer in
      let content = try ReferenceKit.bytes(cache)
      let expected = tokenizer.encode(ordinary: Self.sample)
      var random = SplitMix(7)
      for trial in 0..<200 {
        var damaged = content
        if trial % 4 == 0 { damaged.removeLast(Int.random(in: 1...content.count, using: &random)) }
        for _ in 0..<3 where !damaged.isEmpty {
          damaged[Int.random(in: 0..<min(damaged.count, trial % 2 == 0 ? 128 : damaged.count), using: &random)] ^= UInt8.random(in: 1...255, using: &random)
        }
        try ReferenceKit.write(damaged, to: cache)
        #expect(try Tokenizer.load(from: json, cache: cache).encode(ordinary: Self.sample) == expected)
      }
    }
  }

  @Test func aMissingFileIsNamed() throws {
    let error = #expect(throws: TokenizerError.self) { try Tokenizer.load(from: "/nowhere/at/all") }
    #expect(error?.code == .unreadable)
    try withCache { json, _, tokenizer in
      #expect(throws: TokenizerError.self) { try tokenizer.writeCache(for: json, to: "/nowhere/at/all/tokenizer.winnow") }
      let uncached = try Tokenizer.load(from: json, cache: "/nowhere/tokenizer.winnow")
      #expect(uncached.tokenCount == tokenizer.tokenCount)
    }
  }
}
