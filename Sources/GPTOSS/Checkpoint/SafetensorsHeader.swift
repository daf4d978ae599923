/// The header of a safetensors file: which tensors lie where in the data behind it.
///
/// Format: 8 bytes little-endian length N, N bytes of JSON, then data. Accepts and refuses exactly what the official reader, version 0.8.0, does
/// (`safetensors/src/tensor.rs`), with one exception: a dimension beyond `Int.max`, which only an empty tensor could have, is refused.
/// Like there, tensors must cover the data without gaps or overlaps, unknown fields of a tensor are ignored, and of two tensors of
/// the same name the last counts; ``duplicateNames`` tells so that a checkpoint can refuse them.
public struct SafetensorsHeader: Sendable {
  public struct Entry: Sendable, Hashable {
    public var spec: TensorSpec
    /// Bytes, counted from the start of the data.
    public var range: Range<Int>
  }

  /// In the order of the data.
  public let entries: [Entry]
  public let metadata: [String: String]
  /// Offset of the data in the file.
  public let dataStart: Int
  public let duplicateNames: [String]

  /// The official reader's limit of the length of the JSON.
  public static let maximumLength = 100_000_000

  /// Reads and checks the header of a whole file.
  /// - Parameter file: the path, for messages only.
  /// - Throws: ``CheckpointIssue/Code/malformedHeader`` or ``CheckpointIssue/Code/malformedJSON``. Never traps, whatever the bytes.
  public init(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) {
    try self.init(prefix: bytes, fileSize: bytes.count, file: file)
  }

  /// Reads and checks a header of which only the first bytes are at hand: at least the length and the JSON.
  public init(prefix: UnsafeRawBufferPointer, fileSize: Int, file: String) throws(CheckpointError) {
    guard prefix.count >= 8 else { throw CheckpointError(.malformedHeader, file: file, "expected at least 8 bytes, found \(prefix.count)") }
    let length = UInt64(littleEndian: prefix.loadUnaligned(as: UInt64.self))
    guard length <= Self.maximumLength else {
      throw CheckpointError(.malformedHeader, file: file, "header length \(length) is above the format's limit of \(Self.maximumLength)")
    }
    dataStart = 8 + Int(length)
    guard dataStart <= prefix.count else {
      throw CheckpointError(.malformedHeader, file: file, "header length \(length) reaches beyond the end of the file at \(prefix.count) bytes")
    }
    let root: JSONValue
    do { root = try JSONValue.parse(UnsafeRawBufferPointer(rebasing: prefix[8..<dataStart])) } catch {
      throw CheckpointError(.malformedJSON, file: file, "header: \(error.description)")
    }
    var reader = SafetensorsEntryReader(file: file)
    try reader.read(root)
    (entries, metadata, duplicateNames) = (try reader.sortedEntries(), reader.metadata, reader.duplicateNames)
    try Self.checkCoverage(entries, dataSize: fileSize - dataStart, file: file)
  }

  /// Tensors follow each other from the first to the last byte of the data, and each has the size of its shape.
  private static func checkCoverage(_ entries: [Entry], dataSize: Int, file: String) throws(CheckpointError) {
    var end = 0
    for entry in entries {
      let name = entry.spec.name
      guard entry.range.lowerBound == end else {
        throw CheckpointError(.malformedHeader, file: file, tensor: name, "expected data from byte \(end), found \(entry.range.lowerBound)")
      }
      end = entry.range.upperBound
    }
    guard end == dataSize else {
      throw CheckpointError(.malformedHeader, file: file, "the header describes \(end) bytes of data, the file holds \(dataSize)")
    }
  }
}
