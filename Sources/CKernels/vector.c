/// The float operations, one source for all vector instruction sets (see vector/lanes.h).
#include "internal.h"

// Contraction would differ between targets; where a fused multiply-add is wanted it is written.
#pragma STDC FP_CONTRACT OFF
// Vectors wider than a register are passed between inlined functions only, so their calling convention is never used.
#pragma clang diagnostic ignored "-Wpsabi"

#if WK_X86
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c"))), apply_to = function)
#define WK_NAME(op) op##_avx512
#include "vector/all.h"
#undef WK_NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define WK_NAME(op) op##_avx2
#include "vector/all.h"
#undef WK_NAME
#pragma clang attribute pop
#endif

#if WK_ARM
#define WK_NAME(op) op##_neon
#include "vector/all.h"
#undef WK_NAME
#endif
