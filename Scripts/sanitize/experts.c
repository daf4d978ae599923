#include "harness.h"

/// One mixture-of-experts layer as the engine runs it: route, gather by expert, gate and up, SwiGLU, down, weighted sum.
typedef struct {
  size_t tokens, experts, k, hidden_blocks, features;
  const uint16_t *router;
  const float *router_bias, *gate_up_bias, *down_bias;
  const uint8_t *gate_up, *down;
} layer;

static size_t hidden(const layer *l) { return 32 * l->hidden_blocks; }

static void run_tile(const wk_kernels *k, const layer *l, size_t expert, const uint32_t *picked, const float *weights, const uint8_t *const *rows,
                     const size_t *assigned, size_t tokens, float *x) {
  const size_t gate_tiles = 2 * l->features / 16, down_tiles = hidden(l) / 16, intermediate_blocks = l->features / 32;
  (void)picked;
  uint8_t *input = exact(wk_activation_bytes(tokens, l->hidden_blocks, 32), 0);
  wk_gather_activations(rows, tokens, l->hidden_blocks, 32, input);
  float *up = exact(4 * tokens * gate_tiles * 16, 0), *act = exact(4 * l->features, 0), *out = exact(4 * tokens * down_tiles * 16, 0);
  k->matmul_f32_mxfp4w(l->gate_up + expert * gate_tiles * wk_mxfp4_tile_bytes(l->hidden_blocks), gate_tiles, l->hidden_blocks, input, tokens, up, gate_tiles * 16);
  uint8_t *middle = exact(wk_activation_bytes(tokens, intermediate_blocks, 32), 0);
  for (size_t t = 0; t < tokens; t++) {
    k->swiglu(up + t * gate_tiles * 16, l->gate_up_bias + expert * gate_tiles * 16, l->features, 7, act);
    k->quantize(act, l->features, 32, middle, tokens, t);
  }
  k->matmul_f32_mxfp4w(l->down + expert * down_tiles * wk_mxfp4_tile_bytes(intermediate_blocks), down_tiles, intermediate_blocks, middle, tokens, out, down_tiles * 16);
  for (size_t t = 0; t < tokens; t++)
    k->add_scaled(x + assigned[t] / l->k * hidden(l), out + t * down_tiles * 16, l->down_bias + expert * down_tiles * 16, weights[assigned[t]], hidden(l));
}

static float *run(const wk_kernels *k, const layer *l, const float *input) {
  const size_t n = hidden(l), row_bytes = wk_activation_bytes(1, l->hidden_blocks, 32);
  float *x = exact(4 * l->tokens * n, 0), *weights = exact(4 * l->tokens * l->k, 0);
  uint32_t *picked = exact(4 * l->tokens * l->k, 0);
  uint8_t *rows = exact(l->tokens * row_bytes, 0);
  memcpy(x, input, 4 * l->tokens * n);
  for (size_t t = 0; t < l->tokens; t++) {
    float *logits = exact(4 * l->experts, 0);
    // The scalar choice for all tables, so that a tie cannot send them different ways.
    scalar()->matvec_f32_bf16w(l->router, l->router_bias, l->experts, n, input + t * n, logits);
    wk_router_top_k(logits, l->experts, l->k, picked + t * l->k, weights + t * l->k);
    k->quantize(input + t * n, n, 32, rows + t * row_bytes, 1, 0);
  }
  for (size_t expert = 0; expert < l->experts; expert++) {
    const uint8_t *tile_rows[WK_TILE_TOKENS];
    size_t assigned[WK_TILE_TOKENS], count = 0;
    for (size_t i = 0; i < l->tokens * l->k; i++) {
      if (picked[i] != expert) continue;
      assigned[count] = i, tile_rows[count++] = rows + i / l->k * row_bytes;
      if (count == WK_TILE_TOKENS) run_tile(k, l, expert, picked, weights, tile_rows, assigned, count, x), count = 0;
    }
    if (count) run_tile(k, l, expert, picked, weights, tile_rows, assigned, count, x);
  }
  return x;
}

/// `to_one`: a bias sends all tokens to the first `k` experts.
static void check_layer(size_t tokens, size_t experts, size_t k, int to_one) {
  layer l = {.tokens = tokens, .experts = experts, .k = k, .hidden_blocks = 3, .features = 64};
  float *bias = random_floats(experts, 0.1f, 0);
  if (to_one)
    for (size_t e = 0; e < k; e++) bias[e] = 1000 - (float)e;
  l.router = random_bf16(experts * hidden(&l), 0), l.router_bias = bias;
  l.gate_up = mxfp4_tiles(experts * 2 * l.features / 16, l.hidden_blocks, 0), l.gate_up_bias = random_floats(experts * 2 * l.features, 1, 0);
  l.down = mxfp4_tiles(experts * hidden(&l) / 16, l.features / 32, 0), l.down_bias = random_floats(experts * hidden(&l), 1, 0);
  const float *input = random_floats(tokens * hidden(&l), 1, 0), *expected = run(scalar(), &l, input);
  FOR_EACH_TABLE(v)
  CHECK(close(run(v, &l, input), expected, tokens * hidden(&l), 1e-2f), "%s: %zu tokens, %zu of %zu experts%s", v->name, tokens, k, experts,
        to_one ? ", all to the same" : "");
  release_all();
}

void check_experts(void) {
  static const size_t tokens[] = {0, 1, 2, 15, 16, 17, 31, 32, 33};
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
    check_layer(tokens[i], 8, 1, 1);
    check_layer(tokens[i], 8, 4, 1);
    check_layer(tokens[i], 8, 8, 0);
    check_layer(tokens[i], 1, 1, 0);
    check_layer(tokens[i], 8, 3, 0);
  }
  // The choice itself: sorted, without repetition, ties and NaN as documented.
  for (size_t n = 1; n <= 33; n++)
    for (size_t k = 0; k <= n; k++) {
      float *logits = exact(4 * n, 0), *weights = exact(4 * k, 0);
      uint32_t *experts = exact(4 * k, 0);
      for (size_t i = 0; i < n; i++) logits[i] = random_bits() % 8 ? (float)(random_bits() % 5) : NAN;
      wk_router_top_k(logits, n, k, experts, weights);
      for (size_t i = 1; i < k; i++)
        CHECK(experts[i] < n && !(logits[experts[i]] > logits[experts[i - 1]]) && experts[i] != experts[i - 1], "top %zu of %zu", k, n);
      release_all();
    }
}
