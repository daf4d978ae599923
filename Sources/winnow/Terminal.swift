#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import FoundationEssentials

/// What is known of standard output and standard error.
enum Terminal {
  static let errorIsTerminal = isatty(2) == 1
  static let outputIsTerminal = isatty(1) == 1
  static let inputIsTerminal = isatty(0) == 1
  private static let noColor = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
  static let errorHasColor = errorIsTerminal && !noColor
  static let outputHasColor = outputIsTerminal && !noColor

  static func error(_ text: String) { write(text, to: 2) }
  static func output(_ text: String) { write(text, to: 1) }

  /// What a model wrote, or quotes from a message, without the controls that could move the cursor or hide a line.
  static func shown(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t" ? "·" : $0 }))
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { platformWrite(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        let number = errno
        if number == EINTR { continue }
        if number == EAGAIN {
          var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&entry, 1, 100)
          continue
        }
        // What nobody could read was no success; a reader that has enough, as `| head`, needs no word of it.
        guard descriptor == 1 else { return }
        if number != EPIPE { self.error("error: <stdout>: cannot write: \(String(cString: strerror(number)))\n") }
        exit(2)
      }
      bytes = bytes.dropFirst(count)
    }
  }

  private static func platformWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes, count)
    #elseif canImport(Musl)
      Musl.write(descriptor, bytes, count)
    #else
      Darwin.write(descriptor, bytes, count)
    #endif
  }
}

/// Plain text tables: columns aligned, numbers to the right.
struct TextTable {
  private var rows: [[String]]
  private let rightAligned: Set<Int>

  init(_ header: [String], right: Set<Int>) {
    rows = [header]
    rightAligned = right
  }

  mutating func add(_ row: [String]) { rows.append(row) }

  func rendered(indent: String = "") -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return rightAligned.contains(column) ? padding + cell : cell + padding
      }
      var line = indent + cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n") + "\n"
  }
}

extension Int {
  /// With thin groups: `1,234,567`.
  var grouped: String {
    let digits = Array(String(magnitude))
    var result = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }
}

extension Double {
  func formatted(decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    guard isFinite, magnitude < 1e15 / scale else { return "\(self)" }
    let scaled = Int((magnitude * scale).rounded())
    let sign = self < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(scaled) }
    let fraction = String(scaled % Int(scale))
    return sign + "\(scaled / Int(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }
  var percent: String { (self * 100).formatted(decimals: self > 0 && self < 0.1 ? 2 : 1) + " %" }
}

extension Duration {
  /// `0.9 µs`, `850 µs`, `12.3 ms`, `4.2 s`.
  var readable: String {
    let seconds = Double(components.seconds) + Double(components.attoseconds) * 1e-18
    switch seconds {
    case ..<0.00001: return "\((seconds * 1e6).formatted(decimals: 1)) µs"
    case ..<0.001: return "\((seconds * 1e6).formatted(decimals: 0)) µs"
    case ..<1: return "\((seconds * 1e3).formatted(decimals: 1)) ms"
    case ..<120: return "\(seconds.formatted(decimals: 1)) s"
    default: return "\((seconds / 60).formatted(decimals: 1)) min"
    }
  }
}
