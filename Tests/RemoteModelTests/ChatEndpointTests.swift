import RemoteModel
import Testing

@Suite struct ChatEndpointTests {
  @Test(arguments: [
    ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"), ("https://api.example.com/v1/", "https://api.example.com/v1/chat/completions"),
    ("http://localhost/v1/chat/completions", "http://localhost/v1/chat/completions"), ("http://[::1]:8080", "http://[::1]:8080/chat/completions"),
  ])
  func completesTheURL(written: String, url: String) throws {
    let endpoint = try ChatEndpoint(written: written)
    #expect(endpoint.url == url)
    #expect(endpoint.modelsURL == url.replacing("/chat/completions", with: "/models"))
    #expect(!endpoint.isPlainRemote)
  }

  @Test(arguments: [
    "", "localhost:8080", "ftp://x/v1", "http://", "http://user:pass@host/v1", "http://host/v1?key=1", "http://host:99999/v1", "http://host:x/v1",
    "http://ho st/v1",
  ])
  func refusesWhatIsNoEndpoint(written: String) {
    #expect(throws: ChatEndpoint.Problem.self) { try ChatEndpoint(written: written) }
  }

  @Test func knowsWhenMessagesLeaveTheMachineUnencrypted() throws {
    #expect(try ChatEndpoint(written: "http://10.0.0.7:8000/v1").isPlainRemote)
    for name in ["127.0.0.1.example.org", "127.example.org", "127.0.0.1.2", "127.0.0.300", "127.1"] {
      #expect(try ChatEndpoint(written: "http://\(name)/v1").isPlainRemote, "\(name)")
    }
    #expect(try !ChatEndpoint(written: "http://127.0.0.53:8000/v1").isPlainRemote)
    #expect(try !ChatEndpoint(written: "https://10.0.0.7:8000/v1").isPlainRemote)
  }
}
