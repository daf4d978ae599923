import Crypto

/// What the hub says of a file's content: SHA-256 of large files, git's blob id of small ones.
enum ContentDigest: Sendable, Hashable {
  case sha256(String)
  /// SHA-1 of `blob <size>\0` and the content.
  case gitBlob(String)

  /// An `ETag` or a JSON value: 64 or 40 hex digits, in quotes or not, weak or not; nil for anything else.
  init?(tag: String) {
    var hex = tag[...]
    if hex.hasPrefix("W/") { hex = hex.dropFirst(2) }
    if hex.count >= 2, hex.hasPrefix("\""), hex.hasSuffix("\"") { hex = hex.dropFirst().dropLast() }
    let lower = hex.lowercased()
    guard lower.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
    switch lower.utf8.count {
    case 64: self = .sha256(lower)
    case 40: self = .gitBlob(lower)
    default: return nil
    }
  }

  var text: String {
    switch self {
    case .sha256(let hex): "sha256:\(hex)"
    case .gitBlob(let hex): "git:\(hex)"
    }
  }

  init?(text: String) {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let digest = ContentDigest(tag: String(parts[1])), digest.text == text else { return nil }
    self = digest
  }

  var kind: String {
    switch self {
    case .sha256: "sha256"
    case .gitBlob: "git blob id"
    }
  }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
