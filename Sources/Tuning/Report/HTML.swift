/// Pieces of HTML. Everything that comes from data passes through ``escaped(_:)``.
package enum HTML {
  /// Safe in text and in quoted attributes of HTML and XML; control characters, which XML forbids, become `·`.
  package static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      default:
        if scalar.properties.generalCategory == .control || scalar.value == 0xFFFE || scalar.value == 0xFFFF {
          result += "·"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// Escaped, with `code` between backticks.
  package static func prose(_ text: String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    guard parts.count % 2 == 1 else { return escaped(text) }
    return parts.enumerated().map { $0 % 2 == 1 ? "<code>\(escaped(String($1)))</code>" : escaped(String($1)) }.joined()
  }

  package struct Column {
    var title: String
    var isNumber = true
    package init(_ title: String, number: Bool = true) { (self.title, isNumber) = (title, number) }
  }

  /// Cells are HTML already.
  package static func table(_ columns: [Column], _ rows: [[String]], caption: String? = nil) -> String {
    guard !rows.isEmpty else { return "" }
    func cell(_ tag: String, _ column: Int, _ text: String) -> String {
      "<\(tag)\(columns[column].isNumber ? " class=\"n\"" : "")\(tag == "th" ? " scope=\"col\"" : "")>\(text)</\(tag)>"
    }
    let head = columns.indices.map { cell("th", $0, escaped(columns[$0].title)) }.joined()
    let body = rows.map { row in "<tr>" + zip(columns.indices, row).map { cell("td", $0, $1) }.joined() + "</tr>" }.joined(separator: "\n")
    let captionText = caption.map { "<caption>\(prose($0))</caption>" } ?? ""
    return "<div class=\"scroll\"><table>\(captionText)<thead><tr>\(head)</tr></thead><tbody>\n\(body)\n</tbody></table></div>\n"
  }

  package static func estimate(_ estimate: Estimate?, digits: Int = 3) -> String {
    guard let estimate else { return "—" }
    guard let interval = estimate.interval else { return NumberText.fixed(estimate.value, digits) }
    return "\(NumberText.fixed(estimate.value, digits)) <small class=\"ci\">\(NumberText.fixed(interval.low, digits))–\(NumberText.fixed(interval.high, digits))</small>"
  }

  package static func percent(_ estimate: Estimate?) -> String {
    guard let estimate else { return "—" }
    guard let interval = estimate.interval else { return NumberText.percent(estimate.value) }
    return "\(NumberText.percent(estimate.value)) <small class=\"ci\">\(NumberText.percent(interval.low))–\(NumberText.percent(interval.high))</small>"
  }

  package struct Card {
    var title: String
    var value: String
    var detail: String
    package init(title: String, value: String, detail: String) { (self.title, self.value, self.detail) = (title, value, detail) }
  }
  package static func cards(_ cards: [Card]) -> String {
    let items = cards.map { card in
      "<div class=\"card\"><dt>\(escaped(card.title))</dt><dd><b>\(escaped(card.value))</b><span>\(escaped(card.detail))</span></dd></div>"
    }
    return "<dl class=\"cards\">\(items.joined())</dl>\n"
  }

  package static func notes(_ notes: [String], kind: String = "warn") -> String {
    guard !notes.isEmpty else { return "" }
    return "<ul class=\"notes \(kind)\">" + notes.map { "<li>\(prose($0))</li>" }.joined() + "</ul>\n"
  }

  /// A whole page without any reference to the outside.
  /// - Parameter style: rules of this page alone, behind the common ones.
  package static func page(title: String, subtitle: String, style: String = "", body: String, footer: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>\(escaped(title))</title>
    <style>
    \(HTMLStyle.sheet)\(style)
    </style>
    </head>
    <body>
    <main>
    <header>
    <h1>\(escaped(title))</h1>
    <p class="sub">\(prose(subtitle))</p>
    </header>
    \(body)<footer>\(prose(footer))</footer>
    </main>
    </body>
    </html>

    """
  }
}
