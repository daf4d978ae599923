/// The code on the lines around content: it cannot occur inside, so nothing that somebody wrote can close the fence.
enum Fence {
  static let digits = 16

  /// Hex digits of a hash of the texts; hashed again until none of them contains the code. The same texts give the same code.
  static func code(for texts: [String]) -> String {
    var seed = texts.map { "\($0.utf8.count):" + $0 }.joined()
    while true {
      let code = String(hexSHA256(seed).prefix(digits))
      if !texts.contains(where: { $0.lowercased().contains(code) }) { return code }
      seed = code + seed
    }
  }
}
