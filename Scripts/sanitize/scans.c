#include "harness.h"

void check_scans(void) {
  for (size_t n = 0; n <= 300; n += n < 140 ? 1 : 37)
    for (int round = 0; round < 4; round++) {
      // The contract asks for readable bytes behind the text, and no more than it names.
      uint8_t *text = random_bytes(n + WK_TEXT_PADDING, (size_t)round);
      if (round % 2)
        for (size_t i = 0; i < n + WK_TEXT_PADDING; i++) text[i] = "aaAbB0 \t\x01\xc3"[text[i] % 10];
      const size_t words = (n + 63) / 64;
      uint64_t *word = exact(8 * words, 0), *high = exact(8 * words, 0), *word0 = exact(8 * words, 0), *high0 = exact(8 * words, 0);
      const uint32_t flags = wk_scan_words_level(0, text, n, word0, high0);
      CHECK(wk_scan_words(text, n, word, high) == flags && !memcmp(word, word0, 8 * words) && !memcmp(high, high0, 8 * words), "words of %zu", n);
      for (int level = 1; level <= 3; level++) {
        const uint32_t found = wk_scan_words_level(level, text, n, word, high);
        if (found != UINT32_MAX) CHECK(found == flags && !memcmp(word, word0, 8 * words) && !memcmp(high, high0, 8 * words), "words of %zu, level %d", n, level);
      }
      const uint8_t *table = random_bytes(128, 1);
      wk_find_bigrams_level(0, text, n, table, word0);
      wk_find_bigrams(text, n, table, word);
      CHECK(!memcmp(word, word0, 8 * words), "pairs of %zu", n);
      for (int level = 1; level <= 3; level++)
        if (wk_find_bigrams_level(level, text, n, table, word)) CHECK(!memcmp(word, word0, 8 * words), "pairs of %zu, level %d", n, level);
      release_all();
    }
}
