import CPCRE2

/// One worker's means to run the patterns of a ``PatternSet``. Not Sendable: the match data and the stack serve one match at a time.
final class PatternMatcher {
  enum Outcome {
    case match(Range<Int>)
    case none
    /// A limit was reached; the words of what happened.
    case failure(String)
  }

  /// The account of one rule on one text.
  struct Meter {
    /// Steps left. A step is one item tried, or 8 bytes run over.
    var left = 0
    /// Where the last item was tried.
    var last = 0
    /// A back reference may have compared all that was matched so far.
    var comparesAll = false
  }

  private let set: PatternSet
  private let limits: PatternLimits
  private let data: OpaquePointer
  private let plainContext: OpaquePointer
  private let meteredContext: OpaquePointer
  private let stack: OpaquePointer?
  private let meter: UnsafeMutablePointer<Meter>

  /// - Precondition: memory for some small objects; PCRE2 offers no way on without.
  init(_ set: PatternSet, limits: PatternLimits) {
    self.set = set
    self.limits = limits
    guard let data = pcre2_match_data_create_8(1, nil), let plain = pcre2_match_context_create_8(nil), let metered = pcre2_match_context_create_8(nil)
    else { preconditionFailure("out of memory") }
    (self.data, plainContext, meteredContext) = (data, plain, metered)
    stack = pcre2_jit_stack_create_8(32 * 1024, max(64 * 1024, limits.heap), nil)
    meter = .allocate(capacity: 1)
    meter.initialize(to: Meter())
    for context in [plain, metered] {
      pcre2_set_match_limit_8(context, UInt32(clamping: limits.match))
      pcre2_set_depth_limit_8(context, UInt32(clamping: limits.depth))
      pcre2_set_heap_limit_8(context, UInt32(clamping: max(1, limits.heap / 1024)))
      pcre2_jit_stack_assign_8(context, nil, stack.map { UnsafeMutableRawPointer($0) })
    }
    pcre2_set_match_limit_8(metered, UInt32.max)
    pcre2_set_callout_8(metered, countSteps, meter)
  }

  deinit {
    pcre2_match_data_free_8(data)
    pcre2_match_context_free_8(plainContext)
    pcre2_match_context_free_8(meteredContext)
    pcre2_jit_stack_free_8(stack)
    meter.deallocate()
  }

  /// Starts the account of one rule on one text.
  func begin(_ number: Int) {
    let budget = limits.match.multipliedReportingOverflow(by: PatternLimits.meterFactor)
    meter.pointee = Meter(left: budget.overflow ? .max : budget.partialValue, last: 0, comparesAll: set.hasBackReference[number])
  }

  /// The first match of pattern `number` in `text` at or behind `start`.
  /// - Parameter isASCII: whether the text is known to hold nothing else.
  /// - Precondition: `text` is valid UTF-8 and `start` a character boundary in it.
  @inline(__always)
  func match(_ number: Int, in text: UnsafePointer<UInt8>, count: Int, from start: Int, isASCII: Bool) -> Outcome {
    let metered = count > set.plainLength[number] ? set.metered[number] : nil
    let code = metered ?? (isASCII ? set.ascii[number] : set.plain[number])
    let context = metered != nil ? meteredContext : plainContext
    let result =
      set.isJIT
      ? pcre2_jit_match_8(code, text, count, start, 0, data, context)
      : pcre2_match_8(code, text, count, start, PCRE2_NO_UTF_CHECK, data, context)
    if result == PCRE2_ERROR_NOMATCH { return .none }
    if result < 0 { return .failure(Self.words(result)) }
    guard let offsets = pcre2_get_ovector_pointer_8(data) else { return .none }
    // `\K` in a look-ahead can put the start behind the end.
    return .match(min(offsets[0], offsets[1])..<max(offsets[0], offsets[1]))
  }

  private static func words(_ error: Int32) -> String {
    switch error {
    case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_CALLOUT: "match limit reached"
    case PCRE2_ERROR_DEPTHLIMIT: "depth limit reached"
    case PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_JIT_STACKLIMIT: "heap limit reached"
    default: "matching failed with PCRE2 error \(error)"
    }
  }
}

/// Called before every item of a metered pattern.
private func countSteps(_ block: UnsafeMutablePointer<pcre2_callout_block_8>?, _ meter: UnsafeMutableRawPointer?) -> Int32 {
  guard let block, let meter = meter?.assumingMemoryBound(to: PatternMatcher.Meter.self) else { return PCRE2_ERROR_CALLOUT }
  let position = block.pointee.current_position
  let work = position &- (meter.pointee.comparesAll ? block.pointee.start_match : meter.pointee.last)
  meter.pointee.last = position
  meter.pointee.left &-= 1 &+ max(0, work) >> 3
  return meter.pointee.left > 0 ? 0 : PCRE2_ERROR_CALLOUT
}
