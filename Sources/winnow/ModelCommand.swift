import ArgumentParser
import FoundationEssentials
import GPTOSS
import Moderation

struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Bring, look into, check, prepare and measure gpt-oss checkpoints.",
    subcommands: [PullCommand.self, Inspect.self, Verify.self, Prepare.self, ConformanceRun.self, Logits.self, Bench.self, MakeRandom.self])

  struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a checkpoint's shape, files and size.")
    @Argument(help: "Checkpoint folder, or a Hugging Face cache folder.") var folder: String
    @Flag(help: "As JSON.") var json = false

    func run() async throws {
      try await reportingFailures {
        let summary = CheckpointSummary(try Checkpoint(at: folder))
        Terminal.output(json ? summary.json.text + "\n" : summary.text + "\n")
      }
    }
  }

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Read every weight and report what cannot be right; exits with 1 when something is.")
    @Argument(help: "Checkpoint folder.") var folder: String

    func run() async throws {
      try await reportingFailures {
        let issues = try Checkpoint(at: folder).verify { name, share in
          if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K\(share.percent) \(name)") }
        }
        if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K") }
        for issue in issues { Terminal.output("\(issue)\n") }
        Terminal.output(issues.isEmpty ? "\(folder): every tensor is there, with finite values\n" : "\(issues.count) problems\n")
        if !issues.isEmpty { throw Exit.findings }
      }
    }
  }

  struct Prepare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Repack the weights once into the kernels' layout, beside the checkpoint, so that later starts map and go.")
    @Argument(help: "Checkpoint folder.") var folder: String
    @Option(name: [.short, .customLong("output")], help: "Where to write; default: beside the checkpoint.") var output: String?

    func run() async throws {
      try await reportingFailures {
        let checkpoint = try Checkpoint(at: folder)
        try PreparedModel.prepare(checkpoint, to: output) { share in
          if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[Kpreparing \(share.percent)") }
          return true
        }
        if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K") }
        Terminal.output("\(output ?? checkpoint.path(of: PreparedModel.fileName)): \(PreparedModel.byteCount(of: checkpoint.config).grouped) bytes\n")
        guard FileManager.default.fileExists(atPath: checkpoint.path(of: Tokenizer.fileName)) else { return }
        let cache = checkpoint.path(of: Tokenizer.cacheFileName)
        try Tokenizer.load(from: checkpoint.folder.path).writeCache(for: checkpoint.folder.path, to: cache)
        Terminal.output("\(cache): \((try FileManager.default.attributesOfItem(atPath: cache)[.size] as? Int ?? 0).grouped) bytes\n")
      }
    }
  }

  struct ConformanceRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "conformance", abstract: "Compare with the goldens in a checkpoint's `goldens/` folder.",
      discussion: """
        Runs the float32 reference (the oracle) or the fast engine. The reference must be exact: logits within 1e-4, every greedy token. The engine rounds
        activations to 8 bits, so it is held to its stated tolerance over all rows (mean KL and agreement in the likeliest token) and to whole completions.
        With --random the oracle's own logits on random prompts are compared as well; on a large model that takes long.
        """)
    @Argument(help: "Checkpoint folder with goldens.") var folder: String
    @Option(help: "reference, or a kernel set of the fast engine: best, scalar, avx2, avx512, neon.") var kernels = "reference"
    @Option(help: "Largest difference of a logit that passes. Default: 1e-4 for the reference; the fast engine has a tolerance of its own.") var tolerance: Float?
    @Option(help: "Feed prompts in pieces of this many tokens.") var chunk: Int?
    @Option(help: "Also compare with the float32 reference on this many random prompts.") var random = 0
    @Option(help: "Seed of the random prompts.") var seed: UInt64 = 1
    @Flag(help: "As JSON.") var json = false

    func run() async throws {
      try await reportingFailures {
        let checkpoint = try Checkpoint(at: folder)
        let goldens = try goldens(checkpoint)
        let (model, name) = try ModelCommand.model(checkpoint, kernels: kernels)
        let isFast = kernels != "reference" && tolerance == nil
        let conformance = Conformance(tolerance: tolerance ?? Conformance.float32Tolerance, engineTolerance: isFast ? .stated : nil, chunkSize: chunk)
        let report = try conformance.run(model, name: name, goldens: goldens) { step in
          if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K\(step)") }
        }
        if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K") }
        Terminal.output(json ? report.json.text + "\n" : report.text + "\n")
        if !report.passes { throw Exit.findings }
      }
    }

    /// The folder's own, and those that the oracle makes now. A folder without any serves with random prompts alone.
    private func goldens(_ checkpoint: Checkpoint) throws -> Goldens {
      guard random > 0 else { return try Goldens(of: checkpoint.folder, config: checkpoint.config) }
      let lengths = (0..<random).map { [1, 16, 33, 64, 130, 257][$0 % 6] }
      let prompts = Goldens.randomPrompts(vocabSize: checkpoint.config.vocabSize, lengths: lengths, seed: seed)
      let made = try Goldens(madeBy: ReferenceModel(checkpoint), prompts: prompts)
      guard var own = try? Goldens(of: checkpoint.folder, config: checkpoint.config) else { return made }
      own.prompts += made.prompts
      return own
    }
  }

  struct Logits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print logits for token sequences.",
      discussion: #"Reads JSON Lines `{"id", "ids": […], "positions": […], "top": n}` from files or standard input; answers each with one line."#)
    @Argument(help: "Checkpoint folder.") var folder: String
    @Argument(help: "Files; nothing is standard input.") var files: [String] = []
    @Option(help: "reference, or best, scalar, avx2, avx512, neon.") var kernels = "reference"

    func run() async throws {
      try await reportingFailures {
        let checkpoint = try Checkpoint(at: folder)
        let (model, _) = try ModelCommand.model(checkpoint, kernels: kernels)
        try LineInput.forEach(files) { line, place in
          do {
            let query = try LogitQuery(line: line, vocabSize: checkpoint.config.vocabSize)
            Terminal.output(try query.answer(by: model).text + "\n")
          } catch { throw CommandFailure("\(place): \(error)") }
        }
      }
    }
  }

  struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measure prefill and decode, alone and batched, and the moderation job.",
      discussion: """
        Every sequence is fed tokens of its own: equal tokens route to equal experts and flatter the result. The job needs a tokenizer in the folder.
        """)
    @Argument(help: "Checkpoint folder, prepared before or now.") var folder: String
    @Option(help: "Threads; default: all cores.") var threads: Int?
    @Option(help: "best, scalar, avx2, avx512 or neon.") var kernels = "best"
    @Option(help: "Lengths of prompts whose prefill is timed, with commas; `none` for none.") var prefill = "128,512"
    @Option(help: "Batch sizes, with commas; `none` for none.") var batches = "1,2,4,8,16,32"
    @Option(help: "Decode steps of each measurement.") var steps = 16
    @Option(help: "Tokens of the policy that the batches share.") var policy = 600
    @Flag(help: "Also measure the moderation job: policy, message, answer, end to end.") var job = false
    @Option(help: "Messages of the job.") var messages = 32
    @Option(help: "Folder that keeps the job's policy for --start.") var prefixes: String?
    @Flag(help: "Only start, with the policy in --prefixes, to the first verdict.") var start = false
    @Flag(help: "One JSON object a line.") var json = false

    func run() async throws {
      try await reportingFailures {
        guard let set = kernels == "best" ? try KernelSet.fromEnvironment() : KernelSet(named: kernels) else { throw CommandFailure("no kernels `\(kernels)`") }
        let threads = threads ?? defaultThreadCount, begin = ContinuousClock.now
        let prepared = try PreparedModel.load(try Checkpoint(at: folder), threads: threads)
        show("open prepared weights", (ContinuousClock.now - begin).inSeconds, "s")
        let benchmark = ModelBenchmark(plan)
        if !start { try benchmark.measureForward(prepared, kernels: set, threads: threads, report: show) }
        if job || start {
          var options = NativeModel.Options()
          (options.threads, options.kernels, options.prefixFolder) = (threads, set, prefixes)
          let model = try NativeModel.load(directory: folder, prepared: prepared, options: options)
          if start {
            try await benchmark.measureFirstVerdict(model, report: show)
            show("start to first verdict", (ContinuousClock.now - begin).inSeconds, "s")
          } else {
            try await benchmark.measureJob(model, report: show)
          }
          model.shutDown()
        }
        if let memory = residentMemory() { show("peak resident memory", Double(memory.peak) / 1e9, "GB") }
      }
    }

    private var plan: ModelBenchmark.Plan {
      func numbers(_ text: String) -> [Int] { text.split(separator: ",").compactMap { Int($0) }.filter { $0 > 0 } }
      var plan = ModelBenchmark.Plan()
      (plan.prefill, plan.batches, plan.steps) = (numbers(prefill), numbers(batches), max(1, steps))
      (plan.policyTokens, plan.messages) = (max(1, policy), max(0, messages))
      return plan
    }

    private func show(_ row: ModelBenchmark.Row) { show(row.name, row.value, row.unit) }

    private func show(_ name: String, _ value: Double, _ unit: String) {
      if json {
        Terminal.output(JSONOutput.object([.init("name", .string(name)), .init("value", .number(value)), .init("unit", .string(unit))]).text + "\n")
      } else {
        Terminal.output("\(name)\(String(repeating: " ", count: max(1, 44 - name.count)))\(value.formatted(decimals: 2)) \(unit)\n")
      }
    }
  }

  struct MakeRandom: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "random", abstract: "Write a random checkpoint of a given shape in the published layout, for measurements.",
      discussion: "Weights are noise: it says nothing. The published 20b shape takes about 13.8 GB.")
    @Argument(help: "A config.json.") var config: String
    @Argument(help: "Folder to write to.") var folder: String
    @Option(help: "Seed of the weights.") var seed: UInt64 = 1

    func run() async throws {
      try await reportingFailures {
        try RandomCheckpoint(configPath: config, seed: seed).write(to: folder) { name, share in
          if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K\(share.percent) \(name)") }
        }
        if Terminal.errorIsTerminal { Terminal.error("\r\u{1B}[K") }
      }
    }
  }

  static func model(_ checkpoint: Checkpoint, kernels name: String) throws -> (any LanguageModel, String) {
    if name == "reference" { return (ReferenceModel(checkpoint), "reference") }
    guard let kernels = name == "best" ? try KernelSet.fromEnvironment() : KernelSet(named: name) else {
      throw CommandFailure("this machine has no kernels `\(name)`; it has \(KernelSet.available.map { "`\($0)`" }.joined(separator: ", ")) and `reference`")
    }
    let prepared = try PreparedModel.find(checkpoint) ?? PreparedModel.inMemory(checkpoint)
    return (try FastModel(prepared, kernels: kernels), "engine \(kernels)")
  }
}
