/// A safetensors file, mapped and checked.
public struct SafetensorsFile: Sendable {
  public let file: MappedFile
  public let header: SafetensorsHeader
  private let indices: [String: Int]

  /// Maps the file and reads its header; the data is not touched.
  public init(path: String) throws(CheckpointError) {
    file = try MappedFile(path: path)
    header = try SafetensorsHeader(file.bytes, file: path)
    indices = Dictionary(header.entries.enumerated().map { ($1.spec.name, $0) }, uniquingKeysWith: { $1 })
  }

  public var tensors: [TensorView] { header.entries.map(view) }

  /// The tensor of that name; nil when there is none.
  public func tensor(_ name: String) -> TensorView? { indices[name].map { view(header.entries[$0]) } }

  private func view(_ entry: SafetensorsHeader.Entry) -> TensorView {
    let start = header.dataStart + entry.range.lowerBound
    return TensorView(spec: entry.spec, file: file, range: start..<start + entry.range.count)
  }
}

/// A tensor inside a mapped file. Copying it copies no data; it keeps the mapping alive.
public struct TensorView: Sendable {
  public let spec: TensorSpec
  public let file: MappedFile
  /// Bytes in the file.
  public let range: Range<Int>

  public var name: String { spec.name }
  public var type: TensorType { spec.type }
  public var shape: [Int] { spec.shape }
  public var byteCount: Int { range.count }
  /// Number of elements.
  public var count: Int { byteCount * 8 / type.bitCount }

  /// The raw data, little-endian. Valid while this view, or anything else that holds its file, lives. The format promises no alignment:
  /// published files happen to align to 8 bytes, a hostile one need not, so read with unaligned loads.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[range]) }

  /// Reads F32, BF16, I32 or I64 as float; nil for other types. For small tensors and tests.
  public func floats() -> [Float]? {
    let bytes = bytes
    func load<T: FixedWidthInteger>(_ type: T.Type, _ convert: (T) -> Float) -> [Float] {
      (0..<count).map { convert(T(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self))) }
    }
    return switch type {
    case .f32: load(UInt32.self) { Float(bitPattern: $0) }
    case .bf16: load(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .i32: load(Int32.self) { Float($0) }
    case .i64: load(Int64.self) { Float($0) }
    default: nil
    }
  }
}
