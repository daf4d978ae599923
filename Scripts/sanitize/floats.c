#include "harness.h"

static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 96, 97, 127, 128, 129, 288, 2880};
static const size_t size_count = sizeof sizes / sizeof *sizes;

static void check_quantize(const wk_kernels *k, size_t n, size_t shift) {
  for (size_t block = 32; block <= 64; block += 32)
    for (size_t tokens = 1; tokens <= 16; tokens += 5) {
      static const float scales[] = {0, 1e-42f, 1e-3f, 2, 1e30f};
      for (size_t s = 0; s < 5; s++) {
        float *rows = random_floats(tokens * n, scales[s], shift);
        const size_t bytes = wk_activation_bytes(tokens, (n + block - 1) / block, block);
        const uint8_t *found = activations(k, rows, tokens, n, block, shift), *expected = activations(scalar(), rows, tokens, n, block, shift);
        CHECK(!memcmp(found, expected, bytes), "quantize: %zu values, blocks of %zu, scale %g", n, block, (double)scales[s]);
        if (!n) continue;
        // Values that are no numbers must not become numbers.
        rows[random_bits() % n] = s % 2 ? INFINITY : -INFINITY;
        const uint8_t *marked = activations(k, rows, 1, n, block, shift), *as = activations(scalar(), rows, 1, n, block, shift);
        CHECK(!memcmp(marked, as, bytes / tokens), "quantize: infinity among %zu", n);
      }
      release_all();
    }
}

/// The choice of a token: ties, values that are no numbers, and every place for the draw.
static void check_choice(const wk_kernels *k, size_t n, size_t shift) {
  for (int round = 0; round < 8; round++) {
    float *x = random_floats(n, 4, shift);
    for (size_t i = 0; i < n; i++) {
      if (round >= 2) x[i] = rintf(x[i]);
      if (round >= 4 && random_bits() % 4 == 0) x[i] = NAN;
      if (round >= 6) x[i] = NAN;
    }
    const size_t best = scalar()->argmax(x, n), found = k->argmax(x, n);
    CHECK(found == best, "argmax of %zu, round %d: %zu and %zu", n, round, found, best);
    if (!n || !isfinite(x[best])) continue;
    for (int step = 0; step <= 16; step++) {
      const double u = step == 16 ? 0x1.fffffffffffffp-1 : step / 16.0;
      const size_t drawn = k->sample(x, n, x[best], 0.7f, u), expected = scalar()->sample(x, n, x[best], 0.7f, u);
      // The sums differ in their last bits, so at an edge the neighbour may be drawn; never what is no number.
      CHECK(drawn < n && expected < n && !isnan(x[drawn]) && !isnan(x[expected]), "drawn %zu of %zu", drawn, n);
      CHECK(k->sample(x, n, x[best], 1e30f, u) < n && x[k->sample(x, n, x[best], 1e30f, u)] == x[best], "at no temperature the largest is drawn");
    }
  }
}

static void check_elementwise(const wk_kernels *k, size_t n, size_t shift) {
  const float *x = random_floats(n, 3, shift), *w = random_floats(n, 1, shift), *y = random_floats(n, 1, shift);
  float *found = exact(4 * n, shift), *expected = exact(4 * n, shift);
  k->rmsnorm(x, w, n, 1e-5f, found);
  scalar()->rmsnorm(x, w, n, 1e-5f, expected);
  CHECK(close(found, expected, n, 2e-6f), "rmsnorm of %zu", n);
  memcpy(found, x, 4 * n);
  k->rmsnorm(found, w, n, 1e-5f, found);
  CHECK(close(found, expected, n, 2e-6f), "rmsnorm of %zu in place", n);
  memcpy(found, x, 4 * n), memcpy(expected, x, 4 * n);
  k->add_scaled(found, y, w, 0.3f, n);
  scalar()->add_scaled(expected, y, w, 0.3f, n);
  CHECK(!memcmp(found, expected, 4 * n), "add_scaled of %zu", n);
  for (size_t rows = 0; rows <= 5; rows++) {
    const uint16_t *m = random_bf16(rows * n, shift / 2);
    const float *bias = random_floats(rows, 1, shift);
    float *a = exact(4 * rows, shift), *b = exact(4 * rows, shift);
    k->matvec_f32_bf16w(m, bias, rows, n, x, a);
    scalar()->matvec_f32_bf16w(m, bias, rows, n, x, b);
    CHECK(close(a, b, rows, 1e-5f), "matvec of %zu x %zu", rows, n);
  }
  float *widened = exact(4 * n, shift);
  const uint16_t *h = random_bf16(n, 0);
  uint8_t *unaligned = exact(2 * n, 1);
  memcpy(unaligned, h, 2 * n);
  wk_widen_bf16(unaligned, n, widened);
  for (size_t i = 0; i < n; i++) {
    uint32_t u;
    memcpy(&u, widened + i, 4);
    CHECK(u == (uint32_t)h[i] << 16, "widen %zu of %zu", i, n);
  }
  check_choice(k, n, shift);
}

static void check_rope(const wk_kernels *k, size_t half, size_t shift) {
  const float *x = random_floats(2 * half, 2, shift), *c = random_floats(half, 1, shift), *s = random_floats(half, 1, shift);
  float *a = exact(8 * half, shift), *b = exact(8 * half, shift);
  memcpy(a, x, 8 * half), memcpy(b, x, 8 * half);
  k->rope(a, c, s, 2 * half);
  scalar()->rope(b, c, s, 2 * half);
  CHECK(close(a, b, 2 * half, 2e-6f), "rope of %zu", 2 * half);
}

static void check_swiglu(const wk_kernels *k, size_t n, size_t shift) {
  static const float scales[] = {1, 9, 200, 1e30f};
  for (size_t s = 0; s < 4; s++) {
    const float *x = random_floats(2 * n, scales[s], shift), *bias = random_floats(2 * n, 1, shift);
    float *a = exact(4 * n, shift), *b = exact(4 * n, shift);
    k->swiglu(x, bias, n, 7, a);
    scalar()->swiglu(x, bias, n, 7, b);
    CHECK(close(a, b, n, 4e-6f), "swiglu of %zu, scale %g", n, (double)scales[s]);
  }
}

void check_floats(void) {
  FOR_EACH_TABLE(k)
  for (size_t shift = 0; shift <= 4; shift += 4)
    for (size_t i = 0; i < size_count; i++) {
      check_quantize(k, sizes[i], shift);
      check_elementwise(k, sizes[i], shift);
      check_rope(k, sizes[i], shift);
      check_swiglu(k, sizes[i] * 16, shift);
      release_all();
    }
}
