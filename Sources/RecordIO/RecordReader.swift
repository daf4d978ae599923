import Moderation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much is read at once and how long a record may be.
public struct ReadLimits: Sendable {
  public var batchMessages = 4096
  public var batchBytes = 256 << 10
  /// Longer records are dead letters; their bytes are skipped, not kept.
  public var recordBytes = 1 << 20
  /// Live input: how long a complete line waits for company.
  public var patience: Duration = .milliseconds(10)
  public var maxExpansion = ExpansionGuard.defaultFactor
  /// Whether batches tell the line of each message.
  public var keepsLines = false
  public init() {}
}

/// A place between two records of the input.
public struct StreamPosition: Sendable, Hashable, Codable {
  /// Index into the list of inputs.
  public var file = 0
  /// In the uncompressed file.
  public var byteOffset = 0
  /// Lines before this place.
  public var line = 0
  /// Records before this place in the whole stream, dead ones included.
  public var record = 0
  /// What stands right before this place; nil where that is not known.
  public var mark: InputMark?
  public init() {}
}

/// The last bytes before a place, by length and hash: a reader that goes on there knows its input again by them.
public struct InputMark: Sendable, Hashable, Codable {
  static let longest = 4096
  public private(set) var length: Int
  public private(set) var hash: UInt64

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    let last = bytes.suffix(Self.longest)
    length = last.count
    // FNV-1a, 64 bits: by chance, other bytes have the same hash once in 10^19.
    hash = last.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}

/// What one call of the reader brings.
public struct ReadBatch: Sendable {
  public var batch: MessageBatch
  public var deadLetters: [DeadLetter]
  /// Behind the last record of the batch.
  public var end: StreamPosition
  /// Where ``ReadLimits/keepsLines`` is set, the line on which each message begins, counted from 1.
  public var lines: [Int] = []
}

/// Reads records from files or standard input into batches. Blocking; used by one thread.
///
/// Memory: the read buffer (batch bytes + one record) and what the caller keeps of the batches, however long the input is.
public final class RecordReader {
  private let inputs: [String]
  private let mapping: InputMapping
  private let limits: ReadLimits
  private let follow: Bool
  private let isStopped: @Sendable () -> Bool
  private var source: (any ByteSource)?
  private var buffer = ReadBuffer()
  private var lines: [LineRange] = []
  private var skipping: SkippedRecord?
  private var json: JSONRecordParser
  private var csv: CSVRecordParser?
  public private(set) var position: StreamPosition
  private var sequence = 0
  /// Warm-up before a resume: no record at or behind this place is returned.
  private var stopAt: StreamPosition?

  struct LineRange {
    var start: Int
    /// Without the line end.
    var end: Int
    /// With it.
    var next: Int
    /// Lines covered (CSV records may span several).
    var lineCount = 1
    var isTooLong = false
  }

  /// A record beyond the limit, of which no more is kept than its beginning: the same whatever the reads.
  private struct SkippedRecord {
    private(set) var head: [UInt8] = []
    /// Without the line end.
    private var length = 0
    var dropped = 0

    mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) {
      head.append(contentsOf: bytes.prefix(1024 - head.count))
      length += bytes.count
    }

    /// A CR that is the last byte belongs to the line end.
    mutating func finish() {
      if length == head.count, head.last == 0x0D { head.removeLast() }
    }
  }

  /// - Parameter inputs: paths; `-` is standard input.
  public init(
    inputs: [String], mapping: InputMapping, limits: ReadLimits = .init(), follow: Bool = false, from start: StreamPosition = .init(),
    stopAt: StreamPosition? = nil, isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws(RecordIOError) {
    self.inputs = inputs
    self.mapping = mapping
    self.limits = limits
    self.follow = follow
    self.isStopped = isStopped
    self.stopAt = stopAt
    position = start
    json = JSONRecordParser(mapping)
    csv = mapping.format == .csv ? CSVRecordParser(mapping) : nil
    if start.byteOffset > 0 { try resume() }
  }

  private func resume() throws(RecordIOError) {
    try openCurrent()
    var skipped = 0
    if csv != nil {
      // The CSV header is read again in any case.
      skipped = try discardByteOrderMark()
      try readCSVHeader()
      skipped += headerBytes
    }
    let markLength = position.mark?.length ?? 0
    let target = position.byteOffset - markLength
    if csv == nil, let file = source as? FileSource, file.seek(to: target) { skipped = target }
    try skip(target - skipped)
    try recognise(markLength)
  }
  private var headerBytes = 0

  private func skip(_ count: Int) throws(RecordIOError) {
    var left = count - buffer.discard(count)
    while left > 0 {
      try fillForResume()
      left -= buffer.discard(left)
    }
  }

  /// Refuses to go on in another input than the one that was read before.
  private func recognise(_ length: Int) throws(RecordIOError) {
    guard let mark = position.mark else { return }
    while buffer.count < length { try fillForResume() }
    guard InputMark(buffer.bytes(buffer.head..<(buffer.head + length))) == mark else {
      throw RecordIOError(
        .checkpoint, path: inputs[position.file],
        detail: "is not the input that was read when the checkpoint was written: other bytes stand before the place to go on from; remove the checkpoint (and the output) to start anew")
    }
    _ = buffer.discard(length)
  }

  private func fillForResume() throws(RecordIOError) {
    guard try buffer.fill(from: source!, atLeast: 1 << 16) > 0 else {
      throw RecordIOError(.checkpoint, path: inputs[position.file], detail: "the input is shorter than when the checkpoint was written")
    }
  }

  private func openCurrent() throws(RecordIOError) {
    let path = inputs[position.file]
    // Only the last file can be followed: an earlier one has to end for the next to begin.
    let isFollowed = follow && position.file == inputs.count - 1 && path != "-"
    source = isFollowed ? try FollowSource(path: path, isStopped: isStopped) : try openSource(path: path, maxExpansion: limits.maxExpansion)
  }

  /// The next batch; nil at the end of the last input or after a stop.
  ///
  /// After damage in the input, what came whole before it is returned first; the next call throws.
  public func next() throws(RecordIOError) -> ReadBatch? {
    if let damage { throw damage }
    while position.file < inputs.count {
      if let stopAt, position.record >= stopAt.record { return nil }
      if source == nil {
        try openCurrent()
        try beginFile()
        if csv != nil { try readCSVHeader() }
      }
      if let batch = try readBatch() { return batch }
      if isStopped() { return nil }
      if let followed = source as? FollowSource, followed.hasNewFile {
        followed.beginNewFile()
        try beginFile()
        try readHeaderOfNewFile()
        continue
      }
      source = nil
      position.file += 1
    }
    return nil
  }

  /// Bytes read from the current input's file.
  public var bytesRead: Int { source?.bytesRead ?? 0 }

  private var damage: RecordIOError?

  private func beginFile() throws(RecordIOError) {
    (position.byteOffset, position.line, position.mark) = (0, 0, nil)
    (quoteStaysOpen, quoteOpenUntil) = (false, 0)
    position.byteOffset += try discardByteOrderMark()
  }

  /// A file that a followed one was rotated to may begin with a header again, or go on with records where its writer knows of no header: a first line without
  /// the columns that are needed is a record.
  private func readHeaderOfNewFile() throws(RecordIOError) {
    guard csv != nil else { return }
    let former = csv
    do throws(RecordIOError) { try readCSVHeader() } catch {
      guard error.code == .badHeader else { throw error }
      csv = former
      lines.removeAll()
    }
  }

  /// Bytes of a byte order mark at the start of the input.
  private func discardByteOrderMark() throws(RecordIOError) -> Int {
    while buffer.count < 3, try fillOrWait() > 0 {}
    return buffer.hasPrefix([0xEF, 0xBB, 0xBF]) ? buffer.discard(3) : 0
  }

  private func readCSVHeader() throws(RecordIOError) {
    lines.removeAll()
    while try nextLine() == .needsMore, try fillOrWait() > 0 {
      guard buffer.count <= limits.recordBytes + 1 else {
        throw RecordIOError(.badHeader, path: source?.path ?? "", detail: "the first line is longer than \(limits.recordBytes) bytes; is this CSV with line ends?")
      }
    }
    if lines.isEmpty, buffer.count > 0 { lines.append(LineRange(start: buffer.head, end: buffer.tail, next: buffer.tail)) }
    guard let header = lines.first else { return }
    try csv?.readHeader(buffer.bytes(header.start..<header.end), path: source?.path ?? "")
    headerBytes = header.next - buffer.head
    if position.line == 0 {
      position.byteOffset += header.next - buffer.head
      position.line += header.lineCount
    }
    buffer.consume(to: header.next)
    lines.removeAll()
  }

  /// A stop was seen: what is read and complete still goes out, a line that is being written stays unread.
  private var stoppedEarly = false

  /// Waits for bytes in slices, so that a stop is seen; 0 at the end or after a stop.
  private func fillOrWait() throws(RecordIOError) -> Int {
    guard let source else { return 0 }
    repeat {
      if isStopped() {
        stoppedEarly = true
        return 0
      }
    } while source.isLive && !source.isReadable(within: 100)
    let count = try buffer.fill(from: source, atLeast: limits.batchBytes)
    if count == 0, isStopped() { stoppedEarly = true }
    return count
  }

  private enum LineResult { case found, needsMore }

  private var scanFrom: Int { lines.last?.next ?? buffer.head }

  private func nextLine() throws(RecordIOError) -> LineResult {
    let start = scanFrom
    let isCSV = mapping.format == .csv
    if isCSV, quoteStaysOpen, let feed = buffer.lineEnd(from: start), buffer.isQuoteOpen(from: start, to: feed) {
      lines.append(LineRange(start: start, end: feed > start && buffer[feed - 1] == 0x0D ? feed - 1 : feed, next: feed + 1))
      return .found
    }
    let offset = position.byteOffset + start - buffer.head
    // A later line of a quoted record that was cut as too long, and is quoted at its end itself: it is known to be too long as well.
    if isCSV, quoteOpenUntil - offset > limits.recordBytes + 1, let feed = buffer.lineEnd(from: start), buffer.isQuoteOpen(from: start, to: feed) {
      lines.append(LineRange(start: start, end: feed > start && buffer[feed - 1] == 0x0D ? feed - 1 : feed, next: feed + 1, isTooLong: true))
      return .found
    }
    guard let found = isCSV ? buffer.csvRecordEnd(from: start) : buffer.lineEnd(from: start) else {
      if isCSV, buffer.isQuoteOpen(from: start) { quoteOpenUntil = offset + buffer.tail - start }
      return .needsMore
    }
    // Too long a quoted record is cut at its first line feed, as when its end is not in the buffer yet: the same whatever the reads.
    let isTooLong = found - start > limits.recordBytes + 1
    if isCSV, isTooLong { quoteOpenUntil = offset + found - start }
    let end = isCSV && isTooLong ? (buffer.lineEnd(from: start) ?? found) : found
    var contentEnd = end
    if contentEnd > start, buffer[contentEnd - 1] == 0x0D { contentEnd -= 1 }
    let count = isCSV ? 1 + buffer.newlines(in: start..<end) : 1
    lines.append(LineRange(start: start, end: contentEnd, next: end + 1, lineCount: count, isTooLong: isTooLong))
    return .found
  }

  /// Complete lines up to a batch's size; nil at the end of this input.
  private func readBatch() throws(RecordIOError) -> ReadBatch? {
    buffer.compact()
    lines.removeAll(keepingCapacity: true)
    var waitUntil: ContinuousClock.Instant?
    var ended = false
    gather: while lines.count < limits.batchMessages, scanFrom - buffer.head < limits.batchBytes {
      if skipping != nil {
        try skipLongRecord()
        if stoppedEarly { break }
        continue
      }
      if finished != nil { break }
      if try nextLine() == .found { continue }
      // One byte more may be the CR of a line end that is not read yet.
      if buffer.tail - scanFrom > limits.recordBytes + 1 {
        if !lines.isEmpty { break }
        try skipLongRecord()
        if stoppedEarly { break }
        continue
      }
      if !lines.isEmpty, let source, source.isLive {
        let until = waitUntil ?? ContinuousClock.now + limits.patience
        waitUntil = until
        let left = Int32(max(0, (until - .now).inSeconds * 1000))
        if left == 0 || !source.isReadable(within: left) { break gather }
      }
      do throws(RecordIOError) {
        guard try fillOrWait() == 0 else { continue }
        ended = true
      } catch {
        if lines.isEmpty { throw error }
        damage = error
      }
      break
    }
    if ended, !stoppedEarly { finishLastLine() }
    if lines.isEmpty && finished == nil { return nil }
    return makeBatch()
  }

  private var finished: SkippedRecord?

  /// A quote stood open to the end of the input. So does every later line's that leaves one open: the rest need not be searched again.
  private var quoteStaysOpen = false
  /// The place in the file up to which a record that was cut as too long had not ended. A later line that leaves a quote open before it does not end before it
  /// either, so that it need not be searched again: else each line of a long quotation would be searched to its end.
  private var quoteOpenUntil = 0

  /// The last line of a file may lack its line end. A quote that nothing closes hides no record but its own: that is cut at its first line
  /// feed, as too long a record is, and what follows is read on.
  private func finishLastLine() {
    let start = scanFrom
    guard buffer.tail > start else { return }
    let isCSV = mapping.format == .csv
    let feed = isCSV && buffer.isQuoteOpen(from: start) ? buffer.lineEnd(from: start) : nil
    if feed != nil { quoteStaysOpen = true }
    var end = feed ?? buffer.tail
    let count = isCSV && feed == nil ? 1 + buffer.newlines(in: start..<end) : 1
    if end > start, buffer[end - 1] == 0x0D { end -= 1 }
    lines.append(LineRange(start: start, end: end, next: feed.map { $0 + 1 } ?? buffer.tail, lineCount: count))
  }

  /// Drops the bytes of a record beyond the limit as they come.
  private func skipLongRecord() throws(RecordIOError) {
    var record = skipping ?? SkippedRecord()
    let end = buffer.lineEnd(from: buffer.head)
    record.keep(buffer.bytes(buffer.head..<(end ?? buffer.tail)))
    record.dropped += buffer.discard(end.map { $0 + 1 - buffer.head } ?? .max)
    skipping = record
    if end == nil {
      let count = try fillOrWait()
      if count > 0 || stoppedEarly { return }
    }
    record.finish()
    (finished, skipping) = (record, nil)
  }

  private var tooLongDetail: String { "the record is longer than \(limits.recordBytes) bytes" }

  private func makeBatch() -> ReadBatch {
    var result = ReadBatch(batch: MessageBatch(sequence: sequence), deadLetters: [], end: position)
    sequence += 1
    result.batch.arrival = .now
    result.batch.isLive = (source?.isLive ?? false) && !((source as? FollowSource)?.isBehind ?? false)
    if let record = finished {
      finished = nil
      result.deadLetters.append(
        DeadLetter(
          reason: .tooLong, detail: tooLongDetail, file: source?.path ?? "",
          line: position.line + 1, byteOffset: position.byteOffset, raw: record.head))
      position.byteOffset += record.dropped
      position.line += 1
      position.record += 1
      position.mark = nil
    }
    parseLines(into: &result)
    result.end = position
    return result
  }

  private func parseLines(into result: inout ReadBatch) {
    guard let last = lines.last else { return }
    let start = buffer.head
    let builder = BatchBuilder(mapping: mapping, path: source?.path ?? "")
    var builderState = builder.start(&result.batch, raw: buffer.bytes(start..<last.next), messages: lines.count)
    for line in lines {
      if let stopAt, position.record >= stopAt.record {
        buffer.consume(to: line.start)
        builder.finish(&result.batch, state: builderState)
        return
      }
      let range = (line.start - start)..<(line.end - start)
      if line.isTooLong || range.count > limits.recordBytes {
        let raw = Array(result.batch.bytes[range].prefix(1024))
        result.deadLetters.append(
          DeadLetter(
            reason: .tooLong, detail: tooLongDetail, file: source?.path ?? "", line: position.line + 1, byteOffset: position.byteOffset, raw: raw))
        builderState.wasRecord = true
      } else if let letter = builder.add(range, at: position, to: &result.batch, json: &json, csv: csv, state: &builderState) {
        result.deadLetters.append(letter)
      }
      while limits.keepsLines, result.lines.count < result.batch.count { result.lines.append(position.line + 1) }
      position.byteOffset += line.next - line.start
      position.line += line.lineCount
      if builderState.wasRecord { position.record += 1 }
    }
    builder.finish(&result.batch, state: builderState)
    position.mark = InputMark(buffer.bytes(start..<last.next))
    buffer.consume(to: last.next)
  }
}
