import Moderation

extension YAMLDocument {
  /// Explanations of the codes that reading files and YAML can report.
  public static let codes: [CodeExplanation] = fileCodes + syntaxCodes + meaningCodes + limitCodes + variableCodes

  private static let fileCodes = [
    CodeExplanation(
      "file-not-found", "a file that is named is not there",
      meaning: "Nothing exists at this path. Paths are relative to the file that names them, not to the folder that the command runs in.",
      why: "A stage without its lexicon, model or policy would see nothing, and say nothing.",
      example: "policy: policies/spam.md", fix: "policy: ../policies/spam.md"),
    CodeExplanation(
      "file-unreadable", "a file is there but cannot be read",
      meaning: "The system refused to open or read the file; most often its permissions are the reason.",
      why: "What cannot be read now cannot be read when messages flow.", fix: "chmod a+r policies/spam.md"),
    CodeExplanation(
      "not-a-file", "a folder, pipe or device stands where a file is expected",
      meaning: "Only regular files are read (and folders, where a field says so).",
      why: "Reading a pipe or a device may never end.", example: "policy: ../policies", fix: "policy: ../policies/spam.md"),
    CodeExplanation(
      "file-too-large", "a file is larger than its kind may be",
      meaning: "Pipeline files have at most 1 MiB, files of cases 4 MiB, lexicons and rules 32 MiB.",
      why: "A limit keeps a wrong or hostile file from using up the machine.", fix: "Split the file; keep large word lists as CSV or plain text."),
    CodeExplanation(
      "invalid-utf8", "bytes that are not UTF-8",
      meaning: "The file is not UTF-8 at the place shown; it may have been saved as Latin-1 or UTF-16.",
      why: "Guessing an encoding would match other words than those that were meant.", fix: "iconv -f latin1 -t utf-8 old.yaml > new.yaml"),
    CodeExplanation(
      "control-character", "a control character in the file",
      meaning: "YAML allows no control characters but tab and line end.",
      why: "They are invisible, and editors, terminals and parsers treat them differently.", example: "text: <a raw U+0007>", fix: "text: \"\\x07\""),
    CodeExplanation(
      "unusual-line-break", "U+0085, U+2028 or U+2029 in the file",
      meaning: "YAML 1.1 reads these characters as line ends, YAML 1.2 does not.",
      why: "The same file would mean different things to different readers.", fix: "text: \"one\\u2028two\""),
  ]

  private static let syntaxCodes = [
    CodeExplanation(
      "yaml-syntax", "the file is not YAML at this place",
      meaning: "The parser could not go on here. What comes after this place was not read.",
      why: "Nothing can be said about a file that cannot be parsed.", example: "text: note: this", fix: "text: \"note: this\""),
    CodeExplanation(
      "unclosed-quote", "a quote that is never closed",
      meaning: "The place shown is the opening quote; the text goes on to the end of the file.",
      why: "Everything after it is lost.", example: "text: \"you are great\nexpect: allow", fix: "text: \"you are great\"\nexpect: allow"),
    CodeExplanation(
      "tab-indentation", "a tab where YAML wants spaces",
      meaning: "YAML measures structure in spaces; a tab has no agreed width.",
      why: "The same file would have another structure in another editor.", fix: "Indent with two spaces a level."),
    CodeExplanation(
      "multiple-documents", "more than one YAML document in a file",
      meaning: "A line `---` starts a second document.", why: "Only one of them could be used, and it is not clear which.",
      fix: "Keep one document to a file."),
    CodeExplanation(
      "undefined-alias", "an alias without its anchor",
      meaning: "A plain value that starts with `*` is an alias: it repeats the value that has the anchor `&` of the same name earlier in the file.",
      why: "There is nothing to repeat.", example: "text: *wink*", fix: "text: \"*wink*\""),
  ]

  private static let meaningCodes = [
    CodeExplanation(
      "duplicate-key", "the same key twice in one map",
      meaning: "Parsers differ: some take the first, some the last, some fail.",
      why: "A threshold may be other than the one that a reader sees.",
      example: "harassment: {allow_below: 0.1}\nharassment: {allow_below: 0.3}", fix: "harassment: {allow_below: 0.1}"),
    CodeExplanation(
      "key-not-text", "a key that is a number, a boolean, nothing or a collection",
      meaning: "Keys are names here, so they must be text.", why: "`1`, `1.0` and `01` would or would not be the same key.", example: "1: spam",
      fix: "\"1\": spam"),
    CodeExplanation(
      "merge-key", "a merge key `<<`",
      meaning: "Merge keys were an extension of YAML 1.1 and are not part of YAML 1.2.",
      why: "Which of two merged fields wins is easily misread in a file that decides about people's messages.",
      example: "<<: *defaults", fix: "Write the fields out, or use an alias for a whole value."),
    CodeExplanation(
      "unknown-tag", "a tag that means nothing here",
      meaning: "Only the tags of the core schema are known: `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq`, `!!map`.",
      why: "Tags make other readers build objects; here they would be ignored silently.", example: "text: !python/object x", fix: "text: x"),
    CodeExplanation(
      "tag-mismatch", "a value that does not fit its tag",
      meaning: "For example `!!int` before something that is no whole number.", why: "One of the two is a mistake.", example: "seed: !!int x", fix: "seed: 7"),
    CodeExplanation(
      "number-not-finite", "`.inf`, `.nan` or a number too large",
      meaning: "Numbers here are finite.", why: "A threshold of infinity or not-a-number compares in surprising ways.", example: "block_above: .inf",
      fix: "Leave `block_above` out to block nothing."),
  ]

  private static let limitCodes = [
    CodeExplanation(
      "too-many-nodes", "more values than a file may have",
      meaning: "Values are counted with aliases and variables expanded: 10,000 in a pipeline file, 200,000 in a file of cases, 500,000 in a lexicon.",
      why: "A file of a few lines can stand for billions of values through aliases of aliases.", fix: "Split the file, or use fewer aliases."),
    CodeExplanation(
      "too-deep", "nested too deep", meaning: "Values are nested at most 64 levels deep.",
      why: "No pipeline needs more, and a hostile file could exhaust the stack.", fix: "Check for brackets that are never closed."),
    CodeExplanation(
      "alias-in-key", "many aliases, and a key that may hold one",
      meaning: "A key is an alias or a collection with an alias in it, and the file uses a dozen aliases or more.",
      why: "Comparing such keys can take for ever.", example: "? [*a, *a]\n: x", fix: "Write keys as plain text."),
  ]

  private static let variableCodes = [
    CodeExplanation(
      "unset-variable", "an environment variable that is not set",
      meaning: "`${NAME}` has no value, and no default was given.", why: "An empty path or address would fail later, and further from its cause.",
      example: "endpoint: ${MODEL_URL}", fix: "endpoint: ${MODEL_URL:-http://localhost:8000/v1}"),
    CodeExplanation(
      "required-variable", "an environment variable that the file requires",
      meaning: "`${NAME:?message}` asks for a variable that is set and not empty; the message says why.",
      why: "The author of the file found no sensible default.",
      fix: "export NAME=…"),
    CodeExplanation(
      "interpolation-syntax", "`${…}` that is no variable",
      meaning: "Known are `${NAME}`, `${NAME:-default}` and `${NAME:?message}`; `$$` is one `$`.", why: "A misspelt variable would become text.",
      example: "endpoint: ${MODEL_URL-none}", fix: "endpoint: ${MODEL_URL:-none}"),
  ]
}
