import GPTOSS
import Moderation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// Models that run in this process.
enum NativeModels {
  /// What can be said of a checkpoint folder without loading it.
  static func check(path: String, span: SourceSpan?) -> Diagnostics {
    var diagnostics = Diagnostics()
    do throws(CheckpointError) { _ = try CheckpointFolder(at: path) } catch {
      diagnostics.error(
        "native-model", "no checkpoint in `\(path)`: \(error.issues.first?.message ?? "")", at: span,
        hint: "give the folder of a gpt-oss checkpoint, or `endpoint:` for a model elsewhere")
    }
    return diagnostics
  }

  static func backend(path: String, span: SourceSpan?, settings: SafeguardSettings, options: BuildOptions, diagnostics: inout Diagnostics) -> (
    any ModelBackend
  )? {
    let problems = check(path: path, span: span)
    diagnostics.add(contentsOf: problems)
    guard !problems.hasErrors else { return nil }
    return NativeBackend(
      path: path, identity: identity(path), threads: options.threads, sequences: settings.concurrency, reasoningBudget: settings.reasoningBudget,
      policyCache: settings.policyCache)
  }

  /// The folder's name and a hash over its configuration, its tokenizer's size and evenly spread pieces of its weights: enough to tell fine-tunes apart
  /// without reading 13 GB.
  private static func identity(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    // A cache entry's files lie in its snapshot.
    let path = (try? CheckpointFolder(at: path).path) ?? path
    var parts: [String] = []
    for file in files(path) {
      guard let open = try? ReadableFile(path: path + "/" + file) else { continue }
      parts.append("\(file) \(open.size)")
      let pieces = 64
      let length = min(512, open.size)
      for piece in 0..<pieces {
        let offset = min(open.size / pieces * piece, open.size - length)
        if let bytes = try? open.bytes(at: offset, count: length) { parts.append(hexSHA256(bytes)) }
      }
    }
    return "native:\(name):\(hexSHA256(parts.joined(separator: "\n")).prefix(12))"
  }

  private static func files(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) { String(cString: $0) }
      }
      if name == "config.json" || name == "tokenizer.json" || name.hasSuffix(".safetensors") { names.append(name) }
    }
    return names.sorted()
  }
}
