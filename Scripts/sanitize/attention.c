#include "harness.h"

/// A ring that holds the last positions of `last`, each block of exactly its size.
static uint8_t *stored(size_t last, size_t ring, size_t head_dim, size_t shift) {
  const size_t bytes = wk_kv_block_bytes(head_dim);
  uint8_t *blocks = exact(ring * bytes, shift);
  // Positions that were never written hold whatever was there: they are masked, and must not turn into NaN.
  memset(blocks, 0, ring * bytes);
  for (size_t p = 0; p < last; p++) {
    uint8_t *block = blocks + p / WK_KV_BLOCK % ring * bytes;
    wk_kv_store_k(block, p % WK_KV_BLOCK, random_floats(head_dim, 2, 0), head_dim);
    wk_kv_store_v(block, p % WK_KV_BLOCK, random_floats(head_dim, 2, 0), head_dim);
  }
  return blocks;
}

static float *attend(const wk_kernels *k, const float *q, const float *sinks, const uint8_t *blocks, size_t ring, size_t rows, size_t head_dim, size_t first,
                     size_t last, size_t shift) {
  float *maximum = exact(4 * rows, shift), *sum = filled_floats(rows, 1, shift), *out = filled_floats(rows * head_dim, 0, shift);
  memcpy(maximum, sinks, 4 * rows);
  const wk_attention call = {.q = q, .rows = (uint32_t)rows, .head_dim = (uint32_t)head_dim, .blocks = blocks, .ring_blocks = ring, .first = first, .last = last,
                             .maximum = maximum, .sum = sum, .out = out};
  k->attention(&call);
  for (size_t i = 0; i < rows * head_dim; i++) out[i] /= sum[i / head_dim];
  return out;
}

void check_attention(void) {
  static const size_t cases[][3] = {{0, 0, 1},  {0, 1, 1},  {0, 1, 4},   {0, 15, 1},  {0, 16, 1},   {0, 17, 2},   {3, 64, 5},   {60, 65, 5},
                                    {63, 64, 4}, {70, 129, 5}, {5, 5, 5}, {100, 200, 8}, {0, 255, 16}, {0, 256, 16}, {0, 257, 17}, {129, 700, 37}};
  FOR_EACH_TABLE(k)
  for (size_t head_dim = 16; head_dim <= 128; head_dim += head_dim < 64 ? 16 : 64)
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
      for (size_t rows = 1; rows <= 17; rows += rows < 9 ? 1 : 8)
        for (size_t shift = 0; shift <= 4; shift += 4) {
          const size_t first = cases[c][0], last = cases[c][1], ring = cases[c][2];
          const uint8_t *blocks = stored(last, ring, head_dim, shift / 4);
          const float *q = random_floats(rows * head_dim, 1, shift), *sinks = random_floats(rows, 1, shift);
          const float *a = attend(k, q, sinks, blocks, ring, rows, head_dim, first, last, shift);
          const float *b = attend(scalar(), q, sinks, blocks, ring, rows, head_dim, first, last, shift);
          CHECK(close(a, b, rows * head_dim, 2e-5f), "%s attention: %zu ..< %zu in %zu blocks, %zu heads of %zu", k->name, first, last, ring, rows, head_dim);
          release_all();
        }
}
