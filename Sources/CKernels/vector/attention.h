// One K or V block is widened once for all query heads of the group. Scores come 16 positions at a time, with K
// transposed in its block, so that no sum runs across lanes. Tiles of 64 positions from the start of the segment keep the
// order of operations independent of how a prompt was cut into chunks.
#define TILE 64

/// score[r][p] of `rows` heads for one block.
WK_INLINE void WK_NAME(scores)(const float *q, size_t rows, size_t head_dim, const uint8_t *block, float *score) {
  wk_f16x s[8];
  for (size_t r = 0; r < rows; r++) s[r] = 0;
  for (size_t d = 0; d < head_dim; d++) {
    const wk_f16x k = LOAD_HALF(block + 2 * WK_KV_BLOCK * d);
    for (size_t r = 0; r < rows; r++) s[r] = FMA(q[r * head_dim + d], k, s[r]);
  }
  for (size_t r = 0; r < rows; r++) STORE16(score + r * TILE, s[r]);
}

/// out[r] += Σ p[r][i] · V[i] over positions lo ..< hi of a tile.
WK_INLINE void WK_NAME(weigh)(const wk_attention *a, size_t tile, size_t lo, size_t hi, size_t row, size_t rows, const float *p) {
  const size_t hd = a->head_dim, bytes = 4 * WK_KV_BLOCK * hd;
  for (size_t d = 0; d < hd; d += 16) {
    wk_f16x o[8];
    for (size_t r = 0; r < rows; r++) o[r] = LOAD16(a->out + (row + r) * hd + d);
    for (size_t i = lo; i < hi; i++) {
      const size_t position = tile + i;
      const uint8_t *block = a->blocks + position / WK_KV_BLOCK % a->ring_blocks * bytes;
      const wk_f16x v = LOAD_HALF(block + 2 * WK_KV_BLOCK * hd + 2 * (hd * (position % WK_KV_BLOCK) + d));
      for (size_t r = 0; r < rows; r++) o[r] = FMA(p[r * TILE + i], v, o[r]);
    }
    for (size_t r = 0; r < rows; r++) STORE16(a->out + (row + r) * hd + d, o[r]);
  }
}

WK_INLINE void WK_NAME(attend)(const wk_attention *a, size_t row, size_t rows) {
  const size_t hd = a->head_dim, bytes = 4 * WK_KV_BLOCK * hd;
  const wk_f16x lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  float p[8 * TILE];
  for (size_t tile = a->first / TILE * TILE; tile < a->last; tile += TILE) {
    const size_t lo = a->first > tile ? a->first - tile : 0, hi = a->last - tile < TILE ? a->last - tile : TILE;
    const size_t from = lo / 16 * 16, to = (hi + 15) / 16 * 16;
    for (size_t i = from; i < to; i += 16)
      WK_NAME(scores)(a->q + row * hd, rows, hd, a->blocks + (tile + i) / WK_KV_BLOCK % a->ring_blocks * bytes, p + i);
    for (size_t r = 0; r < rows; r++) {
      float *score = p + r * TILE;
      wk_f16x highest = -INFINITY;
      for (size_t i = from; i < to; i += 16) {
        const wk_f16x at = lane + (float)i, s = LOAD16(score + i);
        const wk_i16x seen = (at >= (float)lo) & (at < (float)hi);
        const wk_f16x masked = (wk_f16x)(((wk_i16x)s & seen) | ((wk_i16x)(wk_f16x)-INFINITY & ~seen));
        STORE16(score + i, masked);
        highest = __builtin_elementwise_max(highest, masked);
      }
      const float before = a->maximum[row + r], tile_maximum = MAX16(highest);
      const float maximum = tile_maximum > before ? tile_maximum : before;
      wk_f16x total = 0;
      for (size_t i = from; i < to; i += 16) {
        const wk_f16x e = EXP16(LOAD16(score + i) - maximum);
        STORE16(score + i, e);
        total += e;
      }
      const float scale = EXP16((wk_f16x)(before - maximum)).x;
      a->maximum[row + r] = maximum;
      a->sum[row + r] = a->sum[row + r] * scale + SUM16(total);
      if (scale != 1)
        for (size_t d = 0; d < hd; d += 16) STORE16(a->out + (row + r) * hd + d, LOAD16(a->out + (row + r) * hd + d) * scale);
    }
    WK_NAME(weigh)(a, tile, lo, hi, row, rows, p);
  }
}

void WK_NAME(wk_attention)(const wk_attention *a) {
  size_t row = 0;
  for (; row + 8 <= a->rows; row += 8) WK_NAME(attend)(a, row, 8);
  for (; row + 4 <= a->rows; row += 4) WK_NAME(attend)(a, row, 4);
  for (; row + 2 <= a->rows; row += 2) WK_NAME(attend)(a, row, 2);
  for (; row < a->rows; row++) WK_NAME(attend)(a, row, 1);
}
#undef TILE
