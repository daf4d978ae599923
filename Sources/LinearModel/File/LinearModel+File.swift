import Crypto

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension LinearModel {
  private static let weights = "weights"
  private static let units = "units"
  private static let steps = "steps"
  private static let biases = "biases"

  /// A model with 64 labels and 2^22 float weights each is 1 GiB; no honest file is larger.
  static let maximumFileBytes = (1 << 30) + Safetensors.maximumHeaderBytes

  /// Opens a model file.
  /// - Throws: ``LinearModelError`` `unreadable-model`, `invalid-model`, `unsupported-model`.
  public init(path: String) throws(LinearModelError) {
    let bytes = try Self.read(path)
    do throws(LinearModelError) { try self.init(bytes: bytes) } catch { throw LinearModelError(error.code, "`\(path)`: \(error.message)") }
  }

  /// Reads a model from the bytes of its file.
  public init(bytes: [UInt8]) throws(LinearModelError) {
    let file = try Safetensors(bytes)
    guard let json = file.metadata[ModelCard.metadataKey] else { throw Safetensors.invalid("there is no card; `winnow train` makes model files") }
    card = try ModelCard(json: json)
    fingerprint = hex(SHA256.hash(data: bytes))
    table = try Self.table(file, card)
  }

  private static func table(_ file: Safetensors, _ card: ModelCard) throws(LinearModelError) -> WeightTable {
    let (labels, buckets) = (card.labels.count, card.features.bucketCount)
    func tensor(_ name: String, _ dtype: String, _ shape: [Int]) throws(LinearModelError) -> Safetensors.Tensor {
      guard let tensor = file.tensor(name) else { throw Safetensors.invalid("tensor `\(name)` is missing") }
      guard tensor.dtype == dtype, tensor.shape == shape else { throw Safetensors.invalid("tensor `\(name)` must be \(dtype) \(shape)") }
      return tensor
    }
    let biases = file.float32(try tensor(biases, "F32", [labels]))
    guard biases.allSatisfy(isPlausible) else { throw Safetensors.invalid("a bias is not a finite number of plausible size") }
    let steps = file.int8(try tensor(steps, "I8", [buckets]))
    guard steps.allSatisfy({ $0 >= 0 }) else { throw Safetensors.invalid("a step is negative") }
    switch card.precision {
    case .int8:
      let units = file.float32(try tensor(units, "F32", [labels]))
      guard units.allSatisfy({ $0 >= 0 && isPlausible($0) }) else { throw Safetensors.invalid("a unit is not a finite number of plausible size") }
      return WeightTable(int8: file.int8(try tensor(weights, "I8", [labels, buckets])), units: units, biases: biases, steps: steps)
    case .float32:
      let rows = file.float32(try tensor(weights, "F32", [labels, buckets]))
      guard rows.allSatisfy(isPlausible) else { throw Safetensors.invalid("a weight is not a finite number of plausible size") }
      return WeightTable(float: rows, biases: biases, steps: steps)
    }
  }

  /// Finite and so small that no score overflows; trained weights are below 100.
  private static func isPlausible(_ value: Float) -> Bool { abs(value) <= 1e6 }

  /// The bytes of a model file.
  /// - Parameter rows: `[labels, buckets]` float weights; rounded to 8 bits here when the card says so.
  static func encode(_ card: ModelCard, rows: [Float], biases: [Float], steps: [Int8]) -> [UInt8] {
    let shape = [card.labels.count, card.features.bucketCount]
    let last = [TensorData(Self.steps, int8: steps, shape: [steps.count]), TensorData(Self.biases, float32: biases, shape: [biases.count])]
    let tensors: [TensorData]
    switch card.precision {
    case .int8:
      let quantized = QuantizedRows(rows, bucketCount: card.features.bucketCount)
      tensors = [TensorData(weights, int8: quantized.values, shape: shape), TensorData(units, float32: quantized.units, shape: [biases.count])]
    case .float32:
      tensors = [TensorData(weights, float32: rows, shape: shape)]
    }
    return Safetensors.encode(metadata: [("format", "winnow-linear"), (ModelCard.metadataKey, card.json)], tensors + last)
  }

  private static func read(_ path: String) throws(LinearModelError) -> [UInt8] {
    func failure(_ what: String) -> LinearModelError { LinearModelError(.unreadableModel, "cannot read the model `\(path)`: \(what)") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw failure("not a regular file") }
    guard status.st_size <= maximumFileBytes else { throw failure("larger than \(maximumFileBytes >> 20) MiB") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var done = 0
    while done < bytes.count {
      let got = bytes.withUnsafeMutableBytes { rest in
        Self.readSome(descriptor, UnsafeMutableRawBufferPointer(rebasing: rest[done...]))
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure(String(cString: strerror(errno))) }
      if got == 0 { bytes.removeLast(bytes.count - done) }
      done += got
    }
    return bytes
  }

  private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Darwin)
      Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }
}

/// Float rows as 8-bit whole numbers times one unit for each row, rounded to the nearest, ties to even.
struct QuantizedRows {
  /// `[labels, buckets]`, -127 ... 127.
  var values: [Int8] = []
  var units: [Float] = []

  init(_ rows: [Float], bucketCount: Int) {
    values.reserveCapacity(rows.count)
    for start in stride(from: 0, to: rows.count, by: bucketCount) {
      let row = rows[start..<start + bucketCount]
      let maximum = row.reduce(Float(0)) { max($0, abs($1)) }
      let unit = maximum / 127
      units.append(unit)
      for weight in row { values.append(unit > 0 ? Int8(min(max((weight / unit).rounded(.toNearestOrEven), -127), 127)) : 0) }
    }
  }
}
