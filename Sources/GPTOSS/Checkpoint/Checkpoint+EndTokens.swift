extension Checkpoint {
  /// Tokens that end a generation: `eos_token_id` of `generation_config.json` (published: `<|return|>`, `<|endoftext|>`, `<|call|>`) together with that
  /// of `config.json`; ascending.
  /// - Throws: ``CheckpointError`` when the file is there and malformed.
  public func endTokens() throws(CheckpointError) -> [Int] {
    let path = self.path(of: "generation_config.json")
    guard FileSystem.exists(path) else { return [config.eosTokenID] }
    let text = try FileSystem.read(path, limit: ModelConfig.maximumFileSize)
    let root: JSONValue
    do { root = try JSONValue.parse(text) } catch { throw CheckpointError(.malformedJSON, file: path, error.description) }
    guard let value = root["eos_token_id"], !value.isNull else { return [config.eosTokenID] }
    let ids = (value.elements.map(Array.init) ?? [value]).map(\.int)
    let known = ids.compactMap { id in id.flatMap { (0..<config.vocabSize).contains($0) ? $0 : nil } }
    guard known.count == ids.count else {
      throw CheckpointError(.config, file: path, "expected `eos_token_id` to be token ids below \(config.vocabSize)")
    }
    return Set(known + [config.eosTokenID]).sorted()
  }
}
