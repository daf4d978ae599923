/// The float operations as plain loops: what the vector tables are compared with, and what runs on any other CPU.
#include "internal.h"

#pragma STDC FP_CONTRACT OFF

void wk_quantize_scalar(const float *x, size_t n, size_t block, uint8_t *activations, size_t tokens, size_t token) {
  const size_t blocks = (n + block - 1) / block;
  const int32_t offset = block == WK_MXFP4_BLOCK ? 12 : 128;
  for (size_t k = 0; k < blocks; k++, activations += tokens * (block + 8)) {
    // fmaxf drops a NaN: a block with one must not pass for a block of its neighbours, or of zeros.
    float maximum = 0;
    int wrong = 0;
    for (size_t i = k * block; i < (k + 1) * block && i < n; i++) {
      wrong |= !(fabsf(x[i]) <= WK_LARGEST_MAXIMUM);
      maximum = fmaxf(maximum, fabsf(x[i]));
    }
    if (wrong) maximum = INFINITY;
    const float scale = maximum / 127, inverse = maximum >= WK_SMALLEST_MAXIMUM && maximum <= WK_LARGEST_MAXIMUM ? 127 / maximum : 0;
    int32_t total = 0;
    for (size_t i = 0; i < block; i++) {
      const float value = k * block + i < n ? x[k * block + i] * inverse : 0;
      // fmaxf drops a NaN, so the conversion is always defined.
      const int32_t q = (int32_t)rintf(fminf(fmaxf(value, -127), 127));
      activations[token * block + i] = (uint8_t)(int8_t)q;
      total += q;
    }
    const int32_t correction = -offset * total;
    const float stored = maximum <= WK_LARGEST_MAXIMUM ? (inverse > 0 ? scale : 0) : NAN;
    memcpy(activations + tokens * block + 4 * token, &stored, 4);
    memcpy(activations + tokens * (block + 4) + 4 * token, &correction, 4);
  }
}

void wk_rmsnorm_scalar(const float *x, const float *w, size_t n, float eps, float *out) {
  double squares = 0;
  for (size_t i = 0; i < n; i++) squares += (double)x[i] * x[i];
  const float scale = n ? 1 / sqrtf((float)(squares / (double)n) + eps) : 0;
  for (size_t i = 0; i < n; i++) out[i] = x[i] * scale * w[i];
}

void wk_rope_scalar(float *x, const float *cosine, const float *sine, size_t head_dim) {
  const size_t half = head_dim / 2;
  for (size_t i = 0; i < half; i++) {
    const float a = x[i], b = x[half + i];
    x[i] = a * cosine[i] - b * sine[i];
    x[half + i] = b * cosine[i] + a * sine[i];
  }
}

void wk_swiglu_scalar(const float *x, const float *bias, size_t n, float limit, float *out) {
  for (size_t i = 0; i < n; i++) {
    const size_t at = i / 16 * 32 + i % 16;
    const float gate = fminf(x[at] + bias[at], limit);
    const float up = fminf(fmaxf(x[at + 16] + bias[at + 16], -limit), limit);
    out[i] = gate / (1 + expf(-1.702f * gate)) * (up + 1);
  }
}

void wk_matvec_f32_bf16w_scalar(const uint16_t *w, const float *bias, size_t rows, size_t n, const float *x, float *out) {
  for (size_t r = 0; r < rows; r++) {
    double total = 0;
    for (size_t i = 0; i < n; i++) total += (double)wk_bf16(w[r * n + i]) * x[i];
    out[r] = (float)total + bias[r];
  }
}

void wk_add_scaled_scalar(float *x, const float *y, const float *bias, float weight, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = fmaf(y[i] + bias[i], weight, x[i]);
}

static float half_value(const uint8_t *p) {
  uint16_t h;
  memcpy(&h, p, 2);
  const int exponent = (h >> 10) & 31, fraction = h & 1023;
  const float magnitude = exponent ? ldexpf((float)(1024 + fraction), exponent - 25) : ldexpf((float)fraction, -24);
  return h & 0x8000 ? -magnitude : magnitude;
}

void wk_attention_scalar(const wk_attention *a) {
  const size_t hd = a->head_dim;
  for (size_t p = a->first; p < a->last; p++) {
    const uint8_t *block = a->blocks + p / WK_KV_BLOCK % a->ring_blocks * wk_kv_block_bytes(hd), lane = p % WK_KV_BLOCK;
    for (size_t r = 0; r < a->rows; r++) {
      float score = 0;
      for (size_t d = 0; d < hd; d++) score += a->q[r * hd + d] * half_value(block + 2 * (WK_KV_BLOCK * d + lane));
      const float maximum = fmaxf(a->maximum[r], score);
      const float scale = expf(a->maximum[r] - maximum), weight = expf(score - maximum);
      a->maximum[r] = maximum;
      a->sum[r] = a->sum[r] * scale + weight;
      const uint8_t *v = block + 2 * WK_KV_BLOCK * hd + 2 * hd * lane;
      for (size_t d = 0; d < hd; d++) a->out[r * hd + d] = a->out[r * hd + d] * scale + weight * half_value(v + 2 * d);
    }
  }
}

size_t wk_argmax_scalar(const float *x, size_t n) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++)
    if (x[i] > x[best] || (isnan(x[best]) && !isnan(x[i]))) best = i;
  return best;
}

size_t wk_sample_scalar(const float *x, size_t n, float highest, float sharpness, double u) {
  double total = 0;
  for (size_t i = 0; i < n; i++) total += isnan(x[i]) ? 0 : expf((x[i] - highest) * sharpness);
  double left = u * total;
  size_t last = 0;
  for (size_t i = 0; i < n; i++) {
    const double weight = isnan(x[i]) ? 0 : expf((x[i] - highest) * sharpness);
    left -= weight;
    if (weight > 0) last = i;
    if (left < 0) return i;
  }
  return last;
}
