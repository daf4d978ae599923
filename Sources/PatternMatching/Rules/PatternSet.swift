import CPCRE2

/// Why a pattern does not compile.
struct PatternError: Error, Sendable, Hashable {
  /// PCRE2's words.
  var message: String
  /// Where, in bytes from the pattern's start.
  var offset: Int
}

/// The compiled patterns of a stage, by number.
///
/// `@unchecked Sendable`: a `pcre2_code` does not change once it is compiled and JIT-compiled, and may be matched from several threads
/// (pcre2api, "Multithreading"); nothing is compiled after `init`.
final class PatternSet: @unchecked Sendable {
  private(set) var plain: [OpaquePointer] = []
  /// The same without PCRE2_UCP, for texts of ASCII alone: there it means the same, and classes are looked up in a small table.
  private(set) var ascii: [OpaquePointer] = []
  /// Each pattern again with a call-out before every item, which meters long texts. nil where that would exceed PCRE2's size for a
  /// pattern (3 of 8,574 public rules, long lists of words): those keep the limit at each start position.
  private(set) var metered: [OpaquePointer?] = []
  private(set) var hasBackReference: [Bool] = []
  /// Longer texts than this are metered.
  private(set) var plainLength: [Int] = []
  /// Whether all could be compiled to machine code.
  private(set) var isJIT = true

  init() {}

  deinit {
    for code in plain + ascii { pcre2_code_free_8(code) }
    for code in metered { pcre2_code_free_8(code) }
  }

  /// The letters of `flags:` and what they mean to PCRE2.
  static let flags: [(letter: Character, option: UInt32)] = [
    ("i", PCRE2_CASELESS), ("m", PCRE2_MULTILINE), ("s", PCRE2_DOTALL), ("x", PCRE2_EXTENDED), ("n", PCRE2_NO_AUTO_CAPTURE), ("U", PCRE2_UNGREEDY),
  ]

  /// Compiles a pattern and returns its number.
  /// - Parameter plainLength: the longest text that the pattern may run on without a meter.
  func add(_ pattern: String, flags: String, plainLength: Int) throws(PatternError) -> Int {
    var options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C
    for letter in flags { options |= Self.flags.first { $0.letter == letter }?.option ?? 0 }
    let code = try Self.compile(pattern, options: options | PCRE2_UCP)
    plain.append(code)
    let narrow = try Self.compile(pattern, options: options)
    ascii.append(narrow)
    let counting = try? Self.compile(pattern, options: options | PCRE2_UCP | PCRE2_AUTO_CALLOUT)
    metered.append(counting)
    for code in [code, narrow, counting ?? code] where !Self.compileToMachineCode(code) { isJIT = false }
    var backReferences: UInt32 = 0
    pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_BACKREFMAX), &backReferences)
    hasBackReference.append(backReferences > 0)
    self.plainLength.append(plainLength)
    return plain.count - 1
  }

  /// Whether there is machine code now. With `(*NO_JIT)` in the pattern compiling succeeds and makes none.
  private static func compileToMachineCode(_ code: OpaquePointer) -> Bool {
    var size = 0
    return pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE) == 0 && pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_JITSIZE), &size) == 0 && size > 0
  }

  private static func compile(_ pattern: String, options: UInt32) throws(PatternError) -> OpaquePointer {
    // A line end is a line feed, whatever the library was built with; the parser of literals counts on it.
    guard let context = pcre2_compile_context_create_8(nil) else { throw PatternError(message: "out of memory", offset: 0) }
    defer { pcre2_compile_context_free_8(context) }
    pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
    pcre2_set_bsr_8(context, UInt32(PCRE2_BSR_UNICODE))
    var error: Int32 = 0
    var offset = 0
    var pattern = pattern
    let code = pattern.withUTF8 { bytes in
      // PCRE2 takes no null pointer for an empty pattern before 10.43.
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { empty in
        pcre2_compile_8(bytes.baseAddress ?? UnsafePointer(empty.baseAddress), bytes.count, options, &error, &offset, context)
      }
    }
    guard let code else { throw PatternError(message: message(of: error), offset: offset) }
    return code
  }

  private static func message(of error: Int32) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
      let count = pcre2_get_error_message_8(error, buffer.baseAddress, buffer.count)
      guard count > 0 else { return "error \(error)" }
      return String(decoding: UnsafeBufferPointer(start: buffer.baseAddress, count: Int(count)), as: UTF8.self)
    }
  }
}
