import Crypto
import Foundation

/// A small world for the tuning commands: messages, labels, a trained classifier, and a recording of a reasoner that is right nine times in ten.
struct TuningFixture {
  let folder: Folder
  static let policy = "---\nid: toxic\noutput: {format: binary}\n---\nAnswer 1 when the message insults somebody, else 0.\n"
  static let pipeline = """
    # thresholds of the small world
    pipeline: small
    categories:
      toxic: {policy: policy.md}
    stages:
      - id: linear
        type: classifier
        model: toxic.linear   # trained beside
        bands:
          toxic: {allow_below: 0.01, block_above: 0.99}   # to be tuned
      - id: safeguard
        type: safeguard
    """

  /// Deterministic and different for each message: words that tell, words that may mean anything, and noise.
  private static func message(_ number: Int) -> (text: String, toxic: Bool) {
    var state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func draw(_ below: Int) -> Int {
      state ^= state >> 30
      state = state &* 0xBF58_476D_1CE4_E5B9
      state ^= state >> 27
      return Int(state % UInt64(below))
    }
    let toxic = draw(4) == 0
    let telling = toxic ? ["zorg", "blat", "quux"] : ["thanks", "nice", "hello"]
    let doubtful = ["noob", "wow", "lag"]
    let word = draw(3) == 0 ? doubtful[draw(3)] : telling[draw(3)]
    return ("\(word) player\(draw(40)) round\(draw(30)) n\(number)", toxic)
  }

  /// What `RecordedAnswers` keys an answer by.
  private static func key(_ text: String) -> String {
    func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
    let parts = ["winnow-answer-1", "1", hex(SHA256.hash(data: Data(policy.utf8))), "message", text, "0"]
    return hex(SHA256.hash(data: Data(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8)))
  }

  init(messages: Int = 900, pipeline: String = Self.pipeline) throws {
    folder = try Folder()
    try folder.write(Self.policy, as: "policy.md")
    try folder.write(pipeline, as: "p.yaml")
    func lines(_ range: Range<Int>) -> String {
      range.map { number in
        let (text, toxic) = Self.message(number)
        return #"{"id":"m\#(number)","text":"\#(text)","labels":{"toxic":\#(toxic ? 1 : 0)},"channel":"c\#(number % 3)"}"#
      }.joined(separator: "\n") + "\n"
    }
    try folder.write(lines(10_000..<10_500), as: "train.jsonl")
    try folder.write(lines(0..<messages), as: "data.jsonl")
    let answers = (0..<messages).map { number in
      let (text, toxic) = Self.message(number)
      return #"{"key":"\#(Self.key(text))","final":"\#(toxic != (number % 10 == 0) ? 1 : 0)","usage":{"calls":1,"prompt_tokens":50},"latency_ms":400}"#
    }
    try folder.write(answers.joined(separator: "\n") + "\n", as: "answers.jsonl")
    let trained = try Binary.run(["train", "train.jsonl", "-o", "toxic.linear", "--labels", "toxic", "--bits", "12", "--folds", "2", "--epochs", "3"], in: folder.path)
    if trained.status != 0 { throw Failure(text: trained.error) }
  }

  struct Failure: Error { var text: String }

  func run(_ arguments: String...) throws -> Binary.Output { try Binary.run(arguments, in: folder.path) }
  func run(_ arguments: [String]) throws -> Binary.Output { try Binary.run(arguments, in: folder.path) }
}

/// A member of a JSON report by its path.
func json(_ text: String, _ path: String...) throws -> Any? {
  var value: Any? = try JSONSerialization.jsonObject(with: Data(text.utf8))
  for step in path {
    if let place = Int(step), let list = value as? [Any] { value = list.indices.contains(place) ? list[place] : nil } else { value = (value as? [String: Any])?[step] }
  }
  return value
}
