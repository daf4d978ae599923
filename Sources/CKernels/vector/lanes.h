// Included once for each instruction set, inside its target attribute, with WK_NAME(op) and the suffix set.
// Sixteen lanes everywhere: the compiler splits them into what the CPU has, so all vector tables run the same
// operations in the same order and agree bit for bit.
#ifndef WK_LANES
#define WK_LANES
typedef float wk_f16x __attribute__((ext_vector_type(16)));
typedef float wk_f8x __attribute__((ext_vector_type(8)));
typedef float wk_f4x __attribute__((ext_vector_type(4)));
typedef float wk_f2x __attribute__((ext_vector_type(2)));
typedef int32_t wk_i16x __attribute__((ext_vector_type(16)));
typedef int8_t wk_b16x __attribute__((ext_vector_type(16)));
typedef uint16_t wk_u16x __attribute__((ext_vector_type(16)));
typedef uint32_t wk_w16x __attribute__((ext_vector_type(16)));
typedef _Float16 wk_h16x __attribute__((ext_vector_type(16)));
#endif

#define LOAD16 WK_NAME(load16)
#define STORE16 WK_NAME(store16)
#define LOAD_BF16 WK_NAME(load_bf16)
#define LOAD_HALF WK_NAME(load_half)
#define SUM16 WK_NAME(sum16)
#define MAX16 WK_NAME(max16)
#define EXP16 WK_NAME(exp16)
#define FMA(a, b, c) __builtin_elementwise_fma((wk_f16x)(a), (wk_f16x)(b), (wk_f16x)(c))

// memcpy keeps loads unaligned and free of aliasing rules; it compiles to one instruction.
WK_INLINE wk_f16x LOAD16(const float *p) {
  wk_f16x v;
  memcpy(&v, p, 64);
  return v;
}
WK_INLINE void STORE16(float *p, wk_f16x v) { memcpy(p, &v, 64); }
WK_INLINE wk_f16x LOAD_BF16(const uint16_t *p) {
  wk_u16x v;
  memcpy(&v, p, 32);
  return (wk_f16x)(__builtin_convertvector(v, wk_w16x) << 16);
}
WK_INLINE wk_f16x LOAD_HALF(const uint8_t *p) {
  wk_h16x v;
  memcpy(&v, p, 32);
  return __builtin_convertvector(v, wk_f16x);
}
WK_INLINE float SUM16(wk_f16x v) {
  const wk_f8x a = v.lo + v.hi;
  const wk_f4x b = a.lo + a.hi;
  const wk_f2x c = b.lo + b.hi;
  return c.x + c.y;
}
WK_INLINE float MAX16(wk_f16x v) {
  const wk_f8x a = __builtin_elementwise_max(v.lo, v.hi);
  const wk_f4x b = __builtin_elementwise_max(a.lo, a.hi);
  const wk_f2x c = __builtin_elementwise_max(b.lo, b.hi);
  return c.x > c.y ? c.x : c.y;
}
/// e^x within 2 units in the last place for −87 ≤ x ≤ 88; 0 below, clamped above. Cephes' minimax polynomial degree, with
/// the argument reduced by ln 2 in two parts.
WK_INLINE wk_f16x EXP16(wk_f16x x) {
  const wk_f16x clamped = __builtin_elementwise_min(__builtin_elementwise_max(x, (wk_f16x)-87.0f), (wk_f16x)88.0f);
  const wk_f16x n = __builtin_elementwise_roundeven(clamped * 1.44269504088896341f);
  wk_f16x r = FMA(n, -0.693359375f, clamped);
  r = FMA(n, 2.12194440e-4f, r);
  wk_f16x p = FMA(r, 1.9875691500e-4f, 1.3981999507e-3f);
  p = FMA(p, r, 8.3334519073e-3f);
  p = FMA(p, r, 4.1665795894e-2f);
  p = FMA(p, r, 1.6666665459e-1f);
  p = FMA(p, r, 5.0000001201e-1f);
  p = FMA(p, r * r, r) + 1.0f;
  const wk_i16x exponent = (__builtin_convertvector(n, wk_i16x) + 127) << 23;
  const wk_f16x value = p * (wk_f16x)exponent;
  return (wk_f16x)((wk_i16x)value & (x >= -87.0f));
}
