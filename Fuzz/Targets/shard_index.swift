// sources: Checkpoint

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let shards = try? ShardIndex.read(Array(UnsafeBufferPointer(start: data, count: count)), file: "fuzz") else { return 0 }
  for shard in shards.values { precondition(!shard.utf8.contains(UInt8(ascii: "/")) && shard.hasSuffix(".safetensors"), "a shard outside the folder") }
  return 0
}
