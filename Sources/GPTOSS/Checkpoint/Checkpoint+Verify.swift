#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Checkpoint {
  /// Reads all weights that can hold a value that no model has, and says where one does.
  ///
  /// Opening has already shown that every tensor is there with its type and shape. This looks inside: bfloat16 tensors for NaN and infinity, MXFP4 scales for
  /// the NaN byte 255 (every block byte is valid, so blocks are not read), the index for a `total_size` that is not the sum of the tensors, and
  /// every file for having stayed as it was while it was read. One issue per tensor, naming the first bad element and their number.
  /// - Parameter progress: called before each tensor is read, with its name and the share of bytes read so far, 0...1.
  /// - Returns: the issues; empty when the checkpoint is sound.
  public func verify(progress: (String, Double) -> Void = { _, _ in }) -> [CheckpointIssue] {
    let tensors = files.flatMap(\.tensors).filter { $0.type == .bf16 || $0.name.hasSuffix("_scales") }
    let total = tensors.reduce(0) { $0 + $1.byteCount }
    var issues = checkTotalSize()
    var done = 0
    for tensor in tensors {
      progress(tensor.name, total == 0 ? 1 : Double(done) / Double(total))
      if let issue = tensor.type == .bf16 ? tensor.firstNonFinite() : tensor.firstNaNScale() { issues.append(issue) }
      done += tensor.byteCount
    }
    for file in files {
      do throws(CheckpointError) { try file.file.checkUnchanged() } catch { issues += error.issues }
    }
    return issues
  }

  private func checkTotalSize() -> [CheckpointIssue] {
    let path = self.path(of: CheckpointFolder.indexName)
    guard files.count > 1, let text = try? FileSystem.read(path, limit: ShardIndex.maximumFileSize), let root = try? JSONValue.parse(text) else { return [] }
    guard let claimed = root["metadata"]?["total_size"]?.int, claimed != byteCount else { return [] }
    return [CheckpointIssue(.shardIndex, file: path, "`total_size` is \(claimed), the tensors have \(byteCount) bytes")]
  }
}

extension TensorView {
  /// Elements looked at together.
  private static let stride = 1 << 14

  /// NaN and infinity are the values whose exponent bits are all set.
  fileprivate func firstNonFinite() -> CheckpointIssue? {
    let bytes = bytes
    var bad = 0
    var first: Int?
    for start in Swift.stride(from: 0, to: count, by: Self.stride) {
      let block = start..<min(start + Self.stride, count)
      let found = block.reduce(0) { sum, i in
        sum + (UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)) & 0x7F80 == 0x7F80 ? 1 : 0)
      }
      bad += found
      if found > 0, first == nil {
        first = block.first { UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) & 0x7F80 == 0x7F80 }
      }
    }
    return first.map { issue("\(bad) of \(count) values are NaN or infinite, the first at \(indices(of: $0))") }
  }

  fileprivate func firstNaNScale() -> CheckpointIssue? {
    let bytes = bytes
    guard let base = bytes.baseAddress, let hit = memchr(base, Int32(MXFP4.nanScale), bytes.count) else { return nil }
    let first = UnsafeRawPointer(hit) - base
    let bad = bytes[first...].reduce(0) { $0 + ($1 == MXFP4.nanScale ? 1 : 0) }
    return issue("\(bad) of \(count) scales are 255 (NaN), the first at \(indices(of: first))")
  }

  private func issue(_ message: String) -> CheckpointIssue { CheckpointIssue(.badValue, file: file.path, tensor: name, message) }

  /// Index along each dimension of the element at a position.
  private func indices(of element: Int) -> [Int] {
    var rest = element
    var indices: [Int] = []
    for dimension in shape.reversed() {
      indices.append(rest % dimension)
      rest /= dimension
    }
    return indices.reversed()
  }
}
