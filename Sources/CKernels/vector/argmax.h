size_t WK_NAME(wk_argmax)(const float *x, size_t n) {
  const wk_i16x lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  wk_f16x best = -INFINITY;
  wk_i16x place = -1;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    // A comparison with NaN is false, so NaN is never taken.
    const wk_f16x v = LOAD16(x + i);
    const wk_i16x more = v > best;
    best = (wk_f16x)(((wk_i16x)v & more) | ((wk_i16x)best & ~more));
    place = (((int32_t)i + lane) & more) | (place & ~more);
  }
  size_t found = n;
  float value = -INFINITY;
  for (size_t l = 0; l < 16; l++)
    if (place[l] >= 0 && (best[l] > value || (best[l] == value && (size_t)place[l] < found))) {
      value = best[l];
      found = (size_t)place[l];
    }
  for (; i < n; i++)
    if (x[i] > value) {
      value = x[i];
      found = i;
    }
  // Nothing but −∞ and NaN: rare enough for the plain loop.
  return found < n ? found : wk_argmax_scalar(x, n);
}
