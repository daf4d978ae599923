// sources: Checkpoint Tokenizer

/// A valid cache file, to which the input is applied as patches of four bytes: three of offset, one of value. Its hash is made right again, so that
/// what is behind the hash is tried.
private let source = TokenizerCache.Source(UnsafeRawBufferPointer(start: nil, count: 0))
private let original: [UInt8]? = (try? Tokenizer.load(from: "Tests/GPTOSSTests/Golden/tiny-c")).map { TokenizerCache.content($0.tables, of: source) }
private let sample = Array("The category of the content <|end|> don't 123 \u{1FAE0}é  \n".utf8)

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let original else { preconditionFailure("the golden tokenizer is missing") }
  var file = original
  for i in stride(from: 0, to: count - 3, by: 4) {
    let offset = Int(data[i]) | Int(data[i + 1]) << 8 | Int(data[i + 2]) << 16
    file[offset % file.count] = data[i + 3]
  }
  file.withUnsafeMutableBytes { bytes in
    let hash = TokenizerCache.hash(UnsafeRawBufferPointer(bytes))
    bytes.storeBytes(of: hash.littleEndian, toByteOffset: 32, as: UInt64.self)
  }
  guard let tables = file.withUnsafeBytes({ TokenizerCache.tables($0, of: source) }) else { return 0 }
  let tokenizer = Tokenizer(tables: tables)
  var ids: [TokenID] = []
  sample.withUnsafeBufferPointer { tokenizer.encode(ordinary: $0, into: &ids) }
  precondition(!ids.contains { tables.isSpecial($0) }, "ordinary text gave a special token")
  _ = tokenizer.decode(ids)
  _ = tokenizer.encode(trustedTemplate: String(decoding: sample, as: UTF8.self))
  return 0
}
