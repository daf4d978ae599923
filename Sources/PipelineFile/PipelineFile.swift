import Crypto
import Moderation
import YAMLDocument

/// Pipeline files: what a person wrote, with positions, on its way to a ``PipelineDefinition``.
///
/// Idea: one walk over the ``Setting``s of a file collects every problem, so that a person sees all of them at once.
/// Contract: a definition comes back only when nothing is wrong; it is then complete, its paths absolute and its numbers in range,
/// and building its stages can fail only for reasons that lie outside the file.
/// Nothing is compiled, opened for long or asked over the network here.
public enum PipelineFile {
  /// Reads a pipeline file and the cases beside it.
  ///
  /// - Parameters:
  ///   - path: the file; also its name in messages.
  ///   - environment: variables for `${VAR}`; nil leaves them as written, and checks what can be checked without them.
  /// - Returns: the definition, when there is no error; and all problems, ordered by place.
  public static func load(
    path: String, stageTypes: [StageType], environment: [String: String]?
  ) -> (definition: PipelineDefinition?, diagnostics: Diagnostics) {
    var diagnostics = Diagnostics()
    let bytes = SourceFile.read(path: path, file: path, maxBytes: YAMLDocument.Limits.pipeline.bytes, diagnostics: &diagnostics)
    guard let bytes else { return (nil, diagnostics) }
    let definition = read(bytes: bytes, path: path, stageTypes: stageTypes, environment: environment, diagnostics: &diagnostics)
    let sorted = diagnostics.sortedByPlace(first: path)
    return (sorted.hasErrors ? nil : definition, sorted)
  }

  /// As ``load(path:stageTypes:environment:)``, for text that need not be a file yet; paths are relative to the folder of `path`.
  public static func parse(
    text: String, path: String, stageTypes: [StageType], environment: [String: String]?
  ) -> (definition: PipelineDefinition?, diagnostics: Diagnostics) {
    var diagnostics = Diagnostics()
    let definition = read(bytes: Array(text.utf8), path: path, stageTypes: stageTypes, environment: environment, diagnostics: &diagnostics)
    let sorted = diagnostics.sortedByPlace(first: path)
    return (sorted.hasErrors ? nil : definition, sorted)
  }

  /// Whether a path is that of a file of cases, `NAME.tests.yaml`, which is read with its pipeline and not by itself.
  public static func isTestsFile(_ path: String) -> Bool { path.hasSuffix(".tests.yaml") || path.hasSuffix(".tests.yml") }

  private static func read(
    bytes: [UInt8], path: String, stageTypes: [StageType], environment: [String: String]?, diagnostics: inout Diagnostics
  ) -> PipelineDefinition? {
    // Cases are data, the same on every machine: no variable is replaced in them.
    let root = YAMLDocument.parse(bytes: bytes, file: path, environment: environment, literalKeys: ["tests"], diagnostics: &diagnostics)
    guard let root else { return nil }
    guard root.entries != nil else {
      let found = root.isNull ? "an empty file" : root.kind
      diagnostics.error("not-a-pipeline", "a pipeline file must be a map, found \(found)", at: root.span, hint: "start with `pipeline: NAME`")
      return nil
    }
    let folder = PathCheck.directory(of: PathCheck.absolute(path, in: PathCheck.currentDirectory()))
    var reader = PipelineReader(root: root, path: path, checker: SettingChecker(baseDirectory: folder), stageTypes: stageTypes)
    var definition = reader.read(fingerprint: hash(bytes), &diagnostics)
    let given = interpolated(root)
    if !given.isEmpty { definition?.variables = hash(given.flatMap { Array("\($0.utf8.count):\($0)".utf8) }) }
    return definition
  }

  /// What ``PipelineDefinition/fingerprint`` is of a file with these bytes.
  public static func fingerprint(of bytes: [UInt8]) -> String { hash(bytes) }

  private static func hash(_ bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// Texts with what variables gave, in their order.
  private static func interpolated(_ setting: Setting) -> [String] {
    if setting.isInterpolated, let text = setting.string { return [text] }
    return (setting.list ?? []).flatMap(interpolated) + (setting.entries ?? []).flatMap { interpolated($0.value) }
  }
}
