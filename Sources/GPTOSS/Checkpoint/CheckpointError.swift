/// One thing that is wrong with a checkpoint folder.
public struct CheckpointIssue: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of problem; more may be added.
  public struct Code: RawRepresentable, Sendable, Hashable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The operating system refused a file or folder.
    public static let fileSystem = Code(rawValue: "file-system")
    /// The folder does not hold a checkpoint, or holds several.
    public static let layout = Code(rawValue: "layout")
    /// Not JSON, or JSON of the wrong shape.
    public static let malformedJSON = Code(rawValue: "malformed-json")
    /// A safetensors file breaks the format: header, offsets, sizes.
    public static let malformedHeader = Code(rawValue: "malformed-header")
    /// `config.json` holds a value that no gpt-oss model has.
    public static let config = Code(rawValue: "config")
    /// `model.safetensors.index.json` and the shards do not fit together.
    public static let shardIndex = Code(rawValue: "shard-index")
    public static let missingTensor = Code(rawValue: "missing-tensor")
    public static let unexpectedTensor = Code(rawValue: "unexpected-tensor")
    public static let duplicateTensor = Code(rawValue: "duplicate-tensor")
    public static let wrongType = Code(rawValue: "wrong-type")
    public static let wrongShape = Code(rawValue: "wrong-shape")
    /// A number that weights cannot hold: NaN, infinity, the NaN scale byte 255.
    public static let badValue = Code(rawValue: "bad-value")
    /// Goldens that do not fit their checkpoint, or are incomplete.
    public static let goldens = Code(rawValue: "goldens")
    /// A file is not what it was when it was opened.
    public static let changed = Code(rawValue: "changed")
  }

  public var code: Code
  /// Path of the file or folder, as opened.
  public var file: String
  public var tensor: String?
  /// What was expected and what was found; lower case, no full stop.
  public var message: String

  public init(_ code: Code, file: String, tensor: String? = nil, _ message: String) {
    self.code = code
    self.file = file
    self.tensor = tensor
    self.message = message
  }

  public var description: String {
    let place = tensor.map { "\(file): tensor `\($0)`" } ?? file
    return "\(place): \(message) [\(code.rawValue)]"
  }
}

/// Everything that was found wrong with a checkpoint folder, at once; never empty.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  public var issues: [CheckpointIssue]
  public init(_ issues: [CheckpointIssue]) { self.issues = issues }
  public init(_ code: CheckpointIssue.Code, file: String, tensor: String? = nil, _ message: String) {
    issues = [CheckpointIssue(code, file: file, tensor: tensor, message)]
  }
  public var description: String { issues.map(\.description).joined(separator: "\n") }
}
