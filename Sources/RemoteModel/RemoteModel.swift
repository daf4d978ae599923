/// Client of OpenAI-compatible chat endpoints (vLLM, SGLang, llama.cpp's server, Ollama, hosted services).
///
/// The idea: one call, ``ChatClient/complete(_:deadline:)``, that either brings a whole completion before the deadline or says in constant
/// words why not. Everything a server may do wrong is a case of ``ChatFailure/Kind`` with its own answer: overload is retried with full
/// jitter inside a budget, a dead endpoint is left alone by a circuit breaker, output that the server itself cannot parse is not
/// mistaken for overload, and half a body is never read as an answer.
///
/// The contract: memory and time are bounded whatever the server sends; retries stay below a fifth of all calls; no error text holds
/// the key, the prompt or the answer.
///
/// The price: no streaming. A verdict needs the whole final answer, so nothing would be gained.
public enum RemoteModel {
  /// Sent as `User-Agent`.
  public static let userAgent = "winnow"
}
