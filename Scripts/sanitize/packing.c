#include "harness.h"

/// Packing reads only what it is told of, leaves out rows below zero, and refuses what is no number.
void check_packing(void) {
  for (size_t blocks = 0; blocks <= 9; blocks++) {
    uint8_t *values = random_bytes(16 * blocks * 16, 1), *scales = exact(16 * blocks, 1), *out = exact(wk_mxfp4_tile_bytes(blocks), 1);
    memset(scales, 120, 16 * blocks);
    int64_t rows[16];
    for (size_t r = 0; r < 16; r++) rows[r] = r % 3 ? (int64_t)r : -1;
    CHECK(!wk_pack_mxfp4_tile(values, scales, blocks, rows, out), "a good tile was refused");
    if (blocks) {
      scales[(16 - 1) * blocks] = 255;
      CHECK(rows[15] < 0 || wk_pack_mxfp4_tile(values, scales, blocks, rows, out), "a NaN scale was taken");
      rows[15] = 15;
      CHECK(wk_pack_mxfp4_tile(values, scales, blocks, rows, out), "a NaN scale was taken");
    }
    release_all();
  }
  static const size_t columns[] = {1, 2, 15, 16, 17, 63, 64, 65, 96, 100, 127, 128, 129};
  for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
    for (size_t groups = 1; groups <= 3; groups++) {
      const size_t n = columns[c] * groups, padded = (columns[c] + 63) / 64 * 64, blocks = padded * groups / 64;
      uint16_t *w = random_bf16(16 * n, 0);
      uint8_t *out = exact(wk_int8_tile_bytes(blocks), 1);
      int64_t rows[16];
      for (size_t r = 0; r < 16; r++) rows[r] = r % 5 ? (int64_t)r : -1;
      CHECK(!wk_pack_int8_tile(w, n, columns[c], padded, rows, blocks, out), "a good tile was refused");
      w[n] = 0x7fc0;
      CHECK(wk_pack_int8_tile(w, n, columns[c], padded, rows, blocks, out), "a NaN weight was taken");
      release_all();
    }
  for (size_t head_dim = 0; head_dim <= 80; head_dim += 16)
    for (size_t lane = 0; lane < 16; lane++) {
      uint8_t *block = exact(wk_kv_block_bytes(head_dim), 1);
      float *x = random_floats(head_dim, 1e6f, 4);
      if (head_dim) x[0] = NAN, x[1] = INFINITY, x[2] = -1e-30f;
      wk_kv_store_k(block, lane, x, head_dim);
      wk_kv_store_v(block, lane, x, head_dim);
      checks++;
      release_all();
    }
}
