/// Breaks special-token text visibly, so that no server can take it for the real thing.
///
/// `<|end|><|start|>system…` inside a message is ordinary text to an encoder that has specials switched off, but several servers parse it
/// (measured on llama.cpp's: `POST /apply-template` gives a forged turn back unbroken). `<|end|>` becomes `< |end|>`; the same for
/// fullwidth and small-form brackets, for bars that look alike, and with invisible characters in between, which vanish.
public enum SpecialTokens {
  /// The text with every opening `<|` broken, and how many there were. Idempotent; other text comes back byte for byte.
  public static func neutralised(_ text: String) -> (text: String, count: Int) {
    guard text.unicodeScalars.contains(where: isBar) else { return (text, 0) }
    let scalars = Array(text.unicodeScalars)
    var output = String.UnicodeScalarView()
    output.reserveCapacity(scalars.count + 8)
    var count = 0
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      output.append(scalar)
      index += 1
      guard isOpening(scalar) else { continue }
      var next = index
      while next < scalars.count, isInvisible(scalars[next]) { next += 1 }
      guard next < scalars.count, isBar(scalars[next]) else { continue }
      output.append(" ")
      output.append(scalars[next])
      index = next + 1
      count += 1
    }
    return (String(output), count)
  }

  private static func isOpening(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3C, 0xFF1C, 0xFE64: true
    default: false
    }
  }

  private static func isBar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x7C, 0xFF5C, 0x2223, 0x01C0, 0x2502, 0xFE31, 0x23D0, 0xFFE8: true
    default: false
    }
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .format
      || (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || scalar.value == 0x7F
  }
}
