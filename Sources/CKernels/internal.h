#pragma once
#include "ckernels.h"
#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#define WK_X86 1
#elif defined(__aarch64__)
#define WK_ARM 1
#endif

#define WK_INLINE static inline __attribute__((always_inline))

/// Declares an op in every instruction set.
#define WK_EACH(RETURN, NAME, ARGUMENTS) \
  RETURN NAME##_scalar ARGUMENTS;        \
  RETURN NAME##_avx2 ARGUMENTS;          \
  RETURN NAME##_avx512 ARGUMENTS;        \
  RETURN NAME##_neon ARGUMENTS;

#define WK_MATMUL_ARGS \
  (const uint8_t *w, size_t row_tiles, size_t blocks, const uint8_t *activations, size_t tokens, float *out, size_t ldo)
WK_EACH(void, wk_matmul_f32_mxfp4w, WK_MATMUL_ARGS)
WK_EACH(void, wk_matmul_f32_int8w, WK_MATMUL_ARGS)
WK_EACH(void, wk_quantize, (const float *x, size_t n, size_t block, uint8_t *activations, size_t tokens, size_t token))
WK_EACH(void, wk_rmsnorm, (const float *x, const float *w, size_t n, float eps, float *out))
WK_EACH(void, wk_rope, (float *x, const float *cosine, const float *sine, size_t head_dim))
WK_EACH(void, wk_swiglu, (const float *x, const float *bias, size_t n, float limit, float *out))
WK_EACH(void, wk_matvec_f32_bf16w, (const uint16_t *w, const float *bias, size_t rows, size_t n, const float *x, float *out))
WK_EACH(void, wk_add_scaled, (float *x, const float *y, const float *bias, float weight, size_t n))
WK_EACH(void, wk_attention, (const wk_attention *a))
WK_EACH(size_t, wk_argmax, (const float *x, size_t n))
WK_EACH(size_t, wk_sample, (const float *x, size_t n, float highest, float sharpness, double u))

/// A weight tile is one ascending stream: a cache line of scales, then the blocks that they belong to. A core's prefetchers follow
/// one stream and lose two: with the scales in a plane of their own a single thread read 14 GB/s, and so it reads 30.
enum { WK_MXFP4_GROUP = 4, WK_MXFP4_GROUP_BYTES = 64 + 4 * 256, WK_INT8_GROUP = 2, WK_INT8_GROUP_BYTES = 64 + 2 * 1024 };
/// Bytes ahead that the kernels for more than a few tokens prefetch, into the second cache: every line once, those of scales too, or each group waits
/// for one. With few tokens the loads come fast enough for the hardware to follow, and asking as well is slower. Beyond the end it is harmless.
enum { WK_PREFETCH = 12 * 1024 };
WK_INLINE size_t wk_mxfp4_exponents(size_t block) {
  return block / WK_MXFP4_GROUP * WK_MXFP4_GROUP_BYTES + 16 * (block % WK_MXFP4_GROUP);
}
WK_INLINE size_t wk_mxfp4_values(size_t block) {
  return block / WK_MXFP4_GROUP * WK_MXFP4_GROUP_BYTES + 64 + 256 * (block % WK_MXFP4_GROUP);
}
WK_INLINE size_t wk_int8_scales(size_t block) {
  return block / WK_INT8_GROUP * WK_INT8_GROUP_BYTES + 32 * (block % WK_INT8_GROUP);
}
WK_INLINE size_t wk_int8_values(size_t block) {
  return block / WK_INT8_GROUP * WK_INT8_GROUP_BYTES + 64 + 1024 * (block % WK_INT8_GROUP);
}

WK_INLINE float wk_bits(uint32_t u) {
  float f;
  memcpy(&f, &u, 4);
  return f;
}
WK_INLINE float wk_bf16(uint16_t h) { return wk_bits((uint32_t)h << 16); }
WK_INLINE float wk_load_f32(const uint8_t *p) {
  float f;
  memcpy(&f, p, 4);
  return f;
}
WK_INLINE int32_t wk_load_i32(const uint8_t *p) {
  int32_t i;
  memcpy(&i, p, 4);
  return i;
}
/// A block whose largest magnitude is below the first is quantised to zeros, because 127 divided by it could overflow; above the second it is
/// no number.
#define WK_SMALLEST_MAXIMUM 1e-30f
#define WK_LARGEST_MAXIMUM 3.4e38f

/// MXFP4 values doubled, so that they are integers; the kernels halve the finished sum, which is exact.
static const int8_t wk_mxfp4_doubled[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
