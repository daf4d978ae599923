// sources: Checkpoint

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let header = try? SafetensorsHeader(UnsafeRawBufferPointer(start: data, count: count), file: "fuzz") else { return 0 }
  var end = 0
  for entry in header.entries {
    precondition(entry.range.lowerBound == end, "a gap or an overlap")
    end = entry.range.upperBound
    let elements = entry.spec.shape.reduce(1, *)
    precondition(elements * entry.spec.type.bitCount == entry.range.count * 8, "a size that does not fit its shape")
  }
  precondition(header.dataStart + end == count, "the data is not covered")
  return 0
}
