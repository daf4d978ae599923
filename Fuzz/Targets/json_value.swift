// sources: Checkpoint

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let text = Array(UnsafeBufferPointer(start: data, count: count))
  guard let root = try? JSONValue.parse(text) else { return 0 }
  var values = 0
  read(root, &values)
  precondition(values <= count, "more values than bytes")
  return 0
}

private func read(_ value: JSONValue, _ values: inout Int) {
  values += 1
  precondition(value.bytes.map { String(validating: $0, as: UTF8.self) != nil } ?? true, "a string is not UTF-8")
  precondition(value.double?.isFinite ?? true, "a number is not finite")
  precondition(value.kind != .integer || value.int == nil || value.unsigned == nil || value.int.map { UInt64($0) } == value.unsigned, "an integer reads in two ways")
  for element in value.elements.map(Array.init) ?? [] { read(element, &values) }
  for member in value.members.map(Array.init) ?? [] { read(member.value, &values) }
  _ = value.duplicateKey
}
