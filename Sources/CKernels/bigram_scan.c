// Finding pairs of bytes that are in a set, 64 at a time: a 1,024-bit table held in registers.
#include "literal_scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/// Bits of the 64 pairs that start at `text`.
typedef uint64_t step(const uint8_t *text, const uint8_t *table);

static uint64_t step_scalar(const uint8_t *text, const uint8_t *table) {
  uint64_t bits = 0;
  for (int i = 0; i < 64; i++) {
    unsigned place = WK_BIGRAM(text[i], text[i + 1]);
    bits |= (uint64_t)(table[place >> 3] >> (place & 7) & 1) << i;
  }
  return bits;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) static uint64_t step_avx2(const uint8_t *text, const uint8_t *table) {
  const __m256i low5 = _mm256_set1_epi8(31), low3 = _mm256_set1_epi8(7), low2 = _mm256_set1_epi8(3), range = _mm256_set1_epi8(0x70);
  const __m256i powers = _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128));
  uint64_t bits = 0;
  for (int i = 0; i < 64; i += 32) {
    __m256i first = _mm256_loadu_si256((const void *)(text + i)), second = _mm256_loadu_si256((const void *)(text + i + 1));
    __m256i place = _mm256_or_si256(_mm256_slli_epi16(_mm256_and_si256(second, low5), 2), _mm256_and_si256(_mm256_srli_epi16(first, 3), low2));
    __m256i bytes = _mm256_setzero_si256();
    for (int part = 0; part < 8; part++) {
      __m256i rows = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(table + 16 * part)));
      // Lanes of other parts get their top bit set, which makes the shuffle give 0.
      __m256i lane = _mm256_adds_epu8(_mm256_xor_si256(place, _mm256_set1_epi8((char)(part << 4))), range);
      bytes = _mm256_or_si256(bytes, _mm256_shuffle_epi8(rows, lane));
    }
    __m256i bit = _mm256_shuffle_epi8(powers, _mm256_and_si256(first, low3));
    __m256i miss = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), _mm256_setzero_si256());
    bits |= (uint64_t) ~(uint32_t)_mm256_movemask_epi8(miss) << i;
  }
  return bits;
}

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static uint64_t step_avx512(const uint8_t *text, const uint8_t *table) {
  const __m512i low5 = _mm512_set1_epi8(31), low3 = _mm512_set1_epi8(7), low2 = _mm512_set1_epi8(3);
  const __m512i powers = _mm512_broadcast_i32x4(_mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128));
  __m512i first = _mm512_loadu_si512(text), second = _mm512_loadu_si512(text + 1);
  __m512i place = _mm512_or_si512(_mm512_slli_epi16(_mm512_and_si512(second, low5), 2), _mm512_and_si512(_mm512_srli_epi16(first, 3), low2));
  __m512i bytes = _mm512_permutex2var_epi8(_mm512_loadu_si512(table), place, _mm512_loadu_si512(table + 64));
  return _mm512_test_epi8_mask(bytes, _mm512_shuffle_epi8(powers, _mm512_and_si512(first, low3)));
}

#elif defined(__aarch64__)

static uint64_t step_neon(const uint8_t *text, const uint8_t *table) {
  static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16x4_t lower = vld1q_u8_x4(table), upper = vld1q_u8_x4(table + 64);
  const uint8x16_t powers = vld1q_u8(weights);
  uint64_t bits = 0;
  for (int i = 0; i < 64; i += 16) {
    uint8x16_t first = vld1q_u8(text + i), second = vld1q_u8(text + i + 1);
    uint8x16_t place = vorrq_u8(vshlq_n_u8(vandq_u8(second, vdupq_n_u8(31)), 2), vandq_u8(vshrq_n_u8(first, 3), vdupq_n_u8(3)));
    uint8x16_t bytes = vqtbx4q_u8(vqtbl4q_u8(lower, place), upper, vsubq_u8(place, vdupq_n_u8(64)));
    uint8x16_t hit = vtstq_u8(bytes, vqtbl1q_u8(powers, vandq_u8(first, vdupq_n_u8(7))));
    uint8x16_t weighted = vandq_u8(hit, powers);
    bits |= ((uint64_t)vaddv_u8(vget_low_u8(weighted)) | (uint64_t)vaddv_u8(vget_high_u8(weighted)) << 8) << i;
  }
  return bits;
}

#endif

#define DRIVER(name, step, attributes)                                                                       \
  attributes static void name(const uint8_t *text, size_t count, const uint8_t *table, uint64_t *found) {    \
    for (size_t i = 0; i < count; i += 64) {                                                                 \
      uint64_t bits = step(text + i, table);                                                                 \
      found[i / 64] = count - i >= 64 ? bits : bits & ((UINT64_C(1) << (count - i)) - 1);                    \
    }                                                                                                        \
  }

DRIVER(find_scalar, step_scalar, )
#if defined(__x86_64__)
DRIVER(find_avx2, step_avx2, __attribute__((target("avx2"))))
DRIVER(find_avx512, step_avx512, __attribute__((target("avx512f,avx512bw,avx512vbmi"))))
#elif defined(__aarch64__)
DRIVER(find_neon, step_neon, )
#endif

int wk_find_bigrams_level(int level, const uint8_t *text, size_t count, const uint8_t *table, uint64_t *found) {
  switch (level) {
  case 0: find_scalar(text, count, table, found); return 1;
#if defined(__x86_64__)
  case 2:
    if (!__builtin_cpu_supports("avx2")) return 0;
    find_avx2(text, count, table, found);
    return 1;
  case 3:
    if (!__builtin_cpu_supports("avx512vbmi") || !__builtin_cpu_supports("avx512bw")) return 0;
    find_avx512(text, count, table, found);
    return 1;
#elif defined(__aarch64__)
  case 1: find_neon(text, count, table, found); return 1;
#endif
  default: return 0;
  }
}

void wk_find_bigrams(const uint8_t *text, size_t count, const uint8_t *table, uint64_t *found) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw")) return find_avx512(text, count, table, found);
  if (__builtin_cpu_supports("avx2")) return find_avx2(text, count, table, found);
  find_scalar(text, count, table, found);
#elif defined(__aarch64__)
  find_neon(text, count, table, found);
#else
  find_scalar(text, count, table, found);
#endif
}
