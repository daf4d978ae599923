// sources: Checkpoint Tokenizer

/// Started from the repository's root, as Fuzz/run.sh does.
private let tokenizer = try? Tokenizer.load(from: "Tests/GPTOSSTests/Golden/tiny-b")

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let tokenizer else { preconditionFailure("the golden tokenizer is missing") }
  let input = UnsafeBufferPointer(start: data, count: count)
  var ids: [TokenID] = []
  tokenizer.encode(ordinary: input, into: &ids)
  precondition(!ids.contains { tokenizer.isSpecial($0) }, "ordinary text gave a special token")
  let text = String(decoding: input, as: UTF8.self)
  precondition(tokenizer.decode(ids).utf8.elementsEqual(text.utf8), "tokens do not give their text back")
  precondition(tokenizer.decode(tokenizer.encode(trustedTemplate: text)).utf8.elementsEqual(text.utf8), "template tokens do not give their text back")

  // The same bytes as ids: streaming gives what decoding the whole gives.
  let any = input.map { TokenID($0) &* 5 }
  var stream = StreamingDecoder(tokenizer)
  let streamed = any.map { stream.push($0) }.joined() + stream.finish()
  precondition(streamed.utf8.elementsEqual(tokenizer.decode(any).utf8), "streaming gives another text")
  return 0
}
