/// What may stand at a field, for checking, the JSON Schema, the reference page and `winnow explain` at once.
public indirect enum FieldType: Sendable, Hashable {
  case string
  case boolean
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  /// 0...1, also written `5%`.
  case share
  /// `250ms`, `20s`, `5m`, `1h`, or seconds.
  case duration
  /// `512KB`, `20MiB`, or bytes.
  case byteCount
  case choice([String])
  /// A path relative to the pipeline file; must exist (file or folder). Resolved to an absolute path when read.
  case existingPath
  /// A path that need not exist yet.
  case path
  case url
  /// `{env: NAME}` or `{file: path}`; never written in the file, never printed.
  case secret
  case list(FieldType)
  /// Keys are category names of this pipeline.
  case perCategory(FieldType)
  case map(FieldType)
  case object([FieldSpec])
  /// Any one of these.
  case either([FieldType])
}

/// One field of a stage or of the pipeline file.
public struct FieldSpec: Sendable, Hashable {
  public var name: String
  public var type: FieldType
  public var required: Bool
  /// The default as it would be written in YAML; nil when there is none.
  public var defaultText: String?
  /// One or two sentences: what it does, and when to change it.
  public var doc: String
  public init(_ name: String, _ type: FieldType, required: Bool = false, default defaultText: String? = nil, _ doc: String) {
    self.name = name
    self.type = type
    self.required = required
    self.defaultText = defaultText
    self.doc = doc
  }
}

/// Everything that is known of a stage type before it is built. The reference page, the schema, the linter and `winnow explain` derive from it.
public struct StageSpec: Sendable {
  public enum Kind: String, Sendable { case screen, reasoner }
  /// The word after `type:`.
  public var type: String
  public var kind: Kind
  public var summary: String
  public var description: String
  public var fields: [FieldSpec]
  /// Whether the stage gives probabilities, so that `bands:` may stand on it.
  public var scores: Bool
  /// A stage as it would stand under `stages:`, valid by itself.
  public var example: String
  public init(type: String, kind: Kind, summary: String, description: String, fields: [FieldSpec], scores: Bool, example: String) {
    self.type = type
    self.kind = kind
    self.summary = summary
    self.description = description
    self.fields = fields
    self.scores = scores
    self.example = example
  }
}

/// A stage as its builder sees it: fields already checked against the spec (types, ranges, choices, existing paths made absolute).
public struct StageConfiguration: Sendable {
  public var id: String
  /// The stage's own fields, a `.map`.
  public var settings: Setting
  public var categories: CategoryTable
  /// Folder of the pipeline file.
  public var baseDirectory: String
  public init(id: String, settings: Setting, categories: CategoryTable, baseDirectory: String) {
    self.id = id
    self.settings = settings
    self.categories = categories
    self.baseDirectory = baseDirectory
  }

  /// `path` as written, relative to the pipeline file's folder.
  public func resolve(_ path: String) -> String { path.hasPrefix("/") ? path : baseDirectory + "/" + path }
}

/// What a run may replace from outside the pipeline file.
public struct BuildOptions: Sendable {
  /// `--record FILE`: reasoners append every answer here.
  public var recordPath: String?
  /// `--recorded FILE`: reasoners answer only from here; no network, no model.
  public var recordedPath: String?
  /// Reasoners get no model, no key and no recording: they are only looked at, or answered for by somebody else.
  public var isOffline: Bool
  /// Worker threads that a native model may use.
  public var threads: Int
  public init(recordPath: String? = nil, recordedPath: String? = nil, isOffline: Bool = false, threads: Int = 2) {
    self.recordPath = recordPath
    self.recordedPath = recordedPath
    self.isOffline = isOffline
    self.threads = threads
  }
}

/// A stage, compiled and ready.
public enum BuiltStage: Sendable {
  case screen(any Screen)
  case reasoner(any Reasoner)
}

/// A kind of stage: its spec and how it is built. `StandardStages` lists them all.
public struct StageType: Sendable {
  public var spec: StageSpec
  /// Checks of the files and settings behind a stage that need no model: for `lint`. Reports, never throws.
  public var check: @Sendable (StageConfiguration, inout Diagnostics) -> Void
  /// Compiles and opens everything. Problems in files that people wrote are ``DiagnosticsError``.
  public var build: @Sendable (StageConfiguration, BuildOptions) throws -> BuiltStage
  public init(
    spec: StageSpec, check: @escaping @Sendable (StageConfiguration, inout Diagnostics) -> Void,
    build: @escaping @Sendable (StageConfiguration, BuildOptions) throws -> BuiltStage
  ) {
    self.spec = spec
    self.check = check
    self.build = build
  }
}
