/// HTTP reply → completion or failure.
enum ReplyReading {
  static func read(_ reply: HTTPReply, now: Int) -> Result<ChatCompletion, ChatFailure> {
    if reply.status == 200 {
      guard let completion = ChatCompletion(body: reply.body) else { return .failure(ChatFailure(.badResponse, status: 200)) }
      return .success(completion)
    }
    let error = (try? JSONValue(parsing: reply.body))?["error"]
    let message = error?["message"]?.string ?? error?.string ?? ""
    var failure = ChatFailure(kind(status: reply.status, error: error, message: message), status: reply.status, serverCode: code(error))
    failure.retryAfter = reply.header("retry-after").flatMap { RetryAfter.duration($0, now: now) }
    return .failure(failure)
  }

  private static func kind(status: Int, error: JSONValue?, message: String) -> ChatFailure.Kind {
    if isContextExceeded(error, message) { return .contextExceeded }
    switch status {
    case 401, 403: return .unauthorized
    case 408, 425: return .unavailable
    case 413: return .contextExceeded
    case 429: return .rateLimited
    case 500: return message.contains("does not match the expected") || message.contains("Failed to parse") ? .malformedOutput : .serverError
    case 502, 503, 504, 529: return .unavailable
    case 500...599: return .serverError
    case 200...299: return .badResponse
    default: return .rejected
    }
  }

  /// llama.cpp, llama-cpp-python and OpenAI, vLLM.
  private static func isContextExceeded(_ error: JSONValue?, _ message: String) -> Bool {
    let words = [error?["type"]?.string, error?["code"]?.string].compactMap { $0 }
    if words.contains("exceed_context_size_error") || words.contains("context_length_exceeded") { return true }
    return message.contains("maximum context length")
  }

  /// Only a plain word: anything longer may quote the request.
  private static func code(_ error: JSONValue?) -> String? {
    let candidates = [error?["type"]?.string, error?["code"]?.string].compactMap { $0 }
    return candidates.first { word in
      (1...40).contains(word.utf8.count) && word.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
  }

  /// The parameter that a 400 or 422 complains of, when the request can do without it.
  static func refusedParameter(_ reply: HTTPReply) -> ChatRequest.OptionalParameter? {
    guard reply.status == 400 || reply.status == 422 || reply.status == 501 else { return nil }
    let root = try? JSONValue(parsing: reply.body)
    let error = root?["error"] ?? root
    if let name = error?["param"]?.string, let parameter = ChatRequest.OptionalParameter.refused(in: name) { return parameter }
    let text = error?["message"]?.string ?? error?.string ?? error?["detail"]?.text ?? ""
    return ChatRequest.OptionalParameter.refused(in: String(text.prefix(500)))
  }
}
