/// The safetensors container (huggingface/safetensors, format of 2023): 8 bytes header length, a JSON header, then raw tensors.
///
/// Everything in a file is untrusted: lengths are checked for overflow and against the file before anything is allocated.
struct Safetensors {
  struct Tensor: Equatable {
    var name: String
    /// `I8` or `F32` here; other kinds are listed but not interpreted.
    var dtype: String
    var shape: [Int]
    /// Within the file.
    var range: Range<Int>
  }

  /// A header of a model with 64 labels and full isotonic cards is about 300 KB.
  static let maximumHeaderBytes = 16 << 20

  let bytes: [UInt8]
  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [Tensor] = []

  init(_ bytes: [UInt8]) throws(LinearModelError) {
    self.bytes = bytes
    guard bytes.count >= 8 else { throw Self.invalid("it is shorter than 8 bytes") }
    let length = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self).littleEndian }
    guard length <= Self.maximumHeaderBytes, Int(length) <= bytes.count - 8 else { throw Self.invalid("the header is longer than the file or 16 MiB") }
    let header: JSONValue
    do throws(JSONError) { header = try JSONValue.parse(Array(bytes[8..<8 + Int(length)])) } catch {
      throw Self.invalid("the header is not JSON: \(error.message) at byte \(error.offset)")
    }
    guard let members = header.members else { throw Self.invalid("the header is not a JSON object") }
    for member in members { try add(member, dataStart: 8 + Int(length)) }
    try checkOverlap()
  }

  func tensor(_ name: String) -> Tensor? { tensors.first { $0.name == name } }

  private mutating func add(_ member: JSONValue.Member, dataStart: Int) throws(LinearModelError) {
    if member.key == "__metadata__" {
      for entry in member.value.members ?? [] { metadata[entry.key] = entry.value.string }
      return
    }
    let name = JSONName.shown(member.key)
    guard let dtype = member.value["dtype"]?.string, let shape = member.value["shape"]?.array?.map(\.int), !shape.contains(nil),
      let offsets = member.value["data_offsets"]?.array?.map(\.int), offsets.count == 2, let start = offsets[0], let end = offsets[1]
    else { throw Self.invalid("tensor `\(name)` has no proper dtype, shape and data_offsets") }
    guard start >= 0, end >= start, end <= bytes.count - dataStart else { throw Self.invalid("tensor `\(name)` lies outside the file") }
    let dimensions = shape.compactMap(\.self)
    var elements = 1
    for dimension in dimensions {
      let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { throw Self.invalid("the shape of tensor `\(name)` is impossible") }
      elements = product
    }
    if let size = ["I8": 1, "F32": 4][dtype] {
      let (needed, overflow) = elements.multipliedReportingOverflow(by: size)
      guard !overflow, needed == end - start else { throw Self.invalid("tensor `\(name)` has not as many bytes as its shape needs") }
    }
    tensors.append(Tensor(name: name, dtype: dtype, shape: dimensions, range: dataStart + start..<dataStart + end))
  }

  private func checkOverlap() throws(LinearModelError) {
    let inOrder = tensors.sorted { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    for (first, second) in zip(inOrder, inOrder.dropFirst()) where first.range.upperBound > second.range.lowerBound {
      throw Self.invalid("tensors `\(first.name)` and `\(second.name)` overlap")
    }
  }

  static func invalid(_ message: String) -> LinearModelError { LinearModelError(.invalidModel, "not a usable model file: \(message)") }
}

extension Safetensors {
  func int8(_ tensor: Tensor) -> [Int8] { bytes[tensor.range].map { Int8(bitPattern: $0) } }

  func float32(_ tensor: Tensor) -> [Float] {
    bytes.withUnsafeBytes { raw in
      stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 4).map {
        Float(bitPattern: raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self).littleEndian)
      }
    }
  }
}

/// A tensor to be written.
struct TensorData {
  var name: String
  var dtype: String
  var shape: [Int]
  var bytes: [UInt8]

  init(_ name: String, int8 values: [Int8], shape: [Int]) {
    (self.name, dtype, self.shape) = (name, "I8", shape)
    bytes = values.map { UInt8(bitPattern: $0) }
  }
  init(_ name: String, float32 values: [Float], shape: [Int]) {
    (self.name, dtype, self.shape) = (name, "F32", shape)
    bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }
}

extension Safetensors {
  /// The bytes of a file: metadata first, tensors in the order given, the header padded with blanks to a multiple of 8 bytes.
  static func encode(metadata: [(key: String, value: String)], _ tensors: [TensorData]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("__metadata__")
      writer.object { writer in
        for (key, value) in metadata { writer.member(key, value) }
      }
      var offset = 0
      for tensor in tensors {
        writer.key(tensor.name)
        writer.object { writer in
          writer.member("dtype", tensor.dtype)
          writer.member("shape", tensor.shape)
          writer.member("data_offsets", [offset, offset + tensor.bytes.count])
        }
        offset += tensor.bytes.count
      }
    }
    while writer.bytes.count % 8 != 0 { writer.bytes.append(0x20) }
    return withUnsafeBytes(of: UInt64(writer.bytes.count).littleEndian) { Array($0) } + writer.bytes + tensors.flatMap(\.bytes)
  }
}
