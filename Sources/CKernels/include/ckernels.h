#pragma once
/// The kernels of the safeguard model's fast path: weights of 4 or 8 bits times activations of 8 bits, and the float
/// operations between them. One table for each instruction set, chosen once.
///
/// Contract of every kernel:
///  - no allocation, no global state, safe to call from several threads on disjoint outputs;
///  - pointers need the alignment of their element type only, inputs and outputs do not alias unless said;
///  - the result for one token does not depend on how many others share the call: sums run in a fixed order per row.
///    So a sequence decodes to the same tokens alone and in a batch;
///  - the matrix products of all tables agree bit for bit (integer sums, then one fused multiply-add per block in
///    ascending order); float operations agree within a few units in the last place.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: layouts

/// Values of one activation and MXFP4 block, along the inner dimension.
#define WK_MXFP4_BLOCK 32
/// Values of one activation and int8 weight block, along the inner dimension.
#define WK_INT8_BLOCK 64
/// Output rows that are interleaved in a weight tile.
#define WK_TILE_ROWS 16
/// Most tokens in an activation tile.
#define WK_TILE_TOKENS 16
/// Positions in a KV block.
#define WK_KV_BLOCK 16

/// Bytes of an MXFP4 weight tile of 16 rows × `blocks` × 32 values: for each 4 blocks a line of 64 exponent bytes `[4][16]`, then the
/// blocks `[4][4][16 rows][4]` as bytes whose low nibble is value `4j+z` and high nibble `16+4j+z` of the block. The last group may have
/// fewer blocks; its line is whole.
size_t wk_mxfp4_tile_bytes(size_t blocks);
/// Bytes of an int8 weight tile of 16 rows × `blocks` × 64 values: for each 2 blocks a line of bf16 scales `[2][16]`, then the blocks
/// `[2][16][16 rows][4]` as bytes that hold value + 128. The last group may have one block; its line is whole.
size_t wk_int8_tile_bytes(size_t blocks);
/// Bytes of an activation tile of `tokens` × `blocks` blocks of `block` values. For each block: `tokens` × `block` signed
/// bytes, `tokens` float scales, `tokens` int32 corrections (−offset × sum of the block's bytes), offset 12 for blocks of
/// 32 and 128 for blocks of 64.
size_t wk_activation_bytes(size_t tokens, size_t blocks, size_t block);
/// Bytes of a KV block: K as half floats `[head_dim][16 positions]`, then V as half floats `[16 positions][head_dim]`.
size_t wk_kv_block_bytes(size_t head_dim);

// MARK: attention

/// Online softmax over one segment of one KV head for the `rows` query heads that share it, for one token.
typedef struct wk_attention {
  /// `[rows][head_dim]`, already scaled by 1/√head_dim. `head_dim` is a multiple of 16.
  const float *q;
  uint32_t rows;
  uint32_t head_dim;
  /// KV blocks of this layer and head; position p of the segment is in block (p / 16) mod `ring_blocks`.
  const uint8_t *blocks;
  /// Number of blocks in the ring; at least the number of blocks in use, so a linear segment passes its capacity.
  size_t ring_blocks;
  /// Visible positions of the segment: first ..< last.
  size_t first, last;
  /// Running maximum `[rows]` and running sum `[rows]`; start as the sink logits and 1.
  float *maximum, *sum;
  /// Running weighted sum of V `[rows][head_dim]`; starts as 0. The caller divides by `sum` at the end.
  float *out;
} wk_attention;

// MARK: the table

typedef struct wk_kernels {
  const char *name;
  /// out[t·ldo + 16r + i] = Σ w·a for `row_tiles` MXFP4 tiles and an activation tile of 1…16 tokens.
  void (*matmul_f32_mxfp4w)(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                            float *out, size_t ldo);
  /// The same for int8 tiles.
  void (*matmul_f32_int8w)(const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens,
                           float *out, size_t ldo);
  /// Quantises `n` floats into row `token` of an activation tile of `tokens` rows; pads the last block with zeros.
  /// scale = max|x| / 127, round to nearest even. A block that holds no finite maximum becomes 0 with a NaN scale.
  void (*quantize)(const float *x, size_t n, size_t block, uint8_t *activations, size_t tokens, size_t token);
  /// out = x · rsqrt(mean(x²) + eps) · w. `out` may be `x`.
  void (*rmsnorm)(const float *x, const float *w, size_t n, float eps, float *out);
  /// Rotates the halves of a head in place by `cosine`/`sine` `[head_dim / 2]`.
  void (*rope)(float *x, const float *cosine, const float *sine, size_t head_dim);
  /// out[16j+i] from gate = x[32j+i] and up = x[32j+16+i], after adding the bias of the same layout; `n` outputs, a
  /// multiple of 16. gpt_oss/torch/model.py `swiglu`, with its clamp and its up + 1.
  void (*swiglu)(const float *x, const float *bias, size_t n, float limit, float *out);
  /// out[r] = Σ w[r·n + i] · x[i] + bias[r], bf16 weights.
  void (*matvec_f32_bf16w)(const uint16_t *w, const float *bias, size_t rows, size_t n, const float *x, float *out);
  /// x[i] += weight · (y[i] + bias[i]).
  void (*add_scaled)(float *x, const float *y, const float *bias, float weight, size_t n);
  void (*attention)(const wk_attention *a);
  /// Index of the largest value, the lowest on ties; 0 when `n` is 0 or nothing is a number.
  size_t (*argmax)(const float *x, size_t n);
  /// An index drawn in proportion to exp((x[i] − highest) · `sharpness`) by `u` in 0 ..< 1; `highest` is the largest x and finite, n > 0. What is no
  /// number is never drawn. Sums of 256 parts, so that no array of weights is needed.
  size_t (*sample)(const float *x, size_t n, float highest, float sharpness, double u);
} wk_kernels;

/// The table called `name` (`scalar`, `avx2`, `avx512`, `neon`), or NULL if it is unknown or this CPU lacks it.
const wk_kernels *wk_kernels_named(const char *name);
/// The fastest table of this CPU.
const wk_kernels *wk_kernels_best(void);

// MARK: operations with one version

/// The `k` largest of `n` logits, largest first, ties to the lower index, and the softmax over those `k`. NaN never wins
/// over a number. Requires k ≤ n.
void wk_router_top_k(const float *logits, size_t n, size_t k, uint32_t *experts, float *weights);
/// Writes K or V of one position into its KV block; `lane` is position mod 16. Saturates to the largest half float.
void wk_kv_store_k(uint8_t *block, size_t lane, const float *k, size_t head_dim);
void wk_kv_store_v(uint8_t *block, size_t lane, const float *v, size_t head_dim);
/// bf16 to float; `x` may be unaligned.
void wk_widen_bf16(const void *x, size_t n, float *out);
/// Gathers `tokens` rows (activation tiles of one token) into one tile of `tokens`.
void wk_gather_activations(const uint8_t *const *rows, size_t tokens, size_t blocks, size_t block, uint8_t *out);

/// Packs 16 rows of a published MXFP4 matrix into a tile. `rows[i]` < 0 is a row of zeros. `source_blocks` blocks per row
/// are read. Returns 0, or −1 when a scale byte is 255 (NaN in the OCP MX format), `out` then being unspecified.
int wk_pack_mxfp4_tile(const uint8_t *blocks, const uint8_t *scales, size_t source_blocks, const int64_t rows[16], uint8_t *out);
/// Packs 16 rows of a bf16 matrix `[.., columns]` into an int8 tile of `out_blocks` blocks. Each `group` source columns
/// become `padded_group` columns, the rest zeros; `w` may be unaligned. Returns 0, or −1 when a weight is not finite.
int wk_pack_int8_tile(const void *w, size_t columns, size_t group, size_t padded_group, const int64_t rows[16],
                      size_t out_blocks, uint8_t *out);

// MARK: threads

/// A few persistent threads that take numbered pieces of work off one counter. A run waits for pieces, never for
/// threads: a helper that the system has descheduled delays nothing it has not begun. Spinning is bounded. Beside busy neighbours, when helpers that lost
/// their core hold up run after run, the pool goes on with fewer until that is over.
typedef struct wk_pool wk_pool;
/// `threads` counts the caller. NULL when out of memory; fewer helpers when the system refuses threads.
wk_pool *wk_pool_create(uint32_t threads);
void wk_pool_destroy(wk_pool *pool);
uint32_t wk_pool_threads(const wk_pool *pool);
/// Calls body(context, item, worker) once for each item < count, worker < threads, and returns when all have returned.
/// Only one run at a time. count < 2^20.
void wk_pool_run(wk_pool *pool, uint32_t count, void (*body)(void *context, uint32_t item, uint32_t worker), void *context);

/// A flag that one thread waits for: set stays set until a wait takes it.
typedef struct wk_event wk_event;
/// NULL when out of memory.
wk_event *wk_event_create(void);
void wk_event_destroy(wk_event *event);
void wk_event_set(wk_event *event);
void wk_event_wait(wk_event *event);
/// Starts a detached thread; 0, or the error number of pthread_create.
int wk_thread_start(void (*body)(void *context), void *context);

/// Makes pages of a file mapping present, reading them if need be; returns when done. 0 if the system did.
int wk_populate(const void *address, size_t bytes);
/// Asks for large pages for a range, or for none of them. A hint: nothing depends on it but speed and memory.
void wk_advise_huge_pages(const void *address, size_t bytes, int wanted);

#ifdef __cplusplus
}
#endif
