void WK_NAME(wk_quantize)(const float *x, size_t n, size_t block, uint8_t *activations, size_t tokens, size_t token) {
  const size_t blocks = (n + block - 1) / block, stride = tokens * (block + 8);
  const int32_t offset = block == WK_MXFP4_BLOCK ? 12 : 128;
  for (size_t k = 0; k < blocks; k++, activations += stride) {
    const float *from = x + k * block;
    float padded[WK_INT8_BLOCK];
    if ((k + 1) * block > n) {
      for (size_t i = 0; i < block; i++) padded[i] = k * block + i < n ? from[i] : 0;
      from = padded;
    }
    wk_f16x largest = 0;
    // The largest of numbers drops a NaN: a block with one must not pass for a block of its neighbours, or of zeros.
    wk_i16x wrong = 0;
    for (size_t i = 0; i < block; i += 16) {
      const wk_f16x magnitude = __builtin_elementwise_abs(LOAD16(from + i));
      wrong |= ~(magnitude <= WK_LARGEST_MAXIMUM);
      largest = __builtin_elementwise_max(largest, magnitude);
    }
    const float maximum = __builtin_reduce_or(wrong) ? INFINITY : MAX16(largest), scale = maximum / 127;
    const float inverse = maximum >= WK_SMALLEST_MAXIMUM && maximum <= WK_LARGEST_MAXIMUM ? 127 / maximum : 0;
    wk_i16x total = 0;
    for (size_t i = 0; i < block; i += 16) {
      const wk_f16x scaled = LOAD16(from + i) * inverse;
      const wk_f16x clamped = __builtin_elementwise_min(__builtin_elementwise_max(scaled, (wk_f16x)-127.0f), (wk_f16x)127.0f);
      const wk_i16x q = __builtin_convertvector(__builtin_elementwise_roundeven(clamped), wk_i16x);
      const wk_b16x bytes = __builtin_convertvector(q, wk_b16x);
      memcpy(activations + token * block + i, &bytes, 16);
      total += q;
    }
    const int32_t correction = -offset * __builtin_reduce_add(total);
    const float stored = maximum <= WK_LARGEST_MAXIMUM ? (inverse > 0 ? scale : 0) : NAN;
    memcpy(activations + tokens * block + 4 * token, &stored, 4);
    memcpy(activations + tokens * (block + 4) + 4 * token, &correction, 4);
  }
}
