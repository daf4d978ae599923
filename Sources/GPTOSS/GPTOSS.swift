// The inference core of gpt-oss and gpt-oss-safeguard (`GptOssForCausalLM`, MXFP4 experts, o200k_harmony), without Python and without a server.
//
// Reading order: Checkpoint (a published folder, mapped and checked as hostile input) → Tokenizer and Harmony (conversation to ids, ids to
// messages) → Reference (the forward pass as the paper has it, float32, one value at a time) → Prepared, Engine, Decoding (the fast path)
// → Conformance (any of the two against the official implementations' outputs).
//
// Contract: the reference path is the oracle for ever. It is written for the reader, agrees with the official implementations within 1e-4
// in every logit, and the fast path is measured against it, never the other way round.
// Price: the reference path dequantises to float32 and multiplies row by row; it is for tests and doubts, not for traffic.
