import Foundation
import GPTOSS
import Testing

/// Files that are no tokenizer, or one that would give other ids.
@Suite struct TokenizerFileTests {
  /// A golden tokenizer without white space outside strings, so that tests can change it by text.
  static func tiny() throws -> String {
    var (compact, isInString, isEscaped): ([UInt8], Bool, Bool) = ([], false, false)
    for byte in try ReferenceKit.bytes(ReferenceKit.golden("tiny-c/tokenizer.json")) {
      if !isInString, byte == 0x20 || byte == 0x0A { continue }
      if byte == UInt8(ascii: "\""), !isEscaped { isInString.toggle() }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      compact.append(byte)
    }
    return String(decoding: compact, as: UTF8.self)
  }

  @Test(arguments: [
    (#""normalizer":null"#, #""normalizer":{"type":"NFC"}"#, TokenizerError.Code.unsupported),
    (#""truncation":null"#, #""truncation":{"max_length":5}"#, .unsupported),
    (#""padding":null"#, #""padding":{}"#, .unsupported),
    (#"\\p{N}{1,3}"#, #"\\p{N}{1,2}"#, .unsupported),
    (#""behavior":"Isolated""#, #""behavior":"Removed""#, .unsupported),
    (#""invert":false"#, #""invert":true"#, .unsupported),
    (#"{"type":"ByteLevel","add_prefix_space":false"#, #"{"type":"ByteLevel","add_prefix_space":true"#, .unsupported),
    (#""pre_tokenizer":{"type":"Sequence""#, #""pre_tokenizer":{"type":"Other""#, .unsupported),
    (#""type":"BPE""#, #""type":"Unigram""#, .unsupported),
    (#""dropout":null"#, #""dropout":0.1"#, .unsupported),
    (#""unk_token":null"#, #""unk_token":"a""#, .unsupported),
    (#""byte_fallback":false"#, #""byte_fallback":true"#, .unsupported),
    (#""continuing_subword_prefix":null"#, #""continuing_subword_prefix":"@@""#, .unsupported),
    (#""special":true"#, #""special":false"#, .unsupported),
    (#""lstrip":false"#, #""lstrip":true"#, .unsupported),
    (#""post_processor":{"type":"ByteLevel""#, #""post_processor":{"type":"TemplateProcessing""#, .unsupported),
    (#""!":0"#, #""!":-1"#, .unsupported),
    (#""!":0"#, #""!":1048575"#, .unsupported),
    (#""!":0"#, #""!":99999999999999999999"#, .malformed),
    (#""!":0"#, #""!":1"#, .malformed),
    (#""!":0"#, #""!":362"#, .malformed),
    (#""!":0"#, ##""#": 0"##, .malformed),
    (#""!":0"#, #""☃":0"#, .unsupported),
    (#""!":0"#, #""":0"#, .malformed),
    (#""id":362"#, #""id":363"#, .malformed),
    (#""content":"<|endoftext|>""#, #""content":"<|startoftext|>""#, .malformed),
    (#""content":"<|endoftext|>""#, #""content":"""#, .malformed),
    (#""merges":[["#, #""merges":[["zz","zz"],["#, .malformed),
    (#""merges":[["#, #""merges":[["e"],["#, .malformed),
    (#""merges":[["#, #""merges":[["e","n","e"],["#, .malformed),
    (#""merges":[["#, #""merges":["e  n",["#, .malformed),
    (#""merges":[["#, #""merges":[["e","n"],["#, .malformed),
    (#""vocab":{"#, #""vocab":[],"x":{"#, .malformed),
    (#""model":{"#, #""mode":{"#, .malformed),
  ])
  func refusesWhatItWouldGetWrong(original: String, changed: String, code: TokenizerError.Code) throws {
    let text = try Self.tiny()
    let range = try #require(text.range(of: original), "the golden holds what the test changes")
    let broken = text.replacingCharacters(in: range, with: changed)
    let error = try #require(throws: TokenizerError.self) { try Tokenizer(json: Array(broken.utf8)) }
    #expect(error.code == code, "\(error)")
    #expect(!error.detail.hasSuffix("."))
  }

  @Test func refusesAVocabularyWithoutAByte() throws {
    // No token for NUL, and so no merge or token that could stand for it.
    let text = try Self.tiny().replacingOccurrences(of: #""\u0100":"#, with: #""\u0100\u0100\u0100":"#).replacingOccurrences(of: #""Ā":"#, with: #""ĀĀĀ":"#)
    let error = try #require(throws: TokenizerError.self) { try Tokenizer(json: Array(text.utf8)) }
    #expect(error.code == .malformed && error.detail.contains("byte 0"), "\(error)")
  }

  @Test func refusesTruncatedFilesEverywhere() throws {
    let bytes = Array(try Self.tiny().utf8)
    for length in stride(from: 0, to: bytes.count - 1, by: 97) {
      #expect(throws: TokenizerError.self) { try Tokenizer(json: Array(bytes[..<length])) }
    }
  }

  @Test func readsMergesWrittenAsOneString() throws {
    let text = try Self.tiny()
    let tokenizer = try Tokenizer(json: Array(text.utf8))
    let joined = text.replacing(#/\["([^"\\\s\[\],]+)","([^"\\\s\[\],]+)"\]/#) { "\"\($0.1) \($0.2)\"" }
    #expect(joined != text)
    let other = try Tokenizer(json: Array(joined.utf8))
    let sample = "The category of the content assigns validation."
    #expect(other.encode(ordinary: sample) == tokenizer.encode(ordinary: sample))
  }

  /// Without `ignore_merges`, a piece that is a token is still built from merges.
  @Test func buildsWholePiecesFromMergesWhenAsked() throws {
    let text = try Self.tiny().replacingOccurrences(of: #""ignore_merges":true"#, with: #""ignore_merges":false"#)
    let unmerged = text.replacing(#/"merges":\[.*?\]\]/#, with: #""merges":[]"#)
    let tokenizer = try Tokenizer(json: Array(unmerged.utf8))
    #expect(tokenizer.encode(ordinary: "for").count == 3)
    let original = try TokenizerKit.tiny("tiny-c")
    #expect(original.encode(ordinary: " for").count == 1)
  }
}
