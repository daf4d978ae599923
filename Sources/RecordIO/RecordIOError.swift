#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What can go wrong with a stream as a whole. One bad record is a ``DeadLetter`` instead.
public struct RecordIOError: Error, Sendable, CustomStringConvertible {
  public enum Code: Sendable, Hashable {
    case cannotOpen, isDirectory, readFailed, writeFailed, diskFull, brokenPipe, badCompression, expansionTooLarge, badHeader, checkpoint
  }
  public var code: Code
  public var path: String
  public var detail: String
  public init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }
  public var description: String { "\(path): \(detail)" }

  /// With the words of the C library for `errno`.
  static func system(_ code: Code, path: String, doing action: String, errno number: Int32 = errno) -> RecordIOError {
    let actual: Code = number == ENOSPC || number == EDQUOT ? .diskFull : number == EPIPE ? .brokenPipe : code
    return RecordIOError(actual, path: path, detail: "cannot \(action): \(String(cString: strerror(number)))")
  }
}

/// A record that could not be judged, and why. Written to the dead-letter file; counted; never lost.
public struct DeadLetter: Sendable, Hashable {
  public enum Reason: String, Sendable, CaseIterable {
    case invalidJSON = "invalid-json"
    case notAnObject = "not-an-object"
    case invalidUTF8 = "invalid-utf8"
    case loneSurrogate = "lone-surrogate"
    case duplicateKey = "duplicate-key"
    case tooDeep = "too-deep"
    case tooLong = "too-long"
    case missingID = "missing-id"
    case invalidID = "invalid-id"
    case missingText = "missing-text"
    case invalidText = "invalid-text"
    case invalidField = "invalid-field"
    case wrongColumnCount = "wrong-column-count"
    case truncatedRecord = "truncated-record"
  }
  public var reason: Reason
  /// Constant words: names of fields and limits, no message text.
  public var detail: String
  public var file: String
  /// 1-based.
  public var line: Int
  /// Of the record's first byte in the uncompressed input.
  public var byteOffset: Int
  /// The record's bytes; of a too long one the first 1,024.
  public var raw: [UInt8]
}
