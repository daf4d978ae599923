/// A small plot as inline SVG. Colours come from the page's style sheet by class, so that it follows light, dark and print.
package struct Plot {
  package enum Tint: String { case main, pos, neg, alt, third, review, blocked }
  package enum Shape { case circle, square, diamond, triangle }
  package typealias Point = ScoreReport.CurvePoint

  package struct Axis {
    var label: String
    var range: ClosedRange<Double> = 0...1
    var ticks: [(place: Double, text: String)] = Self.unitTicks
    package init(label: String, range: ClosedRange<Double> = 0...1, ticks: [(place: Double, text: String)] = Self.unitTicks) {
      (self.label, self.range, self.ticks) = (label, range, ticks)
    }
    package static let unitTicks = stride(from: 0, through: 10, by: 2).map { (place: Double($0) / 10, text: NumberText.fixed(Double($0) / 10, 1)) }

    package static func share(_ label: String, upTo most: Double = 1) -> Axis {
      let top = [0.02, 0.05, 0.1, 0.2, 0.5].first { most <= $0 } ?? 1
      let ticks = (0...5).map { step in
        let place = top * Double(step) / 5
        return (place: place, text: NumberText.short(place * 100, 1) + "%")
      }
      return Axis(label: label, range: 0...top, ticks: ticks)
    }
  }

  package enum Element {
    case line([Point], Tint)
    case dashed([Point])
    case marks([Point], Tint, Shape)
    /// Vertical intervals: x, low, high.
    case whiskers([(x: Double, low: Double, high: Double)], Tint)
    case bars([(x: ClosedRange<Double>, y: ClosedRange<Double>)], Tint)
    case zone(ClosedRange<Double>, fill: String, label: String)
  }

  var title: String
  /// What a reader who cannot see the plot should know.
  var description: String
  var x: Axis
  var y: Axis
  var elements: [Element]
  var legend: [(text: String, tint: Tint, shape: Shape?)] = []
  var caption = ""

  package init(
    title: String, description: String, x: Axis, y: Axis, elements: [Element], legend: [(text: String, tint: Tint, shape: Shape?)] = [], caption: String = ""
  ) {
    (self.title, self.description, self.x, self.y) = (title, description, x, y)
    (self.elements, self.legend, self.caption) = (elements, legend, caption)
  }

  private static let width = 440.0, height = 300.0
  private static let left = 46.0, right = 18.0, top = 12.0, bottom = 40.0

  private func px(_ value: Double) -> Double {
    let share = (value - x.range.lowerBound) / (x.range.upperBound - x.range.lowerBound)
    return Self.left + min(max(share, 0), 1) * (Self.width - Self.left - Self.right)
  }
  private func py(_ value: Double) -> Double {
    let share = (value - y.range.lowerBound) / (y.range.upperBound - y.range.lowerBound)
    return Self.height - Self.bottom - min(max(share, 0), 1) * (Self.height - Self.top - Self.bottom)
  }
  private func f(_ value: Double) -> String { NumberText.short(value, 1) }

  /// A figure with heading, plot, legend and caption.
  package func figure() -> String {
    let entries = legend.map { "<li>\(Self.swatch($0.tint, $0.shape))\(HTML.escaped($0.text))</li>" }.joined()
    return "<figure><h4>\(HTML.escaped(title))</h4>\n" + svg() + (legend.isEmpty ? "" : "<ul class=\"legend\">\(entries)</ul>")
      + (caption.isEmpty ? "" : "<figcaption>\(HTML.prose(caption))</figcaption>") + "</figure>\n"
  }

  private static func swatch(_ tint: Tint, _ shape: Shape?) -> String {
    let drawing = shape.map { mark(8, 5, tint, $0, size: 4.2) } ?? "<path class=\"line s-\(tint.rawValue)\" d=\"M1 5H15\"/>"
    return "<svg viewBox=\"0 0 16 10\" aria-hidden=\"true\">\(drawing)</svg>"
  }

  private func svg() -> String {
    "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" aria-label=\"\(HTML.escaped(title + ". " + description))\">\n"
      + zones() + frame() + elements.map(drawing).joined() + "</svg>\n"
  }

  private func frame() -> String {
    let (x0, x1, y0, y1) = (Self.left, Self.width - Self.right, Self.height - Self.bottom, Self.top)
    var text = ""
    for tick in y.ticks {
      let place = f(py(tick.place))
      text += "<path class=\"grid\" d=\"M\(f(x0)) \(place)H\(f(x1))\"/><text x=\"\(f(x0 - 7))\" y=\"\(f(py(tick.place) + 3.8))\" text-anchor=\"end\">\(HTML.escaped(tick.text))</text>\n"
    }
    for tick in x.ticks {
      text += "<path class=\"grid\" d=\"M\(f(px(tick.place))) \(f(y0))V\(f(y1))\"/><text x=\"\(f(px(tick.place)))\" y=\"\(f(y0 + 15))\" text-anchor=\"middle\">\(HTML.escaped(tick.text))</text>\n"
    }
    text += "<path class=\"axis\" d=\"M\(f(x0)) \(f(y1))V\(f(y0))H\(f(x1))\" fill=\"none\"/>\n"
    text += "<text x=\"\(f((x0 + x1) / 2))\" y=\"\(f(Self.height - 6))\" text-anchor=\"middle\">\(HTML.escaped(x.label))</text>\n"
    text += "<text transform=\"translate(11 \(f((y0 + y1) / 2))) rotate(-90)\" text-anchor=\"middle\">\(HTML.escaped(y.label))</text>\n"
    return text
  }

  private func zones() -> String {
    elements.map { element in
      guard case .zone(let range, let fill, let label) = element else { return "" }
      let (from, to) = (px(range.lowerBound), px(range.upperBound))
      let box = "<rect class=\"\(fill)\" x=\"\(f(from))\" y=\"\(f(Self.top))\" width=\"\(f(max(0, to - from)))\" height=\"\(f(Self.height - Self.top - Self.bottom))\"/>"
      guard to - from > Double(label.count) * 6 else { return box + "\n" }
      return box + "<text class=\"zone-label\" x=\"\(f((from + to) / 2))\" y=\"\(f(Self.top + 13))\" text-anchor=\"middle\">\(HTML.escaped(label))</text>\n"
    }.joined()
  }

  private func drawing(_ element: Element) -> String {
    switch element {
    case .line(let points, let tint): path(points, "line s-\(tint.rawValue)")
    case .dashed(let points): path(points, "dash")
    case .marks(let points, let tint, let shape): points.map { Self.mark(px($0.x), py($0.y), tint, shape, size: 5) }.joined() + "\n"
    case .whiskers(let spans, let tint):
      spans.map { "<path class=\"whisker s-\(tint.rawValue)\" d=\"M\(f(px($0.x))) \(f(py($0.low)))V\(f(py($0.high)))\"/>" }.joined() + "\n"
    case .bars(let bars, let tint):
      bars.map { bar in
        let (x0, x1, y0, y1) = (px(bar.x.lowerBound), px(bar.x.upperBound), py(bar.y.lowerBound), py(bar.y.upperBound))
        return "<rect class=\"f-\(tint.rawValue)\" x=\"\(f(x0 + 0.5))\" y=\"\(f(min(y0, y1)))\" width=\"\(f(max(0.5, x1 - x0 - 1)))\" height=\"\(f(abs(y0 - y1)))\"/>"
      }.joined() + "\n"
    case .zone: ""
    }
  }

  private func path(_ points: [Point], _ style: String) -> String {
    guard points.count > 1 else { return "" }
    let steps = points.enumerated().map { ($0 == 0 ? "M" : "L") + f(px($1.x)) + " " + f(py($1.y)) }
    return "<path class=\"\(style)\" d=\"\(steps.joined())\"/>\n"
  }

  private static func mark(_ x: Double, _ y: Double, _ tint: Tint, _ shape: Shape, size: Double) -> String {
    func f(_ value: Double) -> String { NumberText.short(value, 1) }
    let style = "class=\"mark f-\(tint.rawValue)\""
    switch shape {
    case .circle: return "<circle \(style) cx=\"\(f(x))\" cy=\"\(f(y))\" r=\"\(f(size))\"/>"
    case .square: return "<rect \(style) x=\"\(f(x - size))\" y=\"\(f(y - size))\" width=\"\(f(2 * size))\" height=\"\(f(2 * size))\"/>"
    case .diamond:
      let reach = size * 1.3
      return "<path \(style) d=\"M\(f(x)) \(f(y - reach))L\(f(x + reach)) \(f(y))L\(f(x)) \(f(y + reach))L\(f(x - reach)) \(f(y))Z\"/>"
    case .triangle:
      let reach = size * 1.25
      return "<path \(style) d=\"M\(f(x)) \(f(y - reach))L\(f(x + reach)) \(f(y + reach))L\(f(x - reach)) \(f(y + reach))Z\"/>"
    }
  }
}
