import Moderation

extension Diagnostics {
  /// The problems by file, line and column: those of `first` before those of other files, and each only once.
  ///
  /// An alias that is used twice has its problems twice, at the same place; once is enough.
  public func sortedByPlace(first: String) -> Diagnostics {
    func key(_ diagnostic: Diagnostic) -> (Int, String, Int, Int) {
      guard let span = diagnostic.span else { return (2, "", 0, 0) }
      return (span.file == first ? 0 : 1, span.file, span.line, span.column)
    }
    var seen: Set<Diagnostic> = []
    let ordered = all.enumerated().sorted { a, b in
      let (left, right) = (key(a.element), key(b.element))
      return left == right ? a.offset < b.offset : left < right
    }
    var result = Diagnostics()
    for (_, diagnostic) in ordered where seen.insert(diagnostic).inserted { result.add(diagnostic) }
    return result
  }
}
