// sources: Checkpoint

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let config = try? ModelConfig(json: Array(UnsafeBufferPointer(start: data, count: count)), file: "fuzz") else { return 0 }
  precondition(config.layerTypes.count == config.numHiddenLayers, "layers without a type")
  precondition(config.attentionSize % config.keyValueSize == 0 && config.queryGroupSize > 0, "heads that cannot share")
  precondition(config.parameterCount > 0 && config.activeParameterCount <= config.parameterCount, "parameters that overflow")
  precondition((0..<config.vocabSize).contains(config.eosTokenID) && config.expertsPerToken <= config.numExperts, "values out of range")
  return 0
}
