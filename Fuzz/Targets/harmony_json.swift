// sources: Checkpoint Tokenizer Harmony

private let tokenizer = try? Tokenizer.load(from: "Tests/GPTOSSTests/Golden/tiny-c")

/// Lines of `winnow tokens`: whatever is rendered has as many control tokens as the form has, not as the text says.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let tokenizer, let harmony = try? Harmony(tokenizer) else { preconditionFailure("the golden tokenizer is missing") }
  let line = Array(UnsafeBufferPointer(start: data, count: count))
  for command in TokensLines.Command.allCases { _ = try? TokensLines(tokenizer).answer(line, command) }
  _ = TokensConformance(tokenizer).run(line, name: "fuzz")
  guard let input = try? JSONValue.parse(line), input["chat"] == nil, let ids = try? HarmonyInput(input).render(harmony) else { return 0 }
  let starts = ids.filter { $0 == harmony.start }.count
  precondition(starts <= (input["messages"]?.count ?? 0) + 1, "text became a control token")
  precondition(ids.filter { $0 == harmony.message }.count <= starts, "text became a control token")
  return 0
}
