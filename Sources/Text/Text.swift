// Text: one message's UTF-8 bytes in, a normalised copy out, with the way back.
//
// Idea: people hide words behind look-alike letters, invisible characters, stacked marks, stretched or spaced spellings.
// A copy in which all of that is undone is matched beside the original, and what is found there is reported in the original.
//
// Contract:
//  - every span of the copy maps to a span of the original on character boundaries (``NormalizedText/originalSpan(of:)``);
//  - the same text always gives the same copy, whatever stands in other messages;
//  - nothing is allocated per message: a worker keeps one ``NormalizedText`` and fills it again;
//  - bytes that are not UTF-8 become U+FFFD and never anything worse.
//
// Price: ASCII is lower-cased 16 bytes at a time; every other character costs one or two table look-ups.
// The tables are packed in text literals and unfolded once per process, in a few milliseconds.
