#include "internal.h"

void wk_router_top_k(const float *logits, size_t n, size_t k, uint32_t *experts, float *weights) {
  for (size_t slot = 0; slot < k; slot++) {
    size_t best = n;
    for (size_t e = 0; e < n; e++) {
      int taken = 0;
      for (size_t s = 0; s < slot; s++) taken |= experts[s] == e;
      if (!taken && (best == n || logits[e] > logits[best] || (isnan(logits[best]) && !isnan(logits[e])))) best = e;
    }
    experts[slot] = (uint32_t)best;
    weights[slot] = logits[best];
  }
  float total = 0;
  const float largest = k ? weights[0] : 0;
  for (size_t slot = 0; slot < k; slot++) total += weights[slot] = expf(weights[slot] - largest);
  for (size_t slot = 0; slot < k; slot++) weights[slot] /= total;
}
