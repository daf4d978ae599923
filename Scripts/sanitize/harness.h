#pragma once
/// Every C kernel of every table against the scalar reference, on buffers of exactly the size that the contract names: run by Scripts/sanitize.sh under
/// the address and undefined-behaviour sanitizers, the pool under the thread sanitizer as well.
#include "ckernels.h"
#include "literal_scan.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Comparisons made, and those that failed.
extern size_t checks, failures;

#define CHECK(condition, ...)                                  \
  do {                                                         \
    checks++;                                                  \
    if (!(condition)) {                                        \
      failures++;                                              \
      if (failures <= 20) printf("FAILED %s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n"); \
    }                                                          \
  } while (0)

/// A table besides the scalar one, or NULL; `index` from 0.
const wk_kernels *vector_table(size_t index);
#define FOR_EACH_TABLE(K) \
  for (size_t K##_i = 0; K##_i < 3; K##_i++) for (const wk_kernels *K = vector_table(K##_i); K; K = NULL)
const wk_kernels *scalar(void);

/// Memory of exactly `bytes` that begins `shift` bytes off the allocator's alignment; freed by `release_all`. Whatever reads or writes beyond its end is
/// found, and what needs more than the element's own alignment too.
void *exact(size_t bytes, size_t shift);
void release_all(void);

uint32_t random_bits(void);
/// -scale ... scale
float random_float(float scale);
float *random_floats(size_t n, float scale, size_t shift);
float *filled_floats(size_t n, float value, size_t shift);
uint16_t *random_bf16(size_t n, size_t shift);
uint8_t *random_bytes(size_t n, size_t shift);
/// Largest |a - b| within `tolerance` times the largest magnitude, NaN only where both are.
int close(const float *a, const float *b, size_t n, float tolerance);
/// An activation tile of `tokens` rows of `n` random values, quantised by `k`.
uint8_t *activations(const wk_kernels *k, const float *rows, size_t tokens, size_t n, size_t block, size_t shift);
/// Tiles of a random matrix `[16 * tiles][32 * blocks]` in MXFP4, or `[16 * tiles][columns]` in int8.
uint8_t *mxfp4_tiles(size_t tiles, size_t blocks, size_t shift);
uint8_t *int8_tiles(size_t tiles, size_t columns, size_t shift);

void check_matmul(void);
void check_floats(void);
void check_attention(void);
void check_experts(void);
void check_packing(void);
void check_scans(void);
void check_threads(void);
