import Testing
import YAMLDocument

/// Shows that writing a threshold back changes its digits and nothing else.
struct YAMLEditTests {
  static let text = """
    # thresholds  \r
    stages:\r
      - id: linear   # the cheap one
        bands: {spam: {allow_below: 0.030, block_above:   97% }, "häte": { allow_below: "5%", block_above: 1e-1}}   # 日本
      - id: judge
        timeout: 20s


    """

  @Test func onlyTheNumbersChange() throws {
    let band: [YAMLEdit.Step] = ["stages", 0, "bands"]
    let edited = try YAMLEdit.replaceNumbers(
      in: "\u{FEFF}" + Self.text,
      edits: [
        .init(band + ["häte", "block_above"], 0.75), .init(band + ["spam", "allow_below"], 0.012345678), .init(band + ["spam", "block_above"], 0.985),
        .init(band + ["häte", "allow_below"], 0),
      ])
    let expected = Self.text.replacing("0.030", with: "0.012346").replacing("97%", with: "98.5%").replacing("1e-1", with: "0.75").replacing(
      "\"5%\"", with: "\"0%\"")
    #expect(edited == "\u{FEFF}" + expected)
  }

  @Test func editingTwiceWithTheSameNumberChangesNothing() throws {
    let edits = [YAMLEdit.Edit(["stages", 0, "bands", "spam", "allow_below"], 0.2)]
    let once = try YAMLEdit.replaceNumbers(in: Self.text, edits: edits)
    #expect(try YAMLEdit.replaceNumbers(in: once, edits: edits) == once)
  }

  @Test(
    arguments: [
      (["stages", 1, "timeout"], 1), (["stages", 7], 1), (["nothing"], 1), (["stages"], 1), (["stages", 0, "bands", "spam", "allow_below"], Double.nan),
      (["stages", 0, "id"], 1),
    ] as [([YAMLEdit.Step], Double)])
  func whatIsNoNumberIsNotTouched(path: [YAMLEdit.Step], value: Double) {
    #expect(throws: YAMLEdit.Failure.self) { try YAMLEdit.replaceNumbers(in: Self.text, edits: [.init(path, value)]) }
  }

  @Test func anAliasWithTwoNumbersIsRefusedAndWithOneIsNot() throws {
    let text = "a: &x {t: 0.5}\nb: *x\n"
    #expect(try YAMLEdit.replaceNumbers(in: text, edits: [.init(["a", "t"], 0.25), .init(["b", "t"], 0.25)]) == "a: &x {t: 0.25}\nb: *x\n")
    #expect(throws: YAMLEdit.Failure.self) { try YAMLEdit.replaceNumbers(in: text, edits: [.init(["a", "t"], 0.25), .init(["b", "t"], 0.75)]) }
  }

  @Test func anAliasOfANumberThatStaysIsRefused() throws {
    let text = "stages:\n- bands: {spam: &x {t: 0.5}, hate: *x}\n"
    let error = try #require(throws: YAMLEdit.Failure.self) { try YAMLEdit.replaceNumbers(in: text, edits: [.init(["stages", 0, "bands", "spam", "t"], 0.25)]) }
    #expect(error.description == "`stages.0.bands.spam.t` (2:24) stands for `stages.0.bands.hate.t` as well, which stays: write the two out instead of an alias")
  }

  @Test(arguments: [
    (0.5, "0.5"), (0, "0"), (1, "1"), (-0.25, "-0.25"), (0.1 + 0.2, "0.3"), (0.9999999, "1"), (0.000001, "0.000001"), (1e-9, "0"), (-1e-9, "0"),
    (123456.789, "123456.789"),
  ]) func numbersAreWrittenPlainly(value: Double, written: String) throws {
    #expect(try YAMLEdit.replaceNumbers(in: "a: 7", edits: [.init(["a"], value)]) == "a: \(written)")
  }
}
