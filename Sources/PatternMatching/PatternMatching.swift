// PatternMatching: the `prefilter` stage. Phrases of lexicons and PCRE2 rules, matched on a message and on its normalised copy.
//
// Idea: nearly every message contains nothing of interest, so the work is to find that out cheaply. Phrases are found by hashing whole
// words and pairs of neighbouring words. Of each rule, the parser of ``PatternSyntax`` works out a set of literals of which every match
// must contain one; a bitmap of 4-byte grams says where such a literal may stand, and only then PCRE2 is asked.
//
// Contract: no false negatives. What the full rule set matches, the fast path matches, with the same spans (invariant 3). Every shortcut
// here may say "perhaps" too often and never "no" wrongly; `LiteralScanTests` holds that against a plain loop over all rules.
//
// Price: about one bitmap look-up a byte, two hashes a word; a second pass over the few messages whose normalised copy differs.
