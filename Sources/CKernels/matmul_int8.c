/// int8 weights with one bf16 scale for 64 values × int8 activations. Weights are stored as value + 128, unsigned, for
/// `vpdpbusd`; the accumulator starts at −128 × the sum of the block's activations.
#include "internal.h"

void wk_matmul_f32_int8w_scalar(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                                float *out, size_t ldo) {
  for (size_t tile = 0; tile < row_tiles; tile++, w += wk_int8_tile_bytes(blocks)) {
    for (size_t t = 0; t < tokens; t++) {
      for (size_t r = 0; r < 16; r++) {
        float sum = 0;
        for (size_t k = 0; k < blocks; k++) {
          const uint8_t *a = activations + k * tokens * 72, *values = w + wk_int8_values(k);
          int32_t dot = 0;
          for (size_t i = 0; i < 64; i++)
            dot += ((int32_t)values[64 * (i / 4) + 4 * r + i % 4] - 128) * (int8_t)a[64 * t + i];
          uint16_t scale;
          memcpy(&scale, w + wk_int8_scales(k) + 2 * r, 2);
          sum = fmaf((float)dot, wk_bf16(scale) * wk_load_f32(a + 64 * tokens + 4 * t), sum);
        }
        out[t * ldo + 16 * tile + r] = sum;
      }
    }
  }
}

#if WK_X86
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma"))), apply_to = function)
#define BROADCAST(p) _mm512_set1_epi32(wk_load_i32(p))
/// One block of 16 rows × 64 values, for all `nt` tokens of the tile.
WK_INLINE void int8_block_avx512(const uint8_t *b, const uint8_t *s, const uint8_t *a, size_t nt, __m512 *sum) {
  const __m512 scale =
      _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)s)), 16));
  if (nt > 4)
    for (size_t line = 0; line < 16; line++) _mm_prefetch((const char *)b + WK_PREFETCH + 64 * line, _MM_HINT_T1);
  __m512i v[16];
  for (size_t j = 0; j < 16; j++) v[j] = _mm512_loadu_si512(b + 64 * j);
  for (size_t t = 0; t < nt; t++) {
    const uint8_t *at = a + 64 * t;
    __m512i c = BROADCAST(a + 68 * nt + 4 * t), c2 = _mm512_setzero_si512();
    for (size_t j = 0; j < 16; j += 2) {
      c = _mm512_dpbusd_epi32(c, v[j], BROADCAST(at + 4 * j));
      c2 = _mm512_dpbusd_epi32(c2, v[j + 1], BROADCAST(at + 4 * j + 4));
    }
    const __m512 scales = _mm512_mul_ps(scale, _mm512_set1_ps(wk_load_f32(a + 64 * nt + 4 * t)));
    sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(c, c2)), scales, sum[t]);
  }
}
WK_INLINE void int8_avx512(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t nt, float *out,
                           size_t ldo) {
  for (size_t tile = 0; tile < row_tiles; tile++) {
    __m512 sum[WK_TILE_TOKENS];
    for (size_t t = 0; t < nt; t++) sum[t] = _mm512_setzero_ps();
    const uint8_t *a = activations, *scales = w;
    for (size_t k = 0; k < blocks; k++, a += nt * 72, w += 1024, scales += 32) {
      if (k % WK_INT8_GROUP == 0) {
        if (nt > 4) _mm_prefetch((const char *)w + WK_PREFETCH, _MM_HINT_T1);
        scales = w;
        w += 64;
      }
      int8_block_avx512(w, scales, a, nt, sum);
    }
    for (size_t t = 0; t < nt; t++) _mm512_storeu_ps(out + t * ldo + 16 * tile, sum[t]);
  }
}
#define CASE(N)                                                     \
  case N:                                                           \
    int8_avx512(w, row_tiles, blocks, activations, N, out, ldo);    \
    break;
void wk_matmul_f32_int8w_avx512(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
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
/// Unsigned 255 × 127 pairs would saturate `vpmaddubsw`, so the sign moves to the activations: |w| · (sign(w) · a).
WK_INLINE void int8_avx2(const uint8_t *w, size_t half, size_t blocks, const uint8_t *activations, size_t tokens, size_t t0,
                         size_t nt, float *out, size_t ldo) {
  const __m256i flip = _mm256_set1_epi8((char)0x80), ones = _mm256_set1_epi16(1);
  const uint8_t *a = activations;
  __m256 sum[4];
  for (size_t t = 0; t < nt; t++) sum[t] = _mm256_setzero_ps();
  for (size_t k = 0; k < blocks; k++, a += tokens * 72) {
    const uint8_t *b = w + wk_int8_values(k) + 32 * half;
    const __m256 scale = _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)(w + wk_int8_scales(k) + 16 * half))), 16));
    __m256i c[4];
    for (size_t t = 0; t < nt; t++) c[t] = _mm256_setzero_si256();
    for (size_t j = 0; j < 16; j++) {
      const __m256i v = _mm256_xor_si256(_mm256_loadu_si256((const void *)(b + 64 * j)), flip), magnitude = _mm256_abs_epi8(v);
      for (size_t t = 0; t < nt; t++) {
        const __m256i x = _mm256_set1_epi32(wk_load_i32(a + 64 * (t0 + t) + 4 * j));
        c[t] = _mm256_add_epi32(c[t], _mm256_madd_epi16(_mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(x, v)), ones));
      }
    }
    for (size_t t = 0; t < nt; t++) {
      const __m256 scales = _mm256_mul_ps(scale, _mm256_set1_ps(wk_load_f32(a + 64 * tokens + 4 * (t0 + t))));
      sum[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(c[t]), scales, sum[t]);
    }
  }
  for (size_t t = 0; t < nt; t++) _mm256_storeu_ps(out + (t0 + t) * ldo + 8 * half, sum[t]);
}
void wk_matmul_f32_int8w_avx2(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                              float *out, size_t ldo) {
  const size_t stride = wk_int8_tile_bytes(blocks);
  for (size_t tile = 0; tile < row_tiles; tile++, w += stride, out += 16)
    for (size_t half = 0; half < 2; half++) {
      size_t t = 0;
      for (; t + 4 <= tokens; t += 4) int8_avx2(w, half, blocks, activations, tokens, t, 4, out, ldo);
      for (; t < tokens; t++) int8_avx2(w, half, blocks, activations, tokens, t, 1, out, ldo);
    }
}
#pragma clang attribute pop
#endif

#if WK_ARM
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
WK_INLINE void int8_neon(const uint8_t *w, size_t blocks, const uint8_t *activations, size_t tokens, size_t t0, size_t nt,
                         float *out, size_t ldo) {
  for (size_t quarter = 0; quarter < 4; quarter++) {
    float32x4_t sum[4];
    for (size_t t = 0; t < nt; t++) sum[t] = vdupq_n_f32(0);
    for (size_t k = 0; k < blocks; k++) {
      const uint8_t *a = activations + k * tokens * 72;
      uint16x4_t raw_scale;
      memcpy(&raw_scale, w + wk_int8_scales(k) + 8 * quarter, 8);
      const float32x4_t scale = vreinterpretq_f32_u32(vshll_n_u16(raw_scale, 16));
      int32x4_t c[4];
      for (size_t t = 0; t < nt; t++) c[t] = vdupq_n_s32(0);
      for (size_t j = 0; j < 16; j++) {
        const int8x16_t v = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(w + wk_int8_values(k) + 64 * j + 16 * quarter), vdupq_n_u8(0x80)));
        for (size_t t = 0; t < nt; t++)
          c[t] = vdotq_s32(c[t], v, vreinterpretq_s8_s32(vdupq_n_s32(wk_load_i32(a + 64 * (t0 + t) + 4 * j))));
      }
      for (size_t t = 0; t < nt; t++) {
        const float32x4_t scales = vmulq_n_f32(scale, wk_load_f32(a + 64 * tokens + 4 * (t0 + t)));
        sum[t] = vfmaq_f32(sum[t], vcvtq_f32_s32(c[t]), scales);
      }
    }
    for (size_t t = 0; t < nt; t++) vst1q_f32(out + (t0 + t) * ldo + 4 * quarter, sum[t]);
  }
}
void wk_matmul_f32_int8w_neon(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                              float *out, size_t ldo) {
  const size_t stride = wk_int8_tile_bytes(blocks);
  for (size_t tile = 0; tile < row_tiles; tile++, w += stride, out += 16) {
    size_t t = 0;
    for (; t + 4 <= tokens; t += 4) int8_neon(w, blocks, activations, tokens, t, 4, out, ldo);
    for (; t < tokens; t++) int8_neon(w, blocks, activations, tokens, t, 1, out, ldo);
  }
}
#pragma clang attribute pop
#endif
