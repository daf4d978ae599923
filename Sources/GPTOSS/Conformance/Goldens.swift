/// What the official implementations make of a checkpoint: the files of its `goldens` folder, and `completions.jsonl` where there is one.
///
/// `goldens.json` lists the prompts; `goldens.safetensors` holds `{prompt}/logits` `[positions, V]`, `{prompt}/greedy_last_logits` `[V]`; `trace_short.safetensors`
/// holds taps of one prompt; each line of `completions.jsonl` holds `prompt_ids` and `completion_ids`. All is checked before anything is run.
public struct Goldens: Sendable {
  public struct Prompt: Sendable {
    public var name: String
    public var ids: [TokenID]
    /// Indices into `ids` whose logits are known.
    public var positions: [Int]
    /// `[positions, V]`
    public var logits: [[Float]]
    /// The likeliest continuation, not stopped by any token; empty when there is none.
    public var greedy: [TokenID]
    /// Logits that chose the last token of `greedy`.
    public var greedyLastLogits: [Float]?
    /// Smallest distance between the two largest logits along `greedy`.
    public var greedyMinMargin: Double?
  }

  public struct Completion: Sendable {
    public var name: String
    public var promptIDs: [TokenID]
    public var completionIDs: [TokenID]
  }

  public var prompts: [Prompt] = []
  /// Name of the prompt that was traced.
  public var tracedPrompt: String?
  public var trace: [Tap: [Float]] = [:]
  public var completions: [Completion] = []

  /// Reads the goldens of a checkpoint folder.
  /// - Throws: ``CheckpointError`` when there are none, or when they do not fit the configuration.
  public init(of folder: CheckpointFolder, config: ModelConfig) throws(CheckpointError) {
    let reader = GoldensReader(config: config)
    let path = "\(folder.path)/goldens"
    if FileSystem.exists("\(path)/goldens.json") {
      let root = try reader.parse("\(path)/goldens.json")
      prompts = try reader.prompts(root, logits: SafetensorsFile(path: "\(path)/goldens.safetensors"))
      if let trace = root["trace"], let prompt = trace["prompt"]?.string, let file = trace["file"]?.string {
        tracedPrompt = prompt
        self.trace = try reader.trace(path, file)
      }
    }
    for file in ["\(folder.path)/completions.jsonl", "\(path)/completions.jsonl"] where FileSystem.exists(file) { completions += try reader.completions(file) }
    guard !prompts.isEmpty || !completions.isEmpty else {
      throw CheckpointError(.goldens, file: folder.path, "expected `goldens/goldens.json` or `completions.jsonl`, found neither")
    }
  }
}

private struct GoldensReader {
  let config: ModelConfig
  private static let maximumFileSize = 1 << 28

  init(config: ModelConfig) { self.config = config }

  func parse(_ path: String) throws(CheckpointError) -> JSONValue {
    let text = try FileSystem.read(path, limit: Self.maximumFileSize)
    do { return try JSONValue.parse(text) } catch { throw CheckpointError(.malformedJSON, file: path, error.description) }
  }

  func prompts(_ root: JSONValue, logits file: SafetensorsFile) throws(CheckpointError) -> [Goldens.Prompt] {
    var prompts: [Goldens.Prompt] = []
    for value in root["prompts"]?.elements.map(Array.init) ?? [] { prompts.append(try prompt(value, file)) }
    return prompts
  }

  private func prompt(_ value: JSONValue, _ file: SafetensorsFile) throws(CheckpointError) -> Goldens.Prompt {
    func fail(_ name: String, _ message: String) -> CheckpointError { CheckpointError(.goldens, file: file.file.path, "prompt `\(name)`: \(message)") }
    guard let name = value["name"]?.string else { throw fail("", "expected `name`") }
    guard let ids = tokens(value["ids"]), !ids.isEmpty else { throw fail(name, "expected `ids` to be tokens of the vocabulary") }
    let positions = value["positions"]?.elements?.compactMap(\.int) ?? []
    let isAscending = zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
    guard positions.count == value["positions"]?.count, isAscending, positions.allSatisfy(ids.indices.contains) else {
      throw fail(name, "expected `positions` to be ascending indices into `ids`")
    }
    let tensor = file.tensor("\(name)/logits")
    guard let tensor, tensor.type == .f32, tensor.shape == [positions.count, config.vocabSize], let logits = tensor.floats() else {
      throw fail(name, "expected `\(name)/logits` to be F32 of shape \([positions.count, config.vocabSize])")
    }
    guard let greedy = value["greedy"].map(tokens) ?? [] else { throw fail(name, "expected `greedy` to be tokens of the vocabulary") }
    let last = file.tensor("\(name)/greedy_last_logits").flatMap { $0.type == .f32 && $0.shape == [config.vocabSize] ? $0.floats() : nil }
    let rows = positions.indices.map { Array(logits[$0 * config.vocabSize..<($0 + 1) * config.vocabSize]) }
    return Goldens.Prompt(
      name: name, ids: ids, positions: positions, logits: rows, greedy: greedy, greedyLastLogits: last, greedyMinMargin: value["greedy_min_margin"]?.double)
  }

  private func tokens(_ value: JSONValue?) -> [TokenID]? {
    guard let elements = value?.elements else { return nil }
    let ids = elements.compactMap { element in element.int.flatMap { (0..<config.vocabSize).contains($0) ? TokenID($0) : nil } }
    return ids.count == elements.count ? ids : nil
  }

  func trace(_ folder: String, _ name: String) throws(CheckpointError) -> [Tap: [Float]] {
    guard CheckpointFolder.isPlainName(name) else { throw CheckpointError(.goldens, file: folder, "expected `trace.file` to name a file in the same folder") }
    let file = try SafetensorsFile(path: "\(folder)/\(name)")
    var taps: [Tap: [Float]] = [:]
    for tensor in file.tensors {
      guard let tap = Tap(tensor.name), let values = tensor.floats() else {
        throw CheckpointError(.goldens, file: file.file.path, tensor: tensor.name, "no value of the forward pass has this name")
      }
      taps[tap] = values
    }
    return taps
  }

  func completions(_ path: String) throws(CheckpointError) -> [Goldens.Completion] {
    let text = try FileSystem.read(path, limit: Self.maximumFileSize)
    var completions: [Goldens.Completion] = []
    for (number, line) in text.split(separator: UInt8(ascii: "\n")).enumerated() {
      guard let value = try? JSONValue.parse(Array(line)), let prompt = tokens(value["prompt_ids"]), !prompt.isEmpty, let ids = tokens(value["completion_ids"])
      else {
        throw CheckpointError(.goldens, file: path, "line \(number + 1): expected `prompt_ids` and `completion_ids`")
      }
      completions.append(Goldens.Completion(name: value["name"]?.string ?? "line \(number + 1)", promptIDs: prompt, completionIDs: ids))
    }
    return completions
  }
}
