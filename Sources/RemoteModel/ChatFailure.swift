/// Why a chat completion did not come. Its words are constant: no key, no prompt, no answer, no body.
public struct ChatFailure: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// No connection, or it broke before the whole answer was there.
    case connection
    case timeout
    /// 429.
    case rateLimited
    /// 502, 503, 504, 529 and such.
    case unavailable
    /// 500 and others that may pass.
    case serverError
    /// The server could not parse what its own model wrote (llama.cpp: "does not match the expected … format"). Not overload.
    case malformedOutput
    /// A 200 whose body is not a completion.
    case badResponse
    case bodyTooLarge
    /// The prompt does not fit the model's context.
    case contextExceeded
    case unauthorized
    /// Another 4xx, or a redirect, which is never followed: content and key would go to a place that nobody configured.
    case rejected
    /// Every endpoint's circuit is open.
    case circuitOpen
    case cancelled
  }
  public var kind: Kind
  public var status: Int?
  /// The server's own code for the error, where it is a plain word.
  public var serverCode: String?
  /// How long the server asked to wait.
  public var retryAfter: Duration?
  /// Calls made, the first included.
  public var attempts: Int

  public init(_ kind: Kind, status: Int? = nil, serverCode: String? = nil, retryAfter: Duration? = nil, attempts: Int = 0) {
    self.kind = kind
    self.status = status
    self.serverCode = serverCode
    self.retryAfter = retryAfter
    self.attempts = attempts
  }

  public var description: String {
    let status = self.status.map { " with status \($0)" } ?? ""
    let code = serverCode.map { " (\($0))" } ?? ""
    let words =
      switch kind {
      case .connection: "the connection to the model failed"
      case .timeout: "the model did not answer in time"
      case .rateLimited: "the model server limits the rate"
      case .unavailable: "the model server is unavailable"
      case .serverError: "the model server failed"
      case .malformedOutput: "the model server could not parse the model's output"
      case .badResponse: "the model server's answer is not a chat completion"
      case .bodyTooLarge: "the model server's answer is too large"
      case .contextExceeded: "the prompt does not fit the model's context"
      case .unauthorized: "the model server refused the key"
      case .rejected: "the model server rejected the request"
      case .circuitOpen: "every model endpoint is switched off after repeated failures"
      case .cancelled: "cancelled"
      }
    return words + status + code
  }

  /// Whether the same call may succeed a moment later.
  var isRetryable: Bool {
    switch kind {
    case .connection, .rateLimited, .unavailable, .serverError, .badResponse: true
    case .timeout, .malformedOutput, .bodyTooLarge, .contextExceeded, .unauthorized, .rejected, .circuitOpen, .cancelled: false
    }
  }

  /// Whether it says that the endpoint, not the request, is ill.
  var blamesEndpoint: Bool {
    switch kind {
    case .connection, .timeout, .unavailable, .serverError, .badResponse: true
    case .rateLimited, .malformedOutput, .bodyTooLarge, .contextExceeded, .unauthorized, .rejected, .circuitOpen, .cancelled: false
    }
  }
}
