/// MXFP4 weights × int8 activations. Nibbles go through a byte shuffle to value + 12, which is unsigned, so that
/// `vpdpbusd` needs no sign trick; the accumulator starts at −12 × the sum of the block's activations. One decoded
/// weight block serves all tokens of the tile.
#include "internal.h"

void wk_matmul_f32_mxfp4w_scalar(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                                 float *out, size_t ldo) {
  for (size_t tile = 0; tile < row_tiles; tile++, w += wk_mxfp4_tile_bytes(blocks)) {
    for (size_t t = 0; t < tokens; t++) {
      for (size_t r = 0; r < 16; r++) {
        float sum = 0;
        for (size_t k = 0; k < blocks; k++) {
          const uint8_t *a = activations + k * tokens * 40, *values = w + wk_mxfp4_values(k);
          int32_t dot = 0;
          for (size_t i = 0; i < 16; i++) {
            const uint8_t b = values[64 * (i / 4) + 4 * r + i % 4];
            dot += wk_mxfp4_doubled[b & 15] * (int8_t)a[32 * t + i] + wk_mxfp4_doubled[b >> 4] * (int8_t)a[32 * t + 16 + i];
          }
          const float scale = wk_bits((uint32_t)w[wk_mxfp4_exponents(k) + r] << 23) * wk_load_f32(a + 32 * tokens + 4 * t);
          sum = fmaf((float)dot, scale, sum);
        }
        out[t * ldo + 16 * tile + r] = sum * 0.5f;
      }
    }
  }
}

#if WK_X86
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma"))), apply_to = function)
#define BROADCAST(p) _mm512_set1_epi32(wk_load_i32(p))
/// One block of 16 rows × 32 values, for all `nt` tokens of the tile.
WK_INLINE void mxfp4_block_avx512(const uint8_t *b, const uint8_t *e, const uint8_t *a, size_t nt, __m512 *sum) {
  const __m512i table = _mm512_broadcast_i32x4(_mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
  const __m512i nibble = _mm512_set1_epi8(15);
  if (nt > 2)
    for (size_t line = 0; line < 4; line++) _mm_prefetch((const char *)b + WK_PREFETCH + 64 * line, _MM_HINT_T1);
  const __m512i r0 = _mm512_loadu_si512(b), r1 = _mm512_loadu_si512(b + 64), r2 = _mm512_loadu_si512(b + 128),
                r3 = _mm512_loadu_si512(b + 192);
  const __m512i w0 = _mm512_shuffle_epi8(table, _mm512_and_si512(r0, nibble));
  const __m512i w1 = _mm512_shuffle_epi8(table, _mm512_and_si512(r1, nibble));
  const __m512i w2 = _mm512_shuffle_epi8(table, _mm512_and_si512(r2, nibble));
  const __m512i w3 = _mm512_shuffle_epi8(table, _mm512_and_si512(r3, nibble));
  const __m512i w4 = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(r0, 4), nibble));
  const __m512i w5 = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(r1, 4), nibble));
  const __m512i w6 = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(r2, 4), nibble));
  const __m512i w7 = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(r3, 4), nibble));
  const __m512 scale = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)e)), 23));
  for (size_t t = 0; t < nt; t++) {
    const uint8_t *at = a + 32 * t;
    __m512i c = BROADCAST(a + 36 * nt + 4 * t);
    // Integer sums are exact, so two chains for few tokens change the speed and not the result.
    __m512i c2 = _mm512_setzero_si512();
    c = _mm512_dpbusd_epi32(c, w0, BROADCAST(at));
    if (nt <= 4) {
      c2 = _mm512_dpbusd_epi32(c2, w1, BROADCAST(at + 4));
      c = _mm512_dpbusd_epi32(c, w2, BROADCAST(at + 8));
      c2 = _mm512_dpbusd_epi32(c2, w3, BROADCAST(at + 12));
      c = _mm512_dpbusd_epi32(c, w4, BROADCAST(at + 16));
      c2 = _mm512_dpbusd_epi32(c2, w5, BROADCAST(at + 20));
      c = _mm512_dpbusd_epi32(c, w6, BROADCAST(at + 24));
      c2 = _mm512_dpbusd_epi32(c2, w7, BROADCAST(at + 28));
      c = _mm512_add_epi32(c, c2);
    } else {
      c = _mm512_dpbusd_epi32(c, w1, BROADCAST(at + 4));
      c = _mm512_dpbusd_epi32(c, w2, BROADCAST(at + 8));
      c = _mm512_dpbusd_epi32(c, w3, BROADCAST(at + 12));
      c = _mm512_dpbusd_epi32(c, w4, BROADCAST(at + 16));
      c = _mm512_dpbusd_epi32(c, w5, BROADCAST(at + 20));
      c = _mm512_dpbusd_epi32(c, w6, BROADCAST(at + 24));
      c = _mm512_dpbusd_epi32(c, w7, BROADCAST(at + 28));
    }
    const __m512 scales = _mm512_mul_ps(scale, _mm512_set1_ps(wk_load_f32(a + 32 * nt + 4 * t)));
    sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(c), scales, sum[t]);
  }
}
WK_INLINE void mxfp4_avx512(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t nt, float *out,
                            size_t ldo) {
  for (size_t tile = 0; tile < row_tiles; tile++) {
    __m512 sum[WK_TILE_TOKENS];
    for (size_t t = 0; t < nt; t++) sum[t] = _mm512_setzero_ps();
    const uint8_t *a = activations, *e = w;
    for (size_t k = 0; k < blocks; k++, a += nt * 40, w += 256, e += 16) {
      if (k % WK_MXFP4_GROUP == 0) {
        if (nt > 2) _mm_prefetch((const char *)w + WK_PREFETCH, _MM_HINT_T1);
        e = w;
        w += 64;
      }
      mxfp4_block_avx512(w, e, a, nt, sum);
    }
    for (size_t t = 0; t < nt; t++)
      _mm512_storeu_ps(out + t * ldo + 16 * tile, _mm512_mul_ps(sum[t], _mm512_set1_ps(0.5f)));
  }
}
#define CASE(N)                                                      \
  case N:                                                            \
    mxfp4_avx512(w, row_tiles, blocks, activations, N, out, ldo);    \
    break;
void wk_matmul_f32_mxfp4w_avx512(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                                 float *out, size_t ldo) {
  switch (tokens) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
    CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14) CASE(15) CASE(16)
  default: break;
  }
}
#undef CASE
#undef BROADCAST
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
/// Eight rows (one half of a tile) for tokens `t0 ..< t0 + nt` of a tile of `tokens`.
WK_INLINE void mxfp4_avx2(const uint8_t *w, size_t half, size_t blocks, const uint8_t *activations, size_t tokens, size_t t0,
                          size_t nt, float *out, size_t ldo) {
  const __m256i table = _mm256_broadcastsi128_si256(_mm_setr_epi8(12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0));
  const __m256i nibble = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  const uint8_t *a = activations;
  __m256 sum[4];
  for (size_t t = 0; t < nt; t++) sum[t] = _mm256_setzero_ps();
  for (size_t k = 0; k < blocks; k++, a += tokens * 40) {
    const uint8_t *b = w + wk_mxfp4_values(k) + 32 * half;
    __m256i v[8];
    for (size_t j = 0; j < 4; j++) {
      const __m256i raw = _mm256_loadu_si256((const void *)(b + 64 * j));
      v[j] = _mm256_shuffle_epi8(table, _mm256_and_si256(raw, nibble));
      v[j + 4] = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(raw, 4), nibble));
    }
    const __m256 scale = _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)(w + wk_mxfp4_exponents(k) + 8 * half))), 23));
    for (size_t t = 0; t < nt; t++) {
      const uint8_t *at = a + 32 * (t0 + t);
      __m256i c = _mm256_set1_epi32(wk_load_i32(a + 36 * tokens + 4 * (t0 + t)));
      // Four products of at most 2 · 24 · 127 fit 16 bits; eight do not.
      for (size_t part = 0; part < 8; part += 4) {
        __m256i p = _mm256_maddubs_epi16(v[part], _mm256_set1_epi32(wk_load_i32(at + 4 * part)));
        for (size_t j = 1; j < 4; j++)
          p = _mm256_add_epi16(p, _mm256_maddubs_epi16(v[part + j], _mm256_set1_epi32(wk_load_i32(at + 4 * (part + j)))));
        c = _mm256_add_epi32(c, _mm256_madd_epi16(p, ones));
      }
      const __m256 scales = _mm256_mul_ps(scale, _mm256_set1_ps(wk_load_f32(a + 32 * tokens + 4 * (t0 + t))));
      sum[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(c), scales, sum[t]);
    }
  }
  for (size_t t = 0; t < nt; t++)
    _mm256_storeu_ps(out + (t0 + t) * ldo + 8 * half, _mm256_mul_ps(sum[t], _mm256_set1_ps(0.5f)));
}
void wk_matmul_f32_mxfp4w_avx2(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                               float *out, size_t ldo) {
  const size_t stride = wk_mxfp4_tile_bytes(blocks);
  for (size_t tile = 0; tile < row_tiles; tile++, w += stride, out += 16)
    for (size_t half = 0; half < 2; half++) {
      size_t t = 0;
      for (; t + 4 <= tokens; t += 4) mxfp4_avx2(w, half, blocks, activations, tokens, t, 4, out, ldo);
      for (; t + 2 <= tokens; t += 2) mxfp4_avx2(w, half, blocks, activations, tokens, t, 2, out, ldo);
      for (; t < tokens; t++) mxfp4_avx2(w, half, blocks, activations, tokens, t, 1, out, ldo);
    }
}
#pragma clang attribute pop
#endif

#if WK_ARM
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
/// `nt` ≤ 4 tokens; signed dot products need no correction.
WK_INLINE void mxfp4_neon(const uint8_t *w, size_t blocks, const uint8_t *activations, size_t tokens, size_t t0, size_t nt,
                          float *out, size_t ldo) {
  const int8x16_t table = vld1q_s8(wk_mxfp4_doubled);
  for (size_t quarter = 0; quarter < 4; quarter++) {
    float32x4_t sum[4];
    for (size_t t = 0; t < nt; t++) sum[t] = vdupq_n_f32(0);
    for (size_t k = 0; k < blocks; k++) {
      const uint8_t *a = activations + k * tokens * 40;
      int8x16_t v[8];
      for (size_t j = 0; j < 4; j++) {
        const uint8x16_t raw = vld1q_u8(w + wk_mxfp4_values(k) + 64 * j + 16 * quarter);
        v[j] = vqtbl1q_s8(table, vandq_u8(raw, vdupq_n_u8(15)));
        v[j + 4] = vqtbl1q_s8(table, vshrq_n_u8(raw, 4));
      }
      const uint8_t *e = w + wk_mxfp4_exponents(k) + 4 * quarter;
      const uint32x4_t exponents = {e[0], e[1], e[2], e[3]};
      const float32x4_t scale = vreinterpretq_f32_u32(vshlq_n_u32(exponents, 23));
      for (size_t t = 0; t < nt; t++) {
        const uint8_t *at = a + 32 * (t0 + t);
        int32x4_t c = vdupq_n_s32(0);
        for (size_t j = 0; j < 8; j++) c = vdotq_s32(c, v[j], vreinterpretq_s8_s32(vdupq_n_s32(wk_load_i32(at + 4 * j))));
        const float32x4_t scales = vmulq_n_f32(scale, wk_load_f32(a + 32 * tokens + 4 * (t0 + t)));
        sum[t] = vfmaq_f32(sum[t], vcvtq_f32_s32(c), scales);
      }
    }
    for (size_t t = 0; t < nt; t++) vst1q_f32(out + (t0 + t) * ldo + 4 * quarter, vmulq_n_f32(sum[t], 0.5f));
  }
}
void wk_matmul_f32_mxfp4w_neon(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                               float *out, size_t ldo) {
  const size_t stride = wk_mxfp4_tile_bytes(blocks);
  for (size_t tile = 0; tile < row_tiles; tile++, w += stride, out += 16) {
    size_t t = 0;
    for (; t + 4 <= tokens; t += 4) mxfp4_neon(w, blocks, activations, tokens, t, 4, out, ldo);
    for (; t < tokens; t++) mxfp4_neon(w, blocks, activations, tokens, t, 1, out, ldo);
  }
}
#pragma clang attribute pop
#endif
