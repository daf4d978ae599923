void WK_NAME(wk_add_scaled)(float *x, const float *y, const float *bias, float weight, size_t n) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) STORE16(x + i, FMA(LOAD16(y + i) + LOAD16(bias + i), weight, LOAD16(x + i)));
  for (; i < n; i++) x[i] = __builtin_elementwise_fma(y[i] + bias[i], weight, x[i]);
}
