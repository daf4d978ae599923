import LinearModel
import Testing

struct RowReaderTests {
  private let reader = TrainingRowReader([LabelSource("harassment", from: ["toxic", "insult"]), LabelSource("spam")])

  private func counts(_ lines: [String], _ reader: TrainingRowReader? = nil) throws -> [[Int]] {
    let reader = reader ?? self.reader
    var set = reader.makeSet()
    for line in lines { try reader.read(Array(line.utf8), into: &set) }
    return set.labels.indices.map { [set.counts(of: $0).positives, set.counts(of: $0).negatives] } + [[set.count]]
  }

  @Test func readsValues() throws {
    let lines = [
      #"{"text":"a","labels":{"toxic":1,"spam":0}}"#, #"{"text":"b","labels":{"toxic":0,"insult":true,"spam":null}}"#,
      #"{"text":"c","labels":{"insult":false}}"#, #"{"text":"d","labels":{}}"#, #"{"text":"e","labels":null}"#,
      #"{"text":"f","labels":{"toxic":0.0,"spam":1.0,"other":7}}"#,
      "", " \r\n",
    ]
    #expect(try counts(lines) == [[2, 2], [1, 1], [6]])
  }

  @Test func readsNames() throws {
    let lines = [#"{"text":"a","label":"spam"}"#, #"{"text":"b","label":"ham"}"#, #"{"text":"c","labels":["insult","spam"]}"#, #"{"text":"d","labels":[]}"#]
    #expect(try counts(lines) == [[1, 3], [2, 2], [4]])
  }

  @Test func readsASingleValueForASingleLabel() throws {
    let one = TrainingRowReader([LabelSource("toxic")], textField: "data.body")
    #expect(try counts([#"{"data":{"body":"x"},"label":1}"#, #"{"data":{"body":"y"},"label":false}"#], one) == [[1, 1], [2]])
    #expect(try counts([#"{"data":{"body":"x"},"label":"1"}"#, #"{"data":{"body":"y"},"label":"false"}"#], one) == [[1, 1], [2]])
    #expect(try counts([#"{"data":{"body":"x"},"label":"toxic"}"#, #"{"data":{"body":"y"},"label":""}"#], one) == [[1, 0], [2]])
  }

  static let bad = [
    ("{", "not a JSON object"), ("[1]", "not a JSON object"), (#"{"text":1,"label":"a"}"#, "no string at `text`"), (#"{"labels":{}}"#, "no string at `text`"),
    (#"{"text":"a"}"#, "neither `labels` nor `label`"), (#"{"text":"a","label":1}"#, "the model has 2 labels"),
    (#"{"text":"a","labels":{"spam":2}}"#, "label `spam` must be 0, 1"), (#"{"text":"a","labels":{"spam":0.5}}"#, "label `spam` must be 0, 1"),
    (#"{"text":"a","labels":{"spam":"yes"}}"#, "label `spam` must be 0, 1"),
    (#"{"text":"a","label":{"spam":1}}"#, "`label` is an object"), (#"{"text":"a","labels":[1]}"#, "not a string"),
    (#"{"text":"a","text":"b","label":"x"}"#, "duplicate key"), (#"{"text":"\ud800","label":"x"}"#, "lone surrogate"),
    (#"{"text":"a","label":"x"} x"#, "something follows"), (#"{"text":"a","label":NaN}"#, "not a value"),
    (#"{"text":"a","label":1e999}"#, "number out of range"),
    (#"{"text":"a","label":01}"#, "not a number"), ("{\"text\":\"a\u{1}\",\"label\":\"x\"}", "control character"),
    (String(repeating: #"{"a":"#, count: 10_000), "nested deeper"), (#"{"text":"a"#, "unfinished string"), (#"{"text":"\x"}"#, "unknown escape"),
  ]

  @Test(arguments: bad)
  func refusesWithTheReason(_ line: String, _ reason: String) {
    let error = #expect(throws: LinearModelError.self) { try counts([line]) }
    #expect(error?.code == .invalidRow)
    #expect(error?.message.contains(reason) == true)
  }

  @Test func refusesInvalidUTF8() {
    var set = reader.makeSet()
    #expect(throws: LinearModelError.self) { try reader.read(Array(#"{"text":""#.utf8) + [0xFF] + Array(#"","label":"x"}"#.utf8), into: &set) }
    #expect(set.count == 0)
  }

  @Test func decodesEscapes() throws {
    let one = TrainingRowReader([LabelSource("a")])
    var (escaped, plain) = (one.makeSet(), one.makeSet())
    try one.read(Array(#"{"text":"\u00e9\ud83d\ude00\n\"\/","label":1}"#.utf8), into: &escaped)
    plain.append("é😀\n\"/", [.positive])
    #expect(escaped.fingerprint == plain.fingerprint)
    plain.append("", [.negative])
    #expect(escaped.fingerprint != plain.fingerprint)
  }
}
