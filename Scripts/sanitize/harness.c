#include "harness.h"

size_t checks, failures;

static uint64_t state = 0x9e3779b97f4a7c15u;
static void *allocations[1 << 16];
static size_t allocated;

const wk_kernels *scalar(void) { return wk_kernels_named("scalar"); }

const wk_kernels *vector_table(size_t index) {
  static const char *const names[] = {"avx2", "avx512", "neon"};
  return wk_kernels_named(names[index]);
}

void *exact(size_t bytes, size_t shift) {
  uint8_t *memory = malloc(bytes + shift ? bytes + shift : 1);
  if (!memory || allocated == sizeof allocations / sizeof *allocations) abort();
  allocations[allocated++] = memory;
  // What is never written must not look like an answer.
  memset(memory, 0x7f, bytes + shift);
  return memory + shift;
}

void release_all(void) {
  while (allocated) free(allocations[--allocated]);
}

uint32_t random_bits(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)(state >> 32);
}

float random_float(float scale) { return ((float)random_bits() / 2147483648.0f - 1) * scale; }

float *random_floats(size_t n, float scale, size_t shift) {
  float *x = exact(4 * n, shift);
  for (size_t i = 0; i < n; i++) x[i] = random_float(scale);
  return x;
}

float *filled_floats(size_t n, float value, size_t shift) {
  float *x = exact(4 * n, shift);
  for (size_t i = 0; i < n; i++) x[i] = value;
  return x;
}

uint16_t *random_bf16(size_t n, size_t shift) {
  uint16_t *w = exact(2 * n, shift);
  for (size_t i = 0; i < n; i++) {
    const float x = random_float(2);
    uint32_t u;
    memcpy(&u, &x, 4);
    w[i] = (uint16_t)(u >> 16);
  }
  return w;
}

uint8_t *random_bytes(size_t n, size_t shift) {
  uint8_t *b = exact(n, shift);
  for (size_t i = 0; i < n; i++) b[i] = (uint8_t)random_bits();
  return b;
}

int close(const float *a, const float *b, size_t n, float tolerance) {
  float largest = 1;
  for (size_t i = 0; i < n; i++) largest = fmaxf(largest, fabsf(b[i]));
  for (size_t i = 0; i < n; i++)
    if (isnan(a[i]) != isnan(b[i]) || fabsf(a[i] - b[i]) > tolerance * largest) return 0;
  return 1;
}

uint8_t *activations(const wk_kernels *k, const float *rows, size_t tokens, size_t n, size_t block, size_t shift) {
  uint8_t *out = exact(wk_activation_bytes(tokens, (n + block - 1) / block, block), shift);
  for (size_t t = 0; t < tokens; t++) k->quantize(rows + t * n, n, block, out, tokens, t);
  return out;
}

uint8_t *mxfp4_tiles(size_t tiles, size_t blocks, size_t shift) {
  uint8_t *values = random_bytes(16 * tiles * blocks * 16, 0), *scales = exact(16 * tiles * blocks, 0);
  for (size_t i = 0; i < 16 * tiles * blocks; i++) scales[i] = (uint8_t)(110 + random_bits() % 20);
  uint8_t *out = exact(tiles * wk_mxfp4_tile_bytes(blocks), shift);
  for (size_t tile = 0; tile < tiles; tile++) {
    int64_t rows[16];
    for (size_t r = 0; r < 16; r++) rows[r] = (int64_t)(16 * tile + r);
    CHECK(!wk_pack_mxfp4_tile(values, scales, blocks, rows, out + tile * wk_mxfp4_tile_bytes(blocks)), "a good tile was refused");
  }
  return out;
}

uint8_t *int8_tiles(size_t tiles, size_t columns, size_t shift) {
  const size_t blocks = (columns + 63) / 64;
  // The checkpoint's own bytes may begin anywhere.
  const uint16_t *w = random_bf16(16 * tiles * columns, 0);
  uint8_t *unaligned = exact(2 * 16 * tiles * columns, 1);
  memcpy(unaligned, w, 2 * 16 * tiles * columns);
  uint8_t *out = exact(tiles * wk_int8_tile_bytes(blocks), shift);
  for (size_t tile = 0; tile < tiles; tile++) {
    int64_t rows[16];
    for (size_t r = 0; r < 16; r++) rows[r] = (int64_t)(16 * tile + r);
    CHECK(!wk_pack_int8_tile(unaligned, columns, columns, blocks * 64, rows, blocks, out + tile * wk_int8_tile_bytes(blocks)), "a good tile was refused");
  }
  return out;
}

int main(int count, char **arguments) {
  const char *const only = count > 1 ? arguments[1] : "";
  printf("tables: scalar");
  FOR_EACH_TABLE(k) printf(" %s", k->name);
  printf("\n");
  static const struct {
    const char *name;
    void (*run)(void);
  } parts[] = {
      {"matmul", check_matmul}, {"floats", check_floats}, {"attention", check_attention}, {"experts", check_experts},
      {"packing", check_packing}, {"scans", check_scans}, {"threads", check_threads},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (*only && strcmp(only, parts[i].name)) continue;
    const size_t before = checks;
    parts[i].run();
    release_all();
    printf("%-10s %8zu comparisons\n", parts[i].name, checks - before);
  }
  printf("%zu comparisons, %zu failed\n", checks, failures);
  return failures ? 1 : 0;
}
