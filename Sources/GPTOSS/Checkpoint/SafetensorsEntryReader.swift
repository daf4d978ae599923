/// Reads the members of a header's JSON with the rules of the official reader's deserializer (serde): what it ignores is ignored,
/// and the two odd spellings that it takes, `["U8",[1],[0,1]]` for a tensor and `{"U8":null}` for a type, are taken.
struct SafetensorsEntryReader {
  /// A tensor as written; only the one that counts is checked further.
  private struct Draft {
    var name: String
    var type: TensorType
    var shape: [UInt64]
    var start: UInt64
    var end: UInt64
  }

  let file: String
  private(set) var metadata: [String: String] = [:]
  private(set) var duplicateNames: [String] = []
  private var drafts: [[UInt8]: Draft] = [:]
  private var hasMetadata = false

  init(file: String) { self.file = file }

  /// Checked, by offset; tensors without data stand before the one that starts where they do.
  func sortedEntries() throws(CheckpointError) -> [SafetensorsHeader.Entry] {
    var entries: [SafetensorsHeader.Entry] = []
    for draft in drafts.values { entries.append(try checked(draft)) }
    return entries.sorted { ($0.range.lowerBound, $0.range.upperBound, $0.spec.name) < ($1.range.lowerBound, $1.range.upperBound, $1.spec.name) }
  }

  mutating func read(_ root: JSONValue) throws(CheckpointError) {
    guard let members = root.members else { throw malformed(nil, "expected an object") }
    for (key, value) in members {
      guard let name = key.string, let nameBytes = key.bytes else { continue }
      if name == "__metadata__" {
        try readMetadata(value)
      } else {
        let previous = drafts.updateValue(try draft(name, value), forKey: nameBytes)
        if previous != nil { duplicateNames.append(name) }
      }
    }
  }

  private mutating func readMetadata(_ value: JSONValue) throws(CheckpointError) {
    guard !hasMetadata else { throw malformed(nil, "`__metadata__` stands there twice") }
    hasMetadata = true
    if value.isNull { return }
    guard let members = value.members else { throw malformed(nil, "expected `__metadata__` to be an object") }
    for (key, value) in members {
      guard let key = key.string, let text = value.string else { throw malformed(nil, "expected the values of `__metadata__` to be strings") }
      metadata[key] = text
    }
  }

  private func malformed(_ tensor: String?, _ message: String) -> CheckpointError {
    CheckpointError(.malformedHeader, file: file, tensor: tensor, message)
  }

  // MARK: - As written

  private func draft(_ name: String, _ value: JSONValue) throws(CheckpointError) -> Draft {
    let fields = try self.fields(name, value)
    guard let type = self.type(fields.type) else { throw malformed(name, "unknown `dtype`") }
    guard let shape = numbers(fields.shape) else { throw malformed(name, "expected `shape` to hold whole numbers from 0") }
    guard let offsets = numbers(fields.offsets), offsets.count == 2 else {
      throw malformed(name, "expected `data_offsets` to hold two whole numbers from 0")
    }
    return Draft(name: name, type: type, shape: shape, start: offsets[0], end: offsets[1])
  }

  /// The three fields of a tensor, each exactly once.
  private func fields(_ name: String, _ value: JSONValue) throws(CheckpointError) -> (type: JSONValue, shape: JSONValue, offsets: JSONValue) {
    if value.kind == .array, value.count == 3, let type = value[0], let shape = value[1], let offsets = value[2] { return (type, shape, offsets) }
    guard let members = value.members else { throw malformed(name, "expected an object") }
    var found: [String: JSONValue] = [:]
    for (key, value) in members {
      guard let key = key.string, ["dtype", "shape", "data_offsets"].contains(key) else { continue }
      guard found.updateValue(value, forKey: key) == nil else { throw malformed(name, "`\(key)` stands there twice") }
    }
    guard let type = found["dtype"], let shape = found["shape"], let offsets = found["data_offsets"] else {
      throw malformed(name, "expected `dtype`, `shape` and `data_offsets`")
    }
    return (type, shape, offsets)
  }

  private func type(_ value: JSONValue) -> TensorType? {
    if let name = value.string { return TensorType(rawValue: name) }
    guard value.count == 1, let (name, payload) = value.members?.first(where: { _ in true }), payload.isNull else { return nil }
    return name.string.flatMap(TensorType.init)
  }

  private func numbers(_ value: JSONValue) -> [UInt64]? {
    guard let elements = value.elements else { return nil }
    var numbers: [UInt64] = []
    for element in elements {
      guard let number = element.unsigned else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  // MARK: - Checked

  private func checked(_ draft: Draft) throws(CheckpointError) -> SafetensorsHeader.Entry {
    let name = draft.name
    guard draft.start <= draft.end, let start = Int(exactly: draft.start), let end = Int(exactly: draft.end) else {
      throw malformed(name, "`data_offsets` [\(draft.start), \(draft.end)] are no range")
    }
    let size = try byteCount(draft)
    guard UInt64(end - start) == size else {
      throw malformed(name, "\(draft.type.rawValue) of shape \(draft.shape) has \(size) bytes, `data_offsets` give \(end - start)")
    }
    let shape = draft.shape.compactMap { Int(exactly: $0) }
    guard shape.count == draft.shape.count else { throw malformed(name, "shape \(draft.shape) is beyond what this machine can count") }
    return SafetensorsHeader.Entry(spec: TensorSpec(name, draft.type, shape), range: start..<end)
  }

  private func byteCount(_ draft: Draft) throws(CheckpointError) -> UInt64 {
    var bits: UInt64 = 1
    for factor in draft.shape + [UInt64(draft.type.bitCount)] {
      let (product, overflow) = bits.multipliedReportingOverflow(by: factor)
      guard !overflow else { throw malformed(draft.name, "the size of \(draft.type.rawValue) of shape \(draft.shape) overflows") }
      bits = product
    }
    guard bits % 8 == 0 else { throw malformed(draft.name, "\(draft.type.rawValue) of shape \(draft.shape) does not end at a byte") }
    return bits / 8
  }
}
