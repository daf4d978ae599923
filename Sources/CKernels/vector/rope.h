void WK_NAME(wk_rope)(float *x, const float *cosine, const float *sine, size_t head_dim) {
  const size_t half = head_dim / 2;
  size_t i = 0;
  for (; i + 16 <= half; i += 16) {
    const wk_f16x a = LOAD16(x + i), b = LOAD16(x + half + i), c = LOAD16(cosine + i), s = LOAD16(sine + i);
    STORE16(x + i, a * c - b * s);
    STORE16(x + half + i, b * c + a * s);
  }
  for (; i < half; i++) {
    const float a = x[i], b = x[half + i];
    x[i] = a * cosine[i] - b * sine[i];
    x[half + i] = b * cosine[i] + a * sine[i];
  }
}
