#include "internal.h"

size_t wk_mxfp4_tile_bytes(size_t blocks) { return (blocks + WK_MXFP4_GROUP - 1) / WK_MXFP4_GROUP * 64 + blocks * 256; }
size_t wk_int8_tile_bytes(size_t blocks) { return (blocks + WK_INT8_GROUP - 1) / WK_INT8_GROUP * 64 + blocks * 1024; }
size_t wk_activation_bytes(size_t tokens, size_t blocks, size_t block) { return tokens * blocks * (block + 8); }
size_t wk_kv_block_bytes(size_t head_dim) { return 2 * 2 * WK_KV_BLOCK * head_dim; }

void wk_gather_activations(const uint8_t *const *rows, size_t tokens, size_t blocks, size_t block, uint8_t *out) {
  const size_t row_stride = block + 8;
  for (size_t t = 0; t < tokens; t++) {
    const uint8_t *row = rows[t];
    uint8_t *values = out + t * block, *scale = out + tokens * block + 4 * t, *correction = scale + 4 * tokens;
    for (size_t k = 0; k < blocks; k++, row += row_stride) {
      const size_t at = k * tokens * row_stride;
      memcpy(values + at, row, block);
      memcpy(scale + at, row + block, 4);
      memcpy(correction + at, row + block + 4, 4);
    }
  }
}

int wk_pack_mxfp4_tile(const uint8_t *blocks, const uint8_t *scales, size_t source_blocks, const int64_t rows[16], uint8_t *out) {
  memset(out, 0, wk_mxfp4_tile_bytes(source_blocks));
  int bad = 0;
  for (size_t r = 0; r < 16; r++) {
    for (size_t k = 0; k < source_blocks; k++) {
      if (rows[r] < 0) continue;
      uint8_t *to = out + wk_mxfp4_values(k) + 4 * r;
      const size_t at = (size_t)rows[r] * source_blocks + k;
      const uint8_t *from = blocks + 16 * at;
      bad |= scales[at] == 255;
      out[wk_mxfp4_exponents(k) + r] = scales[at];
      // Source byte b holds values 2b and 2b+1; the tile pairs value i with value i + 16.
      for (size_t i = 0; i < 16; i += 2) {
        const uint8_t low = from[i / 2], high = from[8 + i / 2];
        to[64 * (i / 4) + i % 4] = (uint8_t)((low & 15) | (high << 4));
        to[64 * (i / 4) + i % 4 + 1] = (uint8_t)((low >> 4) | (high & 0xf0));
      }
    }
  }
  return bad ? -1 : 0;
}

/// The smallest bf16 ≥ x, for x ≥ 0, so that a quantised weight never leaves ±127.
static uint16_t bf16_above(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return (uint16_t)((u + 0xffff) >> 16);
}

/// Checkpoint files promise no alignment.
WK_INLINE float read_bf16(const void *w, size_t index) {
  uint16_t h;
  memcpy(&h, (const uint8_t *)w + 2 * index, 2);
  return wk_bf16(h);
}

int wk_pack_int8_tile(const void *w, size_t columns, size_t group, size_t padded_group, const int64_t rows[16],
                      size_t out_blocks, uint8_t *out) {
  memset(out, 0, wk_int8_tile_bytes(out_blocks));
  int bad = 0;
  for (size_t r = 0; r < 16; r++) {
    for (size_t k = 0; k < out_blocks; k++) {
      float x[WK_INT8_BLOCK], largest = 0;
      for (size_t i = 0; i < WK_INT8_BLOCK; i++) {
        const size_t c = k * WK_INT8_BLOCK + i, g = c / padded_group, in_group = c % padded_group;
        const size_t source = g * group + in_group;
        x[i] = rows[r] >= 0 && in_group < group && source < columns ? read_bf16(w, (size_t)rows[r] * columns + source) : 0;
        bad |= !isfinite(x[i]);
        largest = fmaxf(largest, fabsf(x[i]));
      }
      const uint16_t scale = bf16_above(largest / 127);
      memcpy(out + wk_int8_scales(k) + 2 * r, &scale, 2);
      const float inverse = wk_bf16(scale) > 0 ? 1 / wk_bf16(scale) : 0;
      for (size_t i = 0; i < WK_INT8_BLOCK; i++) {
        const float q = bad || !isfinite(inverse) ? 0 : rintf(x[i] * inverse);
        out[wk_int8_values(k) + 64 * (i / 4) + 4 * r + i % 4] = (uint8_t)((int)fminf(fmaxf(q, -127), 127) + 128);
      }
    }
  }
  return bad ? -1 : 0;
}
