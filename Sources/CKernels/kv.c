#include "internal.h"

/// Half rather than bf16: the same two bytes with 8 times the precision, and K and V stay far below 65504.
/// Rounds to nearest even without _Float16, which baseline compilers turn into a library call.
static uint16_t half_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  const uint16_t sign = (uint16_t)((u >> 16) & 0x8000);
  u &= 0x7fffffff;
  if (u > 0x7f800000) return sign | 0x7e00;
  if (u >= 0x477ff000) return sign | 0x7bff;
  if (u < 0x38800000) {
    // Adding 0.5 rounds to the half float's subnormal spacing of 2^-24 in hardware.
    float f = wk_bits(u) + 0.5f;
    memcpy(&u, &f, 4);
    return sign | (uint16_t)(u - 0x3f000000);
  }
  return sign | (uint16_t)((u - 0x38000000 + 0xfff + ((u >> 13) & 1)) >> 13);
}

void wk_kv_store_k(uint8_t *block, size_t lane, const float *k, size_t head_dim) {
  for (size_t d = 0; d < head_dim; d++) {
    const uint16_t h = half_bits(k[d]);
    memcpy(block + 2 * (WK_KV_BLOCK * d + lane), &h, 2);
  }
}

void wk_kv_store_v(uint8_t *block, size_t lane, const float *v, size_t head_dim) {
  uint8_t *row = block + 2 * WK_KV_BLOCK * head_dim + 2 * head_dim * lane;
  for (size_t d = 0; d < head_dim; d++) {
    const uint16_t h = half_bits(v[d]);
    memcpy(row + 2 * d, &h, 2);
  }
}

void wk_widen_bf16(const void *x, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) {
    uint16_t h;
    memcpy(&h, (const uint8_t *)x + 2 * i, 2);
    out[i] = wk_bf16(h);
  }
}
