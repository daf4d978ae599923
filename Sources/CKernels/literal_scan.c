// One step for each instruction set: 64 bytes to the bits of a block. The driver around it is the same.
#include "literal_scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/// Bits of 64 bytes: one bit a byte.
typedef struct block {
  uint64_t word, high, upper, control, triple, digit;
} block;

typedef void step(const uint8_t *text, block *out);

static void step_scalar(const uint8_t *text, block *out) {
  memset(out, 0, sizeof *out);
  for (int i = 0; i < 64; i++) {
    uint8_t byte = text[i], lower = byte | 0x20;
    uint64_t bit = UINT64_C(1) << i;
    int letter = (uint8_t)(lower - 'a') < 26, digit = (uint8_t)(byte - '0') < 10;
    if (letter || digit) out->word |= bit;
    if (digit) out->digit |= bit;
    if (byte >= 0x80) out->high |= bit;
    if ((uint8_t)(byte - 'A') < 26) out->upper |= bit;
    if ((byte < 0x20 && (uint8_t)(byte - 9) > 4) || byte == 0x7F) out->control |= bit;
    if (letter && lower == (text[i + 1] | 0x20) && lower == (text[i + 2] | 0x20)) out->triple |= bit;
  }
}

#if defined(__x86_64__)

static void step_sse2(const uint8_t *text, block *out) {
  memset(out, 0, sizeof *out);
  const __m128i space = _mm_set1_epi8(0x20);
#define BELOW(v, n) _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8((n) - 1)), v)
#define LESS(v, n) _mm_sub_epi8(v, _mm_set1_epi8(n))
#define BITS(v) ((uint64_t)(uint32_t)_mm_movemask_epi8(v) << i)
  for (int i = 0; i < 64; i += 16) {
    __m128i v = _mm_loadu_si128((const void *)(text + i)), lower = _mm_or_si128(v, space);
    __m128i second = _mm_or_si128(_mm_loadu_si128((const void *)(text + i + 1)), space);
    __m128i third = _mm_or_si128(_mm_loadu_si128((const void *)(text + i + 2)), space);
    __m128i letter = BELOW(LESS(lower, 'a'), 26), digit = BELOW(LESS(v, '0'), 10);
    __m128i control = _mm_andnot_si128(BELOW(LESS(v, 9), 5), BELOW(v, 0x20));
    __m128i same = _mm_and_si128(_mm_cmpeq_epi8(lower, second), _mm_cmpeq_epi8(lower, third));
    out->word |= BITS(_mm_or_si128(letter, digit));
    out->digit |= BITS(digit);
    out->high |= BITS(v);
    out->upper |= BITS(BELOW(LESS(v, 'A'), 26));
    out->control |= BITS(_mm_or_si128(control, _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7F))));
    out->triple |= BITS(_mm_and_si128(letter, same));
  }
#undef BELOW
#undef LESS
#undef BITS
}

__attribute__((target("avx2"))) static void step_avx2(const uint8_t *text, block *out) {
  memset(out, 0, sizeof *out);
  const __m256i space = _mm256_set1_epi8(0x20);
#define BELOW(v, n) _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8((n) - 1)), v)
#define LESS(v, n) _mm256_sub_epi8(v, _mm256_set1_epi8(n))
#define BITS(v) ((uint64_t)(uint32_t)_mm256_movemask_epi8(v) << i)
  for (int i = 0; i < 64; i += 32) {
    __m256i v = _mm256_loadu_si256((const void *)(text + i)), lower = _mm256_or_si256(v, space);
    __m256i second = _mm256_or_si256(_mm256_loadu_si256((const void *)(text + i + 1)), space);
    __m256i third = _mm256_or_si256(_mm256_loadu_si256((const void *)(text + i + 2)), space);
    __m256i letter = BELOW(LESS(lower, 'a'), 26), digit = BELOW(LESS(v, '0'), 10);
    __m256i control = _mm256_andnot_si256(BELOW(LESS(v, 9), 5), BELOW(v, 0x20));
    __m256i same = _mm256_and_si256(_mm256_cmpeq_epi8(lower, second), _mm256_cmpeq_epi8(lower, third));
    out->word |= BITS(_mm256_or_si256(letter, digit));
    out->digit |= BITS(digit);
    out->high |= BITS(v);
    out->upper |= BITS(BELOW(LESS(v, 'A'), 26));
    out->control |= BITS(_mm256_or_si256(control, _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7F))));
    out->triple |= BITS(_mm256_and_si256(letter, same));
  }
#undef BELOW
#undef LESS
#undef BITS
}

__attribute__((target("avx512f,avx512bw"))) static void step_avx512(const uint8_t *text, block *out) {
#define BELOW(v, n) _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(n))
#define LESS(v, n) _mm512_sub_epi8(v, _mm512_set1_epi8(n))
  const __m512i space = _mm512_set1_epi8(0x20);
  __m512i v = _mm512_loadu_si512(text), lower = _mm512_or_si512(v, space);
  __m512i second = _mm512_or_si512(_mm512_loadu_si512(text + 1), space);
  __m512i third = _mm512_or_si512(_mm512_loadu_si512(text + 2), space);
  uint64_t letter = BELOW(LESS(lower, 'a'), 26);
  out->digit = BELOW(LESS(v, '0'), 10);
  out->word = letter | out->digit;
  out->high = _mm512_movepi8_mask(v);
  out->upper = BELOW(LESS(v, 'A'), 26);
  out->control = (BELOW(v, 0x20) & ~BELOW(LESS(v, 9), 5)) | _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(0x7F));
  out->triple = letter & _mm512_cmpeq_epi8_mask(lower, second) & _mm512_cmpeq_epi8_mask(lower, third);
#undef BELOW
#undef LESS
}

#elif defined(__aarch64__)

/// One bit a byte of 0 or 0xFF.
static uint64_t bits_neon(uint8x16_t mask) {
  static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t weighted = vandq_u8(mask, vld1q_u8(weights));
  return (uint64_t)vaddv_u8(vget_low_u8(weighted)) | (uint64_t)vaddv_u8(vget_high_u8(weighted)) << 8;
}

static void step_neon(const uint8_t *text, block *out) {
  memset(out, 0, sizeof *out);
  const uint8x16_t space = vdupq_n_u8(0x20);
#define BELOW(v, n) vcltq_u8(v, vdupq_n_u8(n))
#define LESS(v, n) vsubq_u8(v, vdupq_n_u8(n))
  for (int i = 0; i < 64; i += 16) {
    uint8x16_t v = vld1q_u8(text + i), lower = vorrq_u8(v, space);
    uint8x16_t second = vorrq_u8(vld1q_u8(text + i + 1), space), third = vorrq_u8(vld1q_u8(text + i + 2), space);
    uint8x16_t letter = BELOW(LESS(lower, 'a'), 26), digit = BELOW(LESS(v, '0'), 10);
    uint8x16_t control = vbicq_u8(BELOW(v, 0x20), BELOW(LESS(v, 9), 5));
    uint8x16_t same = vandq_u8(vceqq_u8(lower, second), vceqq_u8(lower, third));
    out->word |= bits_neon(vorrq_u8(letter, digit)) << i;
    out->digit |= bits_neon(digit) << i;
    out->high |= bits_neon(vcgeq_u8(v, vdupq_n_u8(0x80))) << i;
    out->upper |= bits_neon(BELOW(LESS(v, 'A'), 26)) << i;
    out->control |= bits_neon(vorrq_u8(control, vceqq_u8(v, vdupq_n_u8(0x7F)))) << i;
    out->triple |= bits_neon(vandq_u8(letter, same)) << i;
  }
#undef BELOW
#undef LESS
}

#endif

/// The loop over blocks, inlined around each step.
#define DRIVER(name, step, attributes)                                                                                \
  attributes static uint32_t name(const uint8_t *text, size_t count, uint64_t *words, uint64_t *high) {               \
    uint64_t any_high = 0, any_upper = 0, any_control = 0, any_triple = 0, any_digit = 0;                             \
    for (size_t i = 0; i < count; i += 64) {                                                                          \
      block b;                                                                                                        \
      step(text + i, &b);                                                                                             \
      size_t left = count - i;                                                                                        \
      uint64_t inside = left >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1;                                        \
      uint64_t starts = left >= 66 ? ~UINT64_C(0) : left > 2 ? (UINT64_C(1) << (left - 2)) - 1 : 0;                     \
      words[i / 64] = b.word & inside;                                                                                \
      high[i / 64] = b.high & inside;                                                                                 \
      any_high |= b.high & inside;                                                                                    \
      any_upper |= b.upper & inside;                                                                                  \
      any_control |= b.control & inside;                                                                              \
      any_triple |= b.triple & starts;                                                                                \
      any_digit |= b.digit & inside;                                                                                  \
    }                                                                                                                 \
    return (any_high ? WK_TEXT_HIGH : 0) | (any_upper ? WK_TEXT_UPPER : 0) | (any_control ? WK_TEXT_CONTROL : 0) |    \
           (any_triple ? WK_TEXT_TRIPLE : 0) | (any_digit ? WK_TEXT_DIGIT : 0);                                       \
  }

DRIVER(scan_scalar, step_scalar, )
#if defined(__x86_64__)
DRIVER(scan_sse2, step_sse2, )
DRIVER(scan_avx2, step_avx2, __attribute__((target("avx2"))))
DRIVER(scan_avx512, step_avx512, __attribute__((target("avx512f,avx512bw"))))
#elif defined(__aarch64__)
DRIVER(scan_neon, step_neon, )
#endif

uint32_t wk_scan_words_level(int level, const uint8_t *text, size_t count, uint64_t *words, uint64_t *high) {
  switch (level) {
  case 0: return scan_scalar(text, count, words, high);
#if defined(__x86_64__)
  case 1: return scan_sse2(text, count, words, high);
  case 2: return __builtin_cpu_supports("avx2") ? scan_avx2(text, count, words, high) : UINT32_MAX;
  case 3: return __builtin_cpu_supports("avx512bw") ? scan_avx512(text, count, words, high) : UINT32_MAX;
#elif defined(__aarch64__)
  case 1: return scan_neon(text, count, words, high);
#endif
  default: return UINT32_MAX;
  }
}

uint32_t wk_scan_words(const uint8_t *text, size_t count, uint64_t *words, uint64_t *high) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bw")) return scan_avx512(text, count, words, high);
  if (__builtin_cpu_supports("avx2")) return scan_avx2(text, count, words, high);
  return scan_sse2(text, count, words, high);
#elif defined(__aarch64__)
  return scan_neon(text, count, words, high);
#else
  return scan_scalar(text, count, words, high);
#endif
}
