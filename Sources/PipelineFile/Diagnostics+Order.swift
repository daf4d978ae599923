import Moderation

extension Diagnostics {
  /// The problems by file, line and column: those of `first` before those of other files, and each only once.
  ///
  /// An alias that is used twice has its problems twice, at the same place; once is enough. Absolute paths below the working directory are
  /// shortened, so that a terminal or editor can open them and a report is the same on every machine.
  public func sortedByPlace(first: String) -> Diagnostics {
    func key(_ diagnostic: Diagnostic) -> (Int, String, Int, Int) {
      guard let span = diagnostic.span else { return (2, "", 0, 0) }
      return (span.file == first ? 0 : 1, span.file, span.line, span.column)
    }
    let root = PathCheck.currentDirectory() + "/"
    func shortened(_ span: SourceSpan?) -> SourceSpan? {
      guard var span, span.file != first, span.file.hasPrefix(root) else { return span }
      span.file.removeFirst(root.count)
      return span
    }
    var seen: Set<Diagnostic> = []
    let ordered = all.enumerated().sorted { a, b in
      let (left, right) = (key(a.element), key(b.element))
      return left == right ? a.offset < b.offset : left < right
    }
    var result = Diagnostics()
    for (_, var diagnostic) in ordered where seen.insert(diagnostic).inserted {
      diagnostic.span = shortened(diagnostic.span)
      diagnostic.notes = diagnostic.notes.map { Diagnostic.Note($0.message, at: shortened($0.span)) }
      result.add(diagnostic)
    }
    return result
  }
}
