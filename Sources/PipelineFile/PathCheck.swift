import Moderation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Paths in a pipeline file: relative to it, of files and folders that are there and can be read.
struct PathCheck {
  let baseDirectory: String
  enum Kind { case file, folder, other }

  /// The absolute path; nil, with the reason reported, when nothing readable is there.
  func existing(_ setting: Setting, name: String, filesOnly: Bool = false, _ diagnostics: inout Diagnostics) -> Setting? {
    guard let written = setting.string, !written.isEmpty else {
      if !diagnostics.hasError(at: setting.span) {
        diagnostics.error("wrong-type", "`\(name)` must be a path, found \(setting.string == "" ? "empty text" : setting.found)", at: setting.span)
      }
      return nil
    }
    let path = Self.absolute(written, in: baseDirectory)
    let shown = setting.isInterpolated ? "the path in `\(name)`" : "`\(written)`"
    guard !written.utf8.contains(0), let kind = Self.kind(of: path) else {
      let near = setting.isInterpolated ? nil : neighbour(of: written)
      diagnostics.error(
        "file-not-found", "no such file: \(shown)", at: setting.span,
        hint: near.map { "did you mean `\($0)`?" } ?? "paths are relative to the file that names them")
      return nil
    }
    guard kind == .file || kind == .folder && !filesOnly else {
      diagnostics.error("not-a-file", "\(shown) is \(kind == .folder ? "a folder" : "not a regular file")", at: setting.span, hint: "name a regular file")
      return nil
    }
    guard access(path, R_OK) == 0 else {
      diagnostics.error("file-unreadable", "cannot read \(shown)", at: setting.span, hint: "check its permissions")
      return nil
    }
    return Setting(.string(path), at: setting.span, isInterpolated: setting.isInterpolated)
  }

  /// A file beside the missing one with nearly its name, as it would be written.
  private func neighbour(of written: String) -> String? {
    let folder = Self.directory(of: written)
    let names = Self.entries(of: Self.absolute(folder, in: baseDirectory))
    guard let name = nearestSpelling(to: Self.lastComponent(of: written), in: names) else { return nil }
    return written.contains("/") ? "\(folder)/\(name)" : name
  }

  static func kind(of path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// `path` seen from `base`, with `.` and `..` taken out by name alone.
  static func absolute(_ path: String, in base: String) -> String {
    let whole = path.hasPrefix("/") ? path : base + "/" + path
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  static func currentDirectory() -> String {
    guard let pointer = getcwd(nil, 0) else { return "/" }
    defer { free(pointer) }
    return String(cString: pointer)
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func lastComponent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// `relative` seen from the folder of `file`, for messages: as short as `file` was written.
  static func beside(_ file: String, _ relative: String) -> String {
    let folder = directory(of: file)
    return folder == "." && !file.hasPrefix("./") ? relative : folder + "/" + relative
  }

  /// Names in a folder, at most 1,000, sorted.
  private static func entries(of folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < 1000, let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}

/// Addresses of model servers.
enum URLCheck {
  static func check(_ setting: Setting, name: String, _ diagnostics: inout Diagnostics) -> Bool {
    guard let text = setting.string, let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
      if !diagnostics.hasError(at: setting.span) {
        diagnostics.error(
          "wrong-type", "`\(name)` must be \(FieldType.url.words), found \(setting.found)", at: setting.span,
          hint: "for example `\(name): http://localhost:8000/v1`")
      }
      return false
    }
    let authority = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    if authority.contains("@") {
      diagnostics.error("inline-secret", "`\(name)` must not hold a user name or password", at: setting.span, hint: "put the key in `api_key: {env: NAME}`")
      return false
    }
    let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" }.dropFirst() : authority.prefix { $0 != ":" }
    if host.isEmpty || text.contains(where: { $0.isWhitespace }) {
      diagnostics.error("wrong-type", "`\(name)` must be \(FieldType.url.words), found one without a host", at: setting.span)
      return false
    }
    return true
  }
}
