#pragma once
/// Splitting text into words, and finding where literals may stand, 64 bytes at a time: the inner loops of the prefilter.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a text holds, as bits of the result of `wk_scan_words`.
enum {
  /// A byte of 0x80 or more.
  WK_TEXT_HIGH = 1,
  /// An ASCII capital letter.
  WK_TEXT_UPPER = 2,
  /// A control character other than tab, line feed, vertical tab, form feed and carriage return.
  WK_TEXT_CONTROL = 4,
  /// The same ASCII letter three times in a row, capital or not.
  WK_TEXT_TRIPLE = 8,
  /// A digit.
  WK_TEXT_DIGIT = 16,
};

/// Bytes behind the text that must be readable; their values do not matter.
#define WK_TEXT_PADDING 72

/// For each of the `count` bytes of `text`, bit i % 64 of `words[i / 64]`: whether byte i is an ASCII letter or digit, and of
/// `high[i / 64]`: whether it is 0x80 or more. Bits from `count` on are 0. Both have room for `(count + 63) / 64` words; nothing
/// else is written. Returns the bits above. Safe from several threads.
uint32_t wk_scan_words(const uint8_t *text, size_t count, uint64_t *words, uint64_t *high);

/// The same through one implementation: 0 scalar, 1 SSE2 or NEON, 2 AVX2, 3 AVX-512BW. Returns UINT32_MAX, and writes nothing,
/// where the processor has none. For tests.
uint32_t wk_scan_words_level(int level, const uint8_t *text, size_t count, uint64_t *words, uint64_t *high);

/// Place of a pair of bytes in a table of 1,024 bits: 5 bits of each, so that capitals and small letters fall together, and some signs
/// with letters.
#define WK_BIGRAM(first, second) ((unsigned)((first)&31) | (unsigned)((second)&31) << 5)

/// Bit i % 64 of `found[i / 64]`: whether the pair of bytes i and i + 1 of `text` has its bit set in `table`, 128 bytes, bit place % 8 of
/// byte place / 8. For i in 0 ..< count; further bits are 0. The last pair takes a byte from behind the text. `found` has room for
/// `(count + 63) / 64` words. Safe from several threads.
void wk_find_bigrams(const uint8_t *text, size_t count, const uint8_t *table, uint64_t *found);

/// The same through one implementation: 0 scalar, 1 NEON, 2 AVX2, 3 AVX-512VBMI. Returns 0, and writes nothing, where the processor has
/// none. For tests.
int wk_find_bigrams_level(int level, const uint8_t *text, size_t count, const uint8_t *table, uint64_t *found);

#ifdef __cplusplus
}
#endif
