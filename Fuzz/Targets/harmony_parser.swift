// sources: Checkpoint Tokenizer Harmony

private let harmony = (try? Tokenizer.load(from: "Tests/GPTOSSTests/Golden/tiny-c")).flatMap { try? Harmony($0) }

/// The first byte chooses the role; of the others, the last eight values are control tokens and a special one, the rest ids as they are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let harmony else { preconditionFailure("the golden tokenizer is missing") }
  guard count > 0 else { return 0 }
  let controls = [harmony.start, harmony.channel, harmony.message, harmony.end, harmony.return, harmony.call, harmony.constrain, 382]
  let ids = UnsafeBufferPointer(start: data + 1, count: count - 1).map { $0 < 0xF8 ? TokenID($0) : controls[Int($0) - 0xF8] }
  let roles: [HarmonyRole?] = [nil] + HarmonyRole.allCases.map { $0 }
  for strictness in [HarmonyParser.Strictness.strict, .lenient] { read(ids, harmony, roles[Int(data[0]) % roles.count], strictness) }
  return 0
}

private func read(_ ids: [TokenID], _ harmony: Harmony, _ role: HarmonyRole?, _ strictness: HarmonyParser.Strictness) {
  var parser = HarmonyParser(harmony, role: role, strictness)
  var text = ""
  do {
    for id in ids {
      let before = parser.messages.count
      try parser.push(id)
      text += parser.delta ?? ""
      if parser.state == .content { precondition(parser.content.utf8.elementsEqual(text.utf8), "deltas are not the content") }
      guard parser.messages.count > before else { continue }
      precondition(parser.messages.count == before + 1, "one token ended two messages")
      precondition(strictness == .lenient || parser.messages[before].text.utf8.starts(with: text.utf8), "deltas are not the message")
      text = ""
    }
    try parser.finish()
  } catch {
    precondition(error is HarmonyParseError, "another error")
  }
}
