/// Writes checkpoints of any shape with random weights, in exactly the published layout: for speed, memory and end-to-end tests where the real weights
/// cannot be had. Nothing is tiled, so no two experts or tokens are alike, and magnitudes are those of a trained model: a forward pass stays finite
/// and spreads its tokens over the experts.
///
/// The same seed and configuration give the same bytes on every machine.
public struct RandomCheckpoint: Sendable {
  /// Text of the `config.json`, written as it is.
  public let configText: [UInt8]
  public let config: ModelConfig
  public let seed: UInt64
  /// A shard is closed before its tensors exceed this many bytes; one tensor may.
  public let shardBytes: Int

  /// The published shards have at most 4.8 GB.
  public static let publishedShardBytes = 4_800_000_000

  /// - Parameter config: text of a `config.json`.
  /// - Throws: ``CheckpointError`` when it is not one.
  public init(config text: [UInt8], seed: UInt64, shardBytes: Int = RandomCheckpoint.publishedShardBytes) throws(CheckpointError) {
    configText = text
    config = try ModelConfig(json: text, file: "config.json")
    self.seed = seed
    self.shardBytes = shardBytes
  }

  /// Reads the configuration from a file.
  public init(configPath: String, seed: UInt64, shardBytes: Int = RandomCheckpoint.publishedShardBytes) throws(CheckpointError) {
    try self.init(config: FileSystem.read(configPath, limit: ModelConfig.maximumFileSize), seed: seed, shardBytes: shardBytes)
  }

  /// Bytes of all tensors; headers add a few kilobytes.
  public var byteCount: Int { config.tensors.reduce(0) { $0 + $1.byteCount } }

  /// Writes all files into an existing folder, streaming: memory stays at a few megabytes. `config.json` comes last, so that a folder that was
  /// not finished is not taken for a checkpoint.
  /// - Parameter progress: called before each tensor with its name and the share of bytes written so far, 0...1.
  /// - Throws: ``CheckpointIssue/Code/fileSystem``, before anything is written when the disk has too little room.
  public func write(to folder: String, progress: (String, Double) -> Void = { _, _ in }) throws(CheckpointError) {
    guard FileSystem.isFolder(folder) else { throw CheckpointError(.fileSystem, file: folder, "not a folder") }
    if let free = FileSystem.freeBytes(folder), free < byteCount + (16 << 20) {
      throw CheckpointError(.fileSystem, file: folder, "expected room for \(byteCount) bytes, found \(free)")
    }
    let shards = split()
    var (done, total) = (0, byteCount)
    total = max(total, 1)
    for (number, shard) in shards.enumerated() {
      var file = try OutputFile(path: "\(folder)/\(name(number, of: shards.count))")
      try file.write(header(shard))
      for spec in shard {
        progress(spec.name, Double(done) / Double(total))
        try write(spec, to: &file)
        done += spec.byteCount
      }
      try file.close()
    }
    if shards.count > 1 { try OutputFile.write(Array(index(shards).text.utf8), to: "\(folder)/\(CheckpointFolder.indexName)") }
    try OutputFile.write(configText, to: "\(folder)/\(CheckpointFolder.configName)")
  }

  // MARK: - Layout

  private func split() -> [[TensorSpec]] {
    var shards: [[TensorSpec]] = [[]]
    var filled = 0
    for spec in config.tensors {
      if filled > 0, filled + spec.byteCount > shardBytes {
        shards.append([])
        filled = 0
      }
      shards[shards.count - 1].append(spec)
      filled += spec.byteCount
    }
    return shards
  }

  /// Zero-based, and the last number is the count less one: as published.
  private func name(_ number: Int, of count: Int) -> String {
    func five(_ value: Int) -> String { String(repeating: "0", count: max(0, 5 - String(value).count)) + String(value) }
    return count == 1 ? CheckpointFolder.singleFileName : "model-\(five(number))-of-\(five(count - 1)).safetensors"
  }

  /// Length and JSON, padded so that the data is aligned to 8 bytes.
  private func header(_ specs: [TensorSpec]) -> [UInt8] {
    var members = [JSONOutput.Member("__metadata__", ["format": "pt"])]
    var offset = 0
    for spec in specs {
      let end = offset + spec.byteCount
      members.append(
        JSONOutput.Member(
          spec.name,
          ["dtype": .string(spec.type.rawValue), "shape": .array(spec.shape.map(JSONOutput.int)), "data_offsets": .array([.int(offset), .int(end)])]))
      offset = end
    }
    var text = Array(JSONOutput.object(members).text.utf8)
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
  }

  private func index(_ shards: [[TensorSpec]]) -> JSONOutput {
    let places = shards.enumerated().flatMap { number, shard in shard.map { ($0.name, name(number, of: shards.count)) } }.sorted { $0.0 < $1.0 }
    return ["metadata": ["total_size": .int(byteCount)], "weight_map": .object(places.map { JSONOutput.Member($0.0, .string($0.1)) })]
  }

  // MARK: - Values

  private func write(_ spec: TensorSpec, to file: inout OutputFile) throws(CheckpointError) {
    var generator = SplitMix64(seed: seed ^ Self.hash(spec.name))
    let distribution = RandomWeights(spec)
    var left = spec.byteCount
    var buffer = [UInt64](repeating: 0, count: 1 << 17)
    while left > 0 {
      distribution.fill(&buffer, &generator)
      let count = min(left, buffer.count * 8)
      try file.write(buffer, count)
      left -= count
    }
  }

  /// FNV-1a, so that a tensor's values do not depend on the order of tensors.
  private static func hash(_ name: String) -> UInt64 { name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}

extension TensorSpec {
  /// Of a shape and type that fit memory: those of a checked configuration do.
  var byteCount: Int { shape.reduce(1, *) * type.bitCount / 8 }
}

/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
