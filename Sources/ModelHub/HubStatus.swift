import NIOHTTP1

extension HubError {
  /// What a status means that brings no content. The hub answers 401 also for repositories that do not exist, so its own code counts first.
  init(status: Int, headers: HTTPHeaders, asking what: String, hasToken: Bool) {
    switch (headers.first(name: "x-error-code"), status) {
    case ("GatedRepo"?, _): self.init(.notAllowed, "\(what): accept the repository's terms on its page, and set `HF_TOKEN`")
    case ("RepoNotFound"?, _) where hasToken: self.init(.notFound, "\(what): there is no such repository, or the token may not see it")
    case ("RepoNotFound"?, _): self.init(.notFound, "\(what): there is no such repository; if it is private, set `HF_TOKEN`")
    case ("RevisionNotFound"?, _): self.init(.notFound, "\(what): there is no such revision")
    case (_, 401), (_, 403):
      self.init(.notAllowed, "\(what): the server answers \(status): " + (hasToken ? "the token in `HF_TOKEN` does not allow it" : "set `HF_TOKEN`"))
    case (_, 404), (_, 410): self.init(.notFound, "\(what): the server answers \(status): not found")
    case (_, 408), (_, 425), (_, 429), (_, 500...599):
      let seconds = headers.first(name: "retry-after").flatMap { Int($0) }.map { Duration.seconds(max(0, min($0, 300))) }
      self.init(.busy, "\(what): the server answers \(status)", isTransient: true, retryAfter: seconds)
    default: self.init(.protocolViolation, "\(what): the server answers \(status)")
    }
  }
}
