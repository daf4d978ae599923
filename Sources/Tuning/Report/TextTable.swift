/// A table of plain text with aligned columns, for terminals: widths count what a terminal shows, not bytes.
public struct TextTable: Sendable {
  public enum Alignment: Sendable { case left, right }
  public struct Column: Sendable {
    public var title: String
    public var alignment: Alignment
    public init(_ title: String, _ alignment: Alignment = .left) { (self.title, self.alignment) = (title, alignment) }
  }
  public var columns: [Column]
  public private(set) var rows: [[String]] = []
  public init(_ columns: [Column]) { self.columns = columns }

  /// Short rows are filled up with empty cells; what is beyond the last column is dropped.
  public mutating func add(_ cells: String...) { add(cells) }
  public mutating func add(_ cells: [String]) {
    rows.append(columns.indices.map { $0 < cells.count ? cells[$0] : "" })
  }

  /// Header, a rule, and the rows, each line ended; nothing for a table without rows. No blanks at line ends.
  public func render(indent: Int = 2) -> String {
    guard !rows.isEmpty else { return "" }
    let widths = columns.indices.map { column in ([columns[column].title] + rows.map { $0[column] }).map(Self.displayWidth).max() ?? 0 }
    let rule = widths.map { String(repeating: "─", count: $0) }
    let margin = String(repeating: " ", count: indent)
    return ([columns.map(\.title), rule] + rows).map { margin + line($0, widths) + "\n" }.joined()
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    let padded = columns.indices.map { column in
      let blanks = String(repeating: " ", count: widths[column] - Self.displayWidth(cells[column]))
      return columns[column].alignment == .left ? cells[column] + blanks : blanks + cells[column]
    }
    var text = padded.joined(separator: "  ")
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }

  /// Columns that a terminal gives to `text`: two for East Asian wide characters and emoji, none for marks and controls.
  public static func displayWidth(_ text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }

  private static func width(of character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    if character.unicodeScalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: return isWide(first.value) ? 2 : 1
    }
  }

  /// The blocks of Unicode's East Asian Width W and F that matter in practice.
  private static func isWide(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// `text` without control characters, so that nothing in an id or a slice can move the cursor.
  package static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "·" : $0 }))
  }
}
