// sources: Checkpoint Tokenizer

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: data, count: count)
  guard let tokenizer = try? Tokenizer(json: Array(input)) else { return 0 }
  var ids: [TokenID] = []
  tokenizer.encode(ordinary: input, into: &ids)
  precondition(ids.allSatisfy { tokenizer.contains($0) && !tokenizer.isSpecial($0) }, "ordinary text gave a special token")
  precondition(tokenizer.decode(ids).utf8.elementsEqual(String(decoding: input, as: UTF8.self).utf8), "tokens do not give their text back")
  return 0
}
