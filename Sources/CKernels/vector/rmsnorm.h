void WK_NAME(wk_rmsnorm)(const float *x, const float *w, size_t n, float eps, float *out) {
  wk_f16x squares = 0;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) squares = FMA(LOAD16(x + i), LOAD16(x + i), squares);
  float total = SUM16(squares);
  for (size_t j = i; j < n; j++) total += x[j] * x[j];
  const float scale = n ? 1 / sqrtf(total / (float)n + eps) : 0;
  for (i = 0; i + 16 <= n; i += 16) STORE16(out + i, LOAD16(x + i) * scale * LOAD16(w + i));
  for (; i < n; i++) out[i] = x[i] * scale * w[i];
}
