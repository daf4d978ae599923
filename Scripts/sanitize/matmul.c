#include "harness.h"

typedef void product(const uint8_t *, size_t, size_t, const uint8_t *, size_t, float *, size_t);

/// Bit for bit: integer sums are exact, and the float sums have one order.
static void compare(const char *name, product *vector, product *reference, const uint8_t *w, size_t tiles, size_t blocks, const uint8_t *a, size_t tokens,
                    size_t shift) {
  // Wider rows than tiles need: what lies between must stay as it is.
  const size_t ldo = 16 * tiles + 3, n = tokens ? (tokens - 1) * ldo + 16 * tiles : 0;
  float *found = filled_floats(n, -7, shift), *expected = filled_floats(n, -7, shift);
  vector(w, tiles, blocks, a, tokens, found, ldo);
  reference(w, tiles, blocks, a, tokens, expected, ldo);
  CHECK(!memcmp(found, expected, 4 * n), "%s: %zu tiles, %zu blocks, %zu tokens", name, tiles, blocks, tokens);
}

void check_matmul(void) {
  static const size_t blocks[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 17};
  FOR_EACH_TABLE(k)
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
    for (size_t tiles = 0; tiles <= 3; tiles++)
      for (size_t shift = 0; shift <= 4; shift += 4) {
        const uint8_t *mx = mxfp4_tiles(tiles, blocks[b], shift), *dense = int8_tiles(tiles, 64 * blocks[b], shift);
        for (size_t tokens = 0; tokens <= 16; tokens++) {
          const float *rows = random_floats(tokens * 64 * blocks[b], 3, shift);
          compare("mxfp4", k->matmul_f32_mxfp4w, scalar()->matmul_f32_mxfp4w, mx, tiles, blocks[b],
                  activations(scalar(), rows, tokens, 32 * blocks[b], 32, shift), tokens, shift);
          compare("int8", k->matmul_f32_int8w, scalar()->matmul_f32_int8w, dense, tiles, blocks[b],
                  activations(scalar(), rows, tokens, 64 * blocks[b], 64, shift), tokens, shift);
        }
        release_all();
      }
}
