/// A folder that holds one checkpoint as Hugging Face publishes it: `config.json`, and `model.safetensors` or shards with their index.
public struct CheckpointFolder: Sendable, Hashable {
  public static let configName = "config.json"
  public static let singleFileName = "model.safetensors"
  public static let indexName = "model.safetensors.index.json"

  /// The folder that holds `config.json`.
  public let path: String

  /// Finds the checkpoint at `path`: the folder itself, the snapshot that `refs/main` names (or the only one) of a Hugging Face cache entry
  /// `models--org--name`, or the only such entry of a cache.
  /// - Throws: ``CheckpointIssue/Code/layout`` when there is none, or when there are several to choose from.
  public init(at path: String) throws(CheckpointError) {
    guard FileSystem.isFolder(path) else { throw CheckpointError(.layout, file: path, "not a folder") }
    if FileSystem.exists("\(path)/\(Self.configName)") {
      self.path = path
    } else if FileSystem.isFolder("\(path)/snapshots") {
      self.path = try Self.snapshot(in: path)
    } else {
      let entries = FileSystem.names(in: path).filter { $0.hasPrefix("models--") && FileSystem.isFolder("\(path)/\($0)/snapshots") }
      self.path = try Self.snapshot(in: "\(path)/\(Self.only(entries, in: path, "`config.json` or a cache entry `models--…`"))")
    }
  }

  private static func snapshot(in entry: String) throws(CheckpointError) -> String {
    let snapshots = "\(entry)/snapshots"
    let revision = (try? FileSystem.read("\(entry)/refs/main", limit: 256)).map { String(decoding: $0.filter { $0 > 0x20 }, as: UTF8.self) }
    if let revision, isPlainName(revision), FileSystem.exists("\(snapshots)/\(revision)/\(configName)") { return "\(snapshots)/\(revision)" }
    let complete = FileSystem.names(in: snapshots).filter { FileSystem.exists("\(snapshots)/\($0)/\(configName)") }
    return "\(snapshots)/\(try only(complete, in: snapshots, "a snapshot with `config.json`"))"
  }

  private static func only(_ names: [String], in folder: String, _ wanted: String) throws(CheckpointError) -> String {
    guard let first = names.first else { throw CheckpointError(.layout, file: folder, "expected \(wanted), found none") }
    guard names.count == 1 else { throw CheckpointError(.layout, file: folder, "several to choose from, name one: \(names.joined(separator: ", "))") }
    return first
  }

  /// The weight files, in order, and where the index says each tensor lies (nil without an index).
  /// - Throws: ``CheckpointIssue/Code/layout`` without weights, ``CheckpointIssue/Code/shardIndex`` or ``CheckpointIssue/Code/malformedJSON`` for a bad index.
  func weightFiles() throws(CheckpointError) -> (names: [String], weightMap: [String: String]?) {
    if FileSystem.exists("\(path)/\(Self.singleFileName)") { return ([Self.singleFileName], nil) }
    let indexPath = "\(path)/\(Self.indexName)"
    guard FileSystem.exists(indexPath) else {
      throw CheckpointError(.layout, file: path, "expected `\(Self.singleFileName)` or `\(Self.indexName)`, found neither")
    }
    let map = try ShardIndex.read(FileSystem.read(indexPath, limit: ShardIndex.maximumFileSize), file: indexPath)
    return (Set(map.values).sorted(), map)
  }

  /// Whether a name stays inside its folder.
  static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
  }
}

/// `model.safetensors.index.json`: which shard holds which tensor.
enum ShardIndex {
  static let maximumFileSize = 64 << 20
  static let maximumShards = 1000

  /// Tensor name to shard name. Shard names are plain names of safetensors files: a path, or `..`, is refused.
  static func read(_ json: [UInt8], file: String) throws(CheckpointError) -> [String: String] {
    let root: JSONValue
    do { root = try JSONValue.parse(json) } catch { throw CheckpointError(.malformedJSON, file: file, error.description) }
    guard let map = root["weight_map"], let members = map.members, map.count > 0 else {
      throw CheckpointError(.shardIndex, file: file, "expected `weight_map` to name the tensors")
    }
    if let name = map.duplicateKey { throw CheckpointError(.duplicateTensor, file: file, tensor: name, "stands twice in `weight_map`") }
    var shards: [String: String] = [:]
    for (key, value) in members {
      guard let name = key.string, let shard = value.string, CheckpointFolder.isPlainName(shard), shard.hasSuffix(".safetensors") else {
        throw CheckpointError(.shardIndex, file: file, tensor: key.string, "expected the name of a safetensors file in the same folder")
      }
      shards[name] = shard
    }
    guard Set(shards.values).count <= maximumShards else { throw CheckpointError(.shardIndex, file: file, "more than \(maximumShards) shards") }
    return shards
  }
}
