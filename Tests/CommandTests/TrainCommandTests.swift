import Foundation
import Testing

struct TrainCommandTests {
  @Test(arguments: ["=", "spam,=", "=a"]) func aLabelWithoutANameIsAMistake(labels: String) throws {
    let result = try Binary.run(["train", "-", "--labels", labels, "-o", "/dev/null"])
    #expect(result.status == 64 && result.error.contains("NAME=A+B"), "\(result.error)")
  }

  /// Rows of two labels; the second is unknown in every third row.
  private func folder() throws -> Folder {
    let folder = try Folder()
    let insults = ["you are a worthless idiot", "what an idiot", "shut up you idiot", "worthless trash player"]
    let friendly = ["good game everyone", "see you tomorrow", "nice shot my friend", "thanks for the help"]
    let rows = (0..<60).flatMap { number -> [String] in
      let spam = number % 3 == 2 ? "null" : number % 2 == 0 ? "1" : "0"
      return [
        #"{"text":"\#(insults[number % 4]) \#(number)","labels":{"toxic":1,"spam":\#(spam)}}"#,
        #"{"text":"\#(friendly[number % 4]) \#(number)","labels":{"toxic":0,"spam":0}}"#,
      ]
    }
    try folder.write(rows.joined(separator: "\n"), as: "rows.jsonl")
    return folder
  }

  private func train(_ folder: Folder, _ options: [String] = [], output: String = "model.linear") throws -> Binary.Output {
    try Binary.run(["train", "rows.jsonl", "-o", output, "--labels", "toxic,spam"] + options, in: folder.path)
  }

  @Test func theSameRowsGiveTheSameFile() throws {
    let folder = try folder()
    #expect(try train(folder).status == 0)
    #expect(try train(folder, output: "again.linear").status == 0)
    #expect(try train(folder, ["--seed", "2"], output: "other.linear").status == 0)
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name)) }
    #expect(try bytes("model.linear") == bytes("again.linear"))
    #expect(try bytes("model.linear") != bytes("other.linear"))
  }

  @Test func aModelSaysWhyItScoresAsItDoes() throws {
    let folder = try folder()
    #expect(try train(folder, ["--eval"]).output.contains("AUPRC"))
    let score = try Binary.run(["score", "model.linear", "you idiot"], in: folder.path)
    #expect(score.status == 0, "\(score.error)")
    #expect(score.output.contains("toxic") && score.output.contains("idiot"))
  }

  @Test func classWeightsAndFeaturesAreSettings() throws {
    let folder = try folder()
    let result = try train(folder, ["--class-weight", "toxic=4", "--word-ngrams", "1", "--character-ngrams", "2-4", "--bits", "12"])
    #expect(result.status == 0, "\(result.error)")
    let model = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/model.linear"))
    let head = String(decoding: model.prefix(8192), as: UTF8.self).replacingOccurrences(of: "\\\"", with: "\"")
    #expect(head.contains(#""class_weights":[4,1]"#) || head.contains(#""class_weights":[4.0,1.0]"#), "\(head.prefix(2000))")
  }

  @Test(arguments: [
    (["--class-weight", "toxic"], 64, "LABEL=FACTOR"), (["--class-weight", "toxic=1", "--class-weight", "toxic=2"], 64, "twice"),
    (["--class-weight", "toxi=2"], 2, "did you mean `toxic`"), (["--character-ngrams", "5-3"], 64, "3-5"), (["--folds", "1"], 2, "folds must be"),
    (["--source", "ours"], 64, "--license"),
  ])
  func wrongSettingsAreRefused(_ options: [String], status: Int, message: String) throws {
    let result = try train(try folder(), options)
    #expect(Int(result.status) == status)
    #expect(result.error.contains(message), "\(result.error)")
  }

  @Test func wrongRowsAreNamedByFileAndLine() throws {
    let folder = try Folder()
    try folder.write("{\"text\":\"a\",\"labels\":{\"toxic\":1}}\n{\"text\":\"b\",\"labels\":{\"toxic\":2}}\n", as: "rows.jsonl")
    let result = try Binary.run(["train", "rows.jsonl", "-o", "model.linear", "--labels", "toxic"], in: folder.path)
    #expect(result.status == 2)
    #expect(result.error.contains("rows.jsonl:2"), "\(result.error)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/model.linear"))
  }
}
