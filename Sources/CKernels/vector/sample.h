/// Weights of 16 values from `i` on; those behind `n` have none.
WK_INLINE wk_f16x WK_NAME(weights)(const float *x, size_t i, size_t n, float highest, float sharpness) {
  float padded[16];
  const float *from = x + i;
  if (i + 16 > n) {
    for (size_t l = 0; l < 16; l++) padded[l] = i + l < n ? from[l] : -INFINITY;
    from = padded;
  }
  // EXP16 makes 0 of what is below −87 and of NaN.
  return EXP16((LOAD16(from) - highest) * sharpness);
}

size_t WK_NAME(wk_sample)(const float *x, size_t n, float highest, float sharpness, double u) {
  enum { PARTS = 256 };
  const size_t size = (n + 16 * PARTS - 1) / (16 * PARTS) * 16;
  double sums[PARTS], total = 0;
  size_t parts = 0, last = 0;
  for (size_t first = 0; first < n; first += size, parts++) {
    wk_f16x sum = 0;
    for (size_t i = first; i < first + size && i < n; i += 16) sum += WK_NAME(weights)(x, i, n, highest, sharpness);
    total += sums[parts] = SUM16(sum);
  }
  double left = u * total;
  for (size_t part = 0; part < parts; part++) {
    if (left >= sums[part] && part + 1 < parts) {
      left -= sums[part];
      continue;
    }
    for (size_t i = part * size; i < (part + 1) * size && i < n; i += 16) {
      const wk_f16x weight = WK_NAME(weights)(x, i, n, highest, sharpness);
      for (size_t l = 0; l < 16; l++) {
        left -= (double)weight[l];
        if (weight[l] > 0) last = i + l;
        if (left < 0) return i + l;
      }
    }
    // Rounding may leave a crumb at the end of a part; its last value takes it, if it has any.
    if (last >= part * size && sums[part] > 0) return last;
  }
  return last;
}
