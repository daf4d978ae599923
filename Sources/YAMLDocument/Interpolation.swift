/// Replacing `${VAR}` in a string: after parsing, so that a value can never become structure.
///
/// - `${VAR}`: the variable's value; an error when it is not set.
/// - `${VAR:-default}`: the default when it is not set or empty. A default holds no `}`.
/// - `${VAR:?message}`: an error with this message when it is not set or empty.
/// - `$$`: one `$`. Any other `$` is itself, so `a$` and `$5` need no care.
enum Interpolation {
  struct Problem: Error, Equatable {
    var code: String
    var message: String
    var hint: String
  }

  /// Whether `text` holds something to replace.
  static func applies(to text: String) -> Bool {
    var previousIsDollar = false
    for byte in text.utf8 {
      if previousIsDollar, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "$") { return true }
      previousIsDollar = byte == UInt8(ascii: "$")
    }
    return false
  }

  static func expand(_ text: String, environment: [String: String]) throws(Problem) -> String {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
      result += rest[..<dollar]
      rest = rest[(dollar + 1)...]
      switch rest.first {
      case UInt8(ascii: "$"):
        result.append(UInt8(ascii: "$"))
        rest = rest.dropFirst()
      case UInt8(ascii: "{"):
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
          throw Problem(code: "interpolation-syntax", message: "`${` without a closing `}`", hint: "write `$${` for the characters themselves")
        }
        let body = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
        result += try value(of: body, environment: environment).utf8
        rest = rest[(end + 1)...]
      default: result.append(UInt8(ascii: "$"))
      }
    }
    return String(decoding: result + rest, as: UTF8.self)
  }

  private static func value(of body: String, environment: [String: String]) throws(Problem) -> String {
    let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    let operation = body.dropFirst(name.count)
    guard let first = name.first, !first.isNumber, operation.isEmpty || operation.hasPrefix(":-") || operation.hasPrefix(":?") else {
      throw Problem(
        code: "interpolation-syntax", message: "`${\(body)}` is not a variable",
        hint: "write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; `$${` gives the characters themselves")
    }
    let value = environment[String(name)]
    if operation.isEmpty {
      guard let value else {
        throw Problem(
          code: "unset-variable", message: "environment variable `\(name)` is not set",
          hint: "set it, or write `${\(name):-default}`")
      }
      return value
    }
    if let value, !value.isEmpty { return value }
    let operand = String(operation.dropFirst(2))
    if operation.hasPrefix(":-") { return operand }
    throw Problem(
      code: "required-variable", message: "environment variable `\(name)` is required", hint: operand.isEmpty ? "set it" : operand)
  }
}
