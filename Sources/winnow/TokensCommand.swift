import ArgumentParser
import FoundationEssentials
import GPTOSS
import RecordIO

struct TokensCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Encode, decode, render and parse tokens and harmony, one JSON object a line.",
    subcommands: [Encode.self, Decode.self, Render.self, Parse.self, ConformanceRun.self])

  struct Options: ParsableArguments {
    @Option(help: "Folder with tokenizer.json, or the file itself, which may be compressed (.gz, .zst).") var tokenizer: String
    @Argument(help: "JSON Lines files; nothing is standard input.") var files: [String] = []

    func load() throws -> Tokenizer { try TokensCommand.load(tokenizer) }

    func answer(_ command: TokensLines.Command) throws {
      let lines = TokensLines(try load())
      try LineInput.forEach(files) { line, place in
        do throws(TokensLines.Failure) { Terminal.output(try lines.answer(line, command) + "\n") } catch { throw CommandFailure("\(place): \(error)") }
      }
    }
  }

  /// A folder's `tokenizer.json`, through its cache where it has one, or else its `tokenizer.json.gz`; or a file, compressed or not.
  static func load(_ path: String) throws -> Tokenizer {
    var isFolder = false
    if let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType { isFolder = type == .typeDirectory }
    let file = isFolder ? "\(path)/\(Tokenizer.fileName)" : path
    if isFolder, !FileManager.default.fileExists(atPath: file), FileManager.default.fileExists(atPath: file + ".gz") { return try load(file + ".gz") }
    guard file.hasSuffix(".gz") || file.hasSuffix(".zst") else {
      return try Tokenizer.load(from: file, cache: isFolder ? "\(path)/\(Tokenizer.cacheFileName)" : nil)
    }
    do { return try Tokenizer(json: readUnpacked(path: file, limit: 1 << 29)) } catch let error as TokenizerError { throw CommandFailure("\(file): \(error.detail)") }
  }

  struct Encode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: #"{"text": …} → {"ids": […]}; text never becomes a special token unless "specials": true."#)
    @OptionGroup var options: Options
    func run() async throws { try await reportingFailures { try options.answer(.encode) } }
  }

  struct Decode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: #"{"ids": […]} → {"text", "bytes_hex", "per_token_bytes_hex"}."#)
    @OptionGroup var options: Options
    func run() async throws { try await reportingFailures { try options.answer(.decode) } }
  }

  struct Render: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: #"{"messages": […], "mode": …} or {"chat": […]} → {"ids", "decoded"}."#)
    @OptionGroup var options: Options
    func run() async throws { try await reportingFailures { try options.answer(.render) } }
  }

  struct Parse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: #"{"ids": […], "strictness": …} → {"messages"} or {"error", …}."#)
    @OptionGroup var options: Options
    func run() async throws { try await reportingFailures { try options.answer(.parse) } }
  }

  struct ConformanceRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "conformance", abstract: "Compare with goldens of the official implementations; exits with 1 where they differ.")
    @OptionGroup var options: Options
    @Option(help: "How many disagreements of a file to print.") var limit = 5
    @Flag(help: "As JSON.") var json = false

    func validate() throws { if options.files.isEmpty { throw ValidationError("name the golden files") } }

    func run() async throws {
      try await reportingFailures {
        let files = try options.files.map { (name: $0, content: try readFile(path: $0, limit: 1 << 30)) }
        let report = TokensConformance(try options.load(), limit: limit).run(files)
        Terminal.output(json ? report.json.text + "\n" : report.text + "\n")
        if !report.isExact { throw Exit.findings }
      }
    }
  }
}
