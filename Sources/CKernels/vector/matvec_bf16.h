void WK_NAME(wk_matvec_f32_bf16w)(const uint16_t *w, const float *bias, size_t rows, size_t n, const float *x, float *out) {
  for (size_t r = 0; r < rows; r++, w += n) {
    wk_f16x a = 0, b = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      a = FMA(LOAD_BF16(w + i), LOAD16(x + i), a);
      b = FMA(LOAD_BF16(w + i + 16), LOAD16(x + i + 16), b);
    }
    float total = SUM16(a + b);
    for (; i < n; i++) total += wk_bf16(w[i]) * x[i];
    out[r] = total + bias[r];
  }
}
