import Moderation

extension ComparisonReport {
  /// Tables for a terminal.
  public var text: String {
    var text = summaryLines.map { $0 + "\n" }.joined() + "\n" + sideTable
    if flipped > 0 { text += "\nFlips\n" + flipTable }
    if !categories.isEmpty { text += "\nBy category\n" + categoryTable }
    return text
  }

  var summaryLines: [String] {
    var lines = ["\(first.name) against \(second.name) on \(counted(messages, "message"))"]
    let agreed = agreement.agreed.estimate().map { GoalResult.percent($0) } ?? "—"
    lines.append(
      "same verdict \(agreed); κ \(NumberText.fixed(agreement.kappa ?? .nan, 3)) over three verdicts, \(NumberText.fixed(flagAgreement.kappa ?? .nan, 3)) over flagged or not")
    if let mcNemar { lines.append(mcNemar.text(first.name, second.name)) }
    return lines
  }

  private var sideTable: String {
    var table = TextTable([
      .init(""), .init("allow", .right), .init("review", .right), .init("block", .right), .init("escalated", .right), .init("precision", .right),
      .init("recall", .right), .init("F1", .right), .init("calls", .right), .init("tokens", .right),
    ])
    for side in [first, second] {
      table.add(
        side.name, grouped(side.verdicts[.allow] ?? 0), grouped(side.verdicts[.review] ?? 0), grouped(side.verdicts[.block] ?? 0),
        NumberText.percent(side.escalated.value ?? .nan), NumberText.estimate(side.confusion?.precision.estimate()),
        NumberText.estimate(side.confusion?.recall.estimate()), NumberText.fixed(side.confusion?.f1 ?? .nan, 3), grouped(side.usage.calls),
        grouped(side.usage.promptTokens + side.usage.completionTokens))
    }
    return table.render()
  }

  var flipTable: String {
    var table = TextTable([.init("from"), .init("to"), .init("messages", .right), .init("better", .right), .init("worse", .right), .init("for example")])
    for flip in flips {
      table.add(
        flip.from.name, flip.to.name, grouped(flip.count), grouped(flip.fixed), grouped(flip.broken),
        flip.examples.map(TextTable.printable).joined(separator: ", "))
    }
    return table.render()
  }

  private var categoryTable: String {
    var table = TextTable([
      .init("category"), .init("newly flagged", .right), .init("newly allowed", .right), .init("κ", .right), .init("McNemar p", .right), .init("for example"),
    ])
    for category in categories {
      let examples = (category.newlyFlaggedExamples + category.newlyAllowedExamples).map(TextTable.printable)
      table.add(
        category.name, grouped(category.newlyFlagged), grouped(category.newlyAllowed), NumberText.fixed(category.kappa ?? .nan, 3),
        category.mcNemar.map { NumberText.pValue($0.midP) } ?? "—", examples.joined(separator: ", "))
    }
    return table.render()
  }

  // MARK: Page

  /// One page that needs nothing else.
  public var html: String {
    let lines = summaryLines.dropFirst().map { "<p>\(HTML.prose($0)).</p>\n" }.joined()
    return HTML.page(
      title: "\(first.name) against \(second.name)", subtitle: "\(counted(messages, "message"))", body: HTML.cards(cards) + lines + sidesSection + flipSection + categorySection,
      footer: "κ: Cohen’s kappa, unweighted. McNemar: mid-p of the exact test on messages that only one side gets right. Intervals: 95%, Wilson.")
  }

  private var cards: [HTML.Card] {
    [
      HTML.Card(title: "Same verdict", value: NumberText.percent(agreement.agreed.value ?? .nan), detail: "\(grouped(flipped)) flips"),
      HTML.Card(title: "Cohen’s κ", value: NumberText.fixed(agreement.kappa ?? .nan, 3), detail: "three verdicts"),
      HTML.Card(title: "Escalated", value: NumberText.percent(second.escalated.value ?? .nan), detail: "\(first.name): \(NumberText.percent(first.escalated.value ?? .nan))"),
      HTML.Card(title: "F1", value: NumberText.fixed(second.confusion?.f1 ?? .nan, 3), detail: "\(first.name): \(NumberText.fixed(first.confusion?.f1 ?? .nan, 3))"),
    ]
  }

  private var sidesSection: String {
    let columns = [HTML.Column("", number: false)] + ["Allow", "Review", "Block", "Escalated", "Precision", "Recall", "F1", "Calls", "Tokens"].map { HTML.Column($0) }
    let rows = [first, second].map { side in
      [
        HTML.escaped(side.name), grouped(side.verdicts[.allow] ?? 0), grouped(side.verdicts[.review] ?? 0), grouped(side.verdicts[.block] ?? 0),
        NumberText.percent(side.escalated.value ?? .nan), HTML.estimate(side.confusion?.precision.estimate()),
        HTML.estimate(side.confusion?.recall.estimate()), NumberText.fixed(side.confusion?.f1 ?? .nan, 3), grouped(side.usage.calls),
        grouped(side.usage.promptTokens + side.usage.completionTokens),
      ]
    }
    return "<h2>Side by side</h2>\n" + HTML.table(columns, rows)
  }

  var flipSection: String {
    let columns = [
      HTML.Column("From", number: false), HTML.Column("To", number: false), HTML.Column("Messages"), HTML.Column("Better"), HTML.Column("Worse"),
      HTML.Column("For example", number: false),
    ]
    let rows = flips.map { flip in
      [flip.from.name, flip.to.name, grouped(flip.count), grouped(flip.fixed), grouped(flip.broken), Self.ids(flip.examples)]
    }
    return rows.isEmpty ? "" : "<h2>Flips, \(HTML.escaped(first.name)) to \(HTML.escaped(second.name))</h2>\n" + HTML.table(columns, rows)
  }

  private static func ids(_ ids: [String]) -> String { ids.map { "<code>\(HTML.escaped($0))</code>" }.joined(separator: " ") }

  private var categorySection: String {
    let columns = [HTML.Column("Category", number: false), HTML.Column("Newly flagged"), HTML.Column("Newly allowed"), HTML.Column("κ"), HTML.Column("McNemar p"), HTML.Column("For example", number: false)]
    let rows = categories.map { category in
      [
        HTML.escaped(category.name), grouped(category.newlyFlagged), grouped(category.newlyAllowed), NumberText.fixed(category.kappa ?? .nan, 3),
        category.mcNemar.map { HTML.escaped(NumberText.pValue($0.midP)) } ?? "—", Self.ids(category.newlyFlaggedExamples + category.newlyAllowedExamples),
      ]
    }
    return rows.isEmpty ? "" : "<h2>By category</h2>\n" + HTML.table(columns, rows)
  }
}

extension McNemar {
  func text(_ first: String, _ second: String) -> String {
    "only \(first) is right on \(grouped(onlyFirst)), only \(second) on \(grouped(onlySecond)): McNemar mid-p \(NumberText.pValue(midP)), exact p \(NumberText.pValue(exactP))"
  }
}
