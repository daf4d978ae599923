void WK_NAME(wk_swiglu)(const float *x, const float *bias, size_t n, float limit, float *out) {
  for (size_t i = 0; i + 16 <= n; i += 16) {
    wk_f16x gate = LOAD16(x + 2 * i) + LOAD16(bias + 2 * i), up = LOAD16(x + 2 * i + 16) + LOAD16(bias + 2 * i + 16);
    gate = __builtin_elementwise_min(gate, (wk_f16x)limit);
    up = __builtin_elementwise_min(__builtin_elementwise_max(up, (wk_f16x)-limit), (wk_f16x)limit);
    STORE16(out + i, gate / (1.0f + EXP16(-1.702f * gate)) * (up + 1.0f));
  }
}
