/// What went wrong with a model file, training data or the settings of a training run.
///
/// `message` follows the grammar of diagnostics: no capital at the start, no full stop, names in backticks. It never holds message text.
public struct LinearModelError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, CaseIterable {
    /// The file cannot be opened, read or written.
    case unreadableModel = "unreadable-model"
    /// The file is not a model, is damaged, or claims the impossible.
    case invalidModel = "invalid-model"
    /// The file was made by a newer Winnow.
    case unsupportedModel = "unsupported-model"
    /// A training row does not have the promised form.
    case invalidRow = "invalid-row"
    /// The rows cannot train a model: none, or one class only.
    case unusableData = "unusable-data"
    /// A setting of the training run is out of range.
    case invalidSetting = "invalid-setting"
  }
  public var code: Code
  public var message: String
  public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
  public var description: String { "\(message) [\(code.rawValue)]" }
}
