import Moderation
import RemoteModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// Where an API key comes from: `{env: NAME}` or `{file: path}`. The key itself never stands in a pipeline file.
struct KeySource: Sendable {
  private enum Place: Sendable {
    case environment(String)
    case file(String)
  }
  private let place: Place
  private let span: SourceSpan

  init?(_ setting: Setting, _ configuration: StageConfiguration, _ diagnostics: inout Diagnostics) {
    span = setting.span
    if let name = setting["env"]?.string, setting["file"] == nil {
      place = .environment(name)
    } else if let path = setting["file"]?.string, setting["env"] == nil {
      place = .file(configuration.resolve(path))
    } else {
      diagnostics.error("bad-secret", "a secret is `{env: NAME}` or `{file: path}`", at: setting.span)
      return nil
    }
  }

  /// Reads the key. What is wrong is said without the key.
  func load(_ diagnostics: inout Diagnostics) -> Secret? {
    let value: String
    switch place {
    case .environment(let name):
      guard let found = getenv(name) else {
        diagnostics.error("missing-secret", "the environment variable `\(name)` is not set", at: span)
        return nil
      }
      value = String(cString: found)
    case .file(let path):
      do throws(FileError) { value = try Files.text(path: path, maximumBytes: 1 << 16) } catch {
        diagnostics.error("missing-secret", "the key file could not be read: \(error)", at: span)
        return nil
      }
    }
    let secret = Secret(AnswerText.trimmed(value[...]))
    guard secret.isHeaderSafe else {
      diagnostics.error("bad-secret", "the key is empty or holds characters that no header can carry", at: span)
      return nil
    }
    return secret
  }
}
