import Moderation

extension PrefilterStage {
  /// Explanations of the codes that lexicons, rules and the stage itself can report.
  public static let codes: [CodeExplanation] = lexiconCodes + ruleCodes + stageCodes

  private static let lexiconCodes: [CodeExplanation] = [
    CodeExplanation(
      "empty-phrase", "a phrase with nothing to look for", meaning: "The phrase is empty, or consists of invisible characters.",
      why: "It would match nowhere or everywhere."),
    CodeExplanation(
      "phrase-too-long", "a phrase of more than 256 bytes", meaning: "Phrases are words and short expressions.",
      why: "Long texts are copied with small changes, which a phrase does not find.", fix: "Write a rule with a pattern."),
    CodeExplanation(
      "invalid-character", "a control character in a phrase", meaning: "Phrases hold printable characters only.",
      why: "It is a leftover of a broken conversion, and would never match."),
    CodeExplanation(
      "duplicate-phrase", "a phrase that stands twice", meaning: "The same phrase, without regard to case, has the same category, effect and `match` again.",
      why: "Every match would be reported twice."),
    CodeExplanation("empty-lexicon", "a lexicon without phrases", meaning: "The file is empty.", why: "Perhaps the wrong file was named."),
    CodeExplanation(
      "missing-header", "a table without a header row", meaning: "The first row of a `.csv` or `.tsv` lexicon names its columns.",
      why: "The columns could not be told apart.", fix: "phrase,category,effect"),
    CodeExplanation(
      "unknown-column", "a column that does not exist", meaning: "The header names a column that a lexicon does not have, or one twice.",
      why: "What stands in it would be ignored.", example: "word,category", fix: "phrase,category"),
    CodeExplanation(
      "wrong-column-count", "a row with more or fewer columns than the header", meaning: "A comma is missing or too many.",
      why: "Values would stand under the wrong names.", example: "kill, maim,threats", fix: "\"kill, maim\",threats"),
    CodeExplanation(
      "unclosed-quote", "a quoted field that does not end", meaning: "A field that starts with a quote runs to the end of the file.",
      why: "All rows behind it would be lost."),
    CodeExplanation(
      "missing-category", "a phrase or rule without a category", meaning: "Neither the entry, nor its file, nor the stage names one.",
      why: "A hit without a category could not be judged.", fix: "category: spam"),
  ]

  private static let ruleCodes: [CodeExplanation] = [
    CodeExplanation(
      "invalid-pattern", "a pattern that PCRE2 does not accept", meaning: "The place shown is where reading the pattern failed.",
      why: "The rule would never match.", example: "pattern: '(free'", fix: "pattern: '(free)'"),
    CodeExplanation("empty-pattern", "a rule with an empty pattern", meaning: "The pattern has no characters.", why: "It would match every message."),
    CodeExplanation(
      "invalid-flag", "a flag that does not exist",
      meaning:
        "`i` ignores case, `m` lets `^` and `$` match at lines, `s` lets `.` match line ends, `x` allows blanks and comments, `n` captures nothing, `U` makes repetition lazy.",
      why: "There is no meaning to give it.", example: "flags: ig", fix: "flags: i"),
    CodeExplanation(
      "empty-id", "a rule with an empty `id`", meaning: "Verdicts and audit records name rules by their ids.", why: "Its hits could not be told apart."),
    CodeExplanation("duplicate-id", "two rules with one `id`", meaning: "The id stands twice in one file.", why: "Their hits could not be told apart."),
    CodeExplanation(
      "matches-everything", "a pattern that matches empty text", meaning: "Every message holds an empty text, so every message is a hit.",
      why: "The rule says nothing of a message.", example: "pattern: '(?:spam)*'", fix: "pattern: '(?:spam)+'"),
  ]

  private static let stageCodes: [CodeExplanation] = [
    CodeExplanation(
      "block-without-final", "a blocking effect that is not final",
      meaning: "A hit with `effect: block` decides alone, before any other stage; `final: false` changes no `block` of its file or stage.",
      why: "One word is rarely proof; whoever means it says so twice.", example: "effect: block", fix: "{effect: block, final: true}"),
    CodeExplanation(
      "final-without-block", "`final: true` on something that does not block", meaning: "Only blocks are final.",
      why: "It is not clear which of the two was meant.",
      example: "{effect: signal, final: true}", fix: "effect: signal"),
    CodeExplanation(
      "empty-prefilter", "a prefilter that looks for nothing", meaning: "Neither lexicons nor rules are named, or they hold nothing that is wanted.",
      why: "The stage would never find anything."),
    CodeExplanation(
      "more-problems", "more problems than are shown", meaning: "Of one file the first fifty problems are shown and the rest is counted.",
      why: "A thousand lines of the same kind hide the others."),
  ]
}
