import Crypto

/// Tells checkpoints apart without reading 13 GB: a hash over the layout version, and of each weight file its size, its header, all tensors of at
/// most 1 MiB (norms, sinks, biases, routers) and 256 evenly spread pieces of its data. Fine-tunes of one model have equal headers and sizes;
/// one that changes a few large matrices alone may be missed.
/// Modification times take no part, so a copied folder keeps its prepared file.
struct CheckpointFingerprint: Sendable, Hashable {
  static let byteCount = 32
  let bytes: [UInt8]

  init(_ checkpoint: Checkpoint) {
    var hash = SHA256()
    hash.update(data: [UInt8]("\(PreparedLayout.version) \(checkpoint.config)".utf8))
    for file in checkpoint.files {
      hash.update(data: [UInt8]("\(file.file.size)".utf8))
      let bytes = file.file.bytes, start = file.header.dataStart
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[0..<start]))
      for tensor in file.tensors where tensor.byteCount <= 1 << 20 { hash.update(bufferPointer: tensor.bytes) }
      let pieces = 256, length = 512
      for piece in 0..<pieces {
        let at = start + (bytes.count - start) / pieces * piece
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[at..<min(at + length, bytes.count)]))
      }
    }
    bytes = Array(hash.finalize())
  }
}
