#include "internal.h"

#define TABLE(ISA)                                                                                                     \
  static const wk_kernels ISA##_table = {                                                                              \
      .name = #ISA,                                                                                                    \
      .matmul_f32_mxfp4w = wk_matmul_f32_mxfp4w_##ISA,                                                                 \
      .matmul_f32_int8w = wk_matmul_f32_int8w_##ISA,                                                                   \
      .quantize = wk_quantize_##ISA,                                                                                   \
      .rmsnorm = wk_rmsnorm_##ISA,                                                                                     \
      .rope = wk_rope_##ISA,                                                                                           \
      .swiglu = wk_swiglu_##ISA,                                                                                       \
      .matvec_f32_bf16w = wk_matvec_f32_bf16w_##ISA,                                                                   \
      .add_scaled = wk_add_scaled_##ISA,                                                                               \
      .attention = wk_attention_##ISA,                                                                                 \
      .argmax = wk_argmax_##ISA,                                                                                       \
      .sample = wk_sample_##ISA,                                                                                       \
  };

TABLE(scalar)
#if WK_X86
TABLE(avx2)
TABLE(avx512)
static int has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}
#endif
#if WK_ARM
TABLE(neon)
#if defined(__linux__)
#include <sys/auxv.h>
static int has_dot_product(void) { return (getauxval(AT_HWCAP) & (1 << 20)) != 0; }
#else
static int has_dot_product(void) { return 1; }
#endif
#endif

const wk_kernels *wk_kernels_named(const char *name) {
  if (!strcmp(name, "scalar")) return &scalar_table;
#if WK_X86
  if (!strcmp(name, "avx2") && has_avx2()) return &avx2_table;
  if (!strcmp(name, "avx512") && has_avx512()) return &avx512_table;
#endif
#if WK_ARM
  if (!strcmp(name, "neon") && has_dot_product()) return &neon_table;
#endif
  return NULL;
}

const wk_kernels *wk_kernels_best(void) {
  static const char *const order[] = {"avx512", "neon", "avx2"};
  for (size_t i = 0; i < 3; i++) {
    const wk_kernels *table = wk_kernels_named(order[i]);
    if (table) return table;
  }
  return &scalar_table;
}
