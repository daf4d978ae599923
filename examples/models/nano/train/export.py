"""Writes a training checkpoint as a gpt-oss folder: config.json, model.safetensors with MXFP4 experts, tokenizer files.

usage: export.py CHECKPOINT.pt TOKENIZER OUT
"""
import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from model import CONFIG, sliding

VALUES = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def mxfp4(w):
    """[..., out, in] to blocks [..., out, in/32, 16] and scales [..., out, in/32]; of two scales the one with the smaller error."""
    b = w.float().reshape(*w.shape[:-1], -1, 32)
    top = b.abs().amax(-1, keepdim=True).clamp(min=2.0**-100)
    base = top.log2().floor() - 2
    best = None
    for shift in (0, 1):
        e = base + shift
        x = b / 2**e
        near = (x.abs()[..., None] - VALUES).abs().argmin(-1)
        error = ((VALUES[near] * x.sign() - x) * 2**e).square().sum(-1, keepdim=True)
        code = near + 8 * (x < 0) * (near > 0)
        if best is None:
            best = (error, e, code)
        else:
            better = error < best[0]
            best = (torch.where(better, error, best[0]), torch.where(better, e, best[1]), torch.where(better, code, best[2]))
    _, e, code = best
    blocks = (code[..., 0::2] | (code[..., 1::2] << 4)).to(torch.uint8)
    return blocks, (e[..., 0] + 127).to(torch.uint8)


def unpack(blocks, scales):
    code = torch.stack([blocks & 15, blocks >> 4], -1).flatten(-2).long()
    value = VALUES[code & 7] * torch.where(code >= 8, -1.0, 1.0)
    return (value * 2.0 ** (scales.float()[..., None] - 127)).flatten(-2)


def tensors(state, c):
    out = {"model.embed_tokens.weight": state["embed"], "lm_head.weight": state["head"], "model.norm.weight": state["norm.weight"]}
    q, kv = c["heads"] * c["head_dim"], c["kv_heads"] * c["head_dim"]
    for l in range(c["layers"]):
        s, t = f"layers.{l}.", f"model.layers.{l}."
        out[t + "input_layernorm.weight"], out[t + "post_attention_layernorm.weight"] = state[s + "norm1.weight"], state[s + "norm2.weight"]
        for name, part in zip("qkv", state[s + "qkv"].split([q, kv, kv])):
            out[f"{t}self_attn.{name}_proj.weight"] = part
        for name, part in zip("qkv", state[s + "qkv_bias"].split([q, kv, kv])):
            out[f"{t}self_attn.{name}_proj.bias"] = part
        out[t + "self_attn.o_proj.weight"], out[t + "self_attn.o_proj.bias"] = state[s + "o"], state[s + "o_bias"]
        out[t + "self_attn.sinks"] = state[s + "sinks"]
        out[t + "mlp.router.weight"], out[t + "mlp.router.bias"] = state[s + "router"], state[s + "router_bias"]

        # Rows 2i are gates, rows 2i + 1 are ups.
        both = torch.stack(state[s + "gate_up"].chunk(2, 1), 2).flatten(1, 2)
        out[t + "mlp.experts.gate_up_proj_bias"] = torch.stack(state[s + "gate_up_bias"].chunk(2, 1), 2).flatten(1, 2)
        out[t + "mlp.experts.gate_up_proj_blocks"], out[t + "mlp.experts.gate_up_proj_scales"] = mxfp4(both)
        out[t + "mlp.experts.down_proj_blocks"], out[t + "mlp.experts.down_proj_scales"] = mxfp4(state[s + "down"])
        out[t + "mlp.experts.down_proj_bias"] = state[s + "down_bias"]
    return {k: (v if v.dtype == torch.uint8 else v.bfloat16()).contiguous() for k, v in out.items()}


def read(folder):
    """The weights of an exported folder as a training state, without what only training needs."""
    from safetensors.torch import load_file

    t = load_file(Path(folder) / "model.safetensors")
    out = {"embed": t["model.embed_tokens.weight"], "head": t["lm_head.weight"], "norm.weight": t["model.norm.weight"]}
    for l in range(1 + max(int(k.split(".")[2]) for k in t if k.startswith("model.layers."))):
        s, m = f"layers.{l}.", f"model.layers.{l}."
        out[s + "norm1.weight"], out[s + "norm2.weight"] = t[m + "input_layernorm.weight"], t[m + "post_attention_layernorm.weight"]
        for kind, name in (("weight", "qkv"), ("bias", "qkv_bias")):
            out[s + name] = torch.cat([t[f"{m}self_attn.{x}_proj.{kind}"] for x in "qkv"])
        out[s + "o"], out[s + "o_bias"], out[s + "sinks"] = t[m + "self_attn.o_proj.weight"], t[m + "self_attn.o_proj.bias"], t[m + "self_attn.sinks"]
        out[s + "router"], out[s + "router_bias"] = t[m + "mlp.router.weight"], t[m + "mlp.router.bias"]
        both, bias = unpack(t[m + "mlp.experts.gate_up_proj_blocks"], t[m + "mlp.experts.gate_up_proj_scales"]), t[m + "mlp.experts.gate_up_proj_bias"]
        out[s + "gate_up"], out[s + "gate_up_bias"] = torch.cat([both[:, 0::2], both[:, 1::2]], 1), torch.cat([bias[:, 0::2], bias[:, 1::2]], 1)
        out[s + "down"], out[s + "down_bias"] = unpack(t[m + "mlp.experts.down_proj_blocks"], t[m + "mlp.experts.down_proj_scales"]), t[m + "mlp.experts.down_proj_bias"]
    return {k: v.float() for k, v in out.items()}


def rounded(state, c):
    """The same training state with the values that the exported folder holds."""
    state = dict(state)
    for key, v in state.items():
        if key.endswith((".gate_up", ".down")):
            state[key] = unpack(*mxfp4(v))
        elif not key.startswith(("category", "polarity", "close", "violation", "letter", "digit")):
            state[key] = v.bfloat16().float()
    return state


def config(c, special):
    return {
        "architectures": ["GptOssForCausalLM"], "attention_bias": True, "attention_dropout": 0.0, "eos_token_id": special["<|return|>"],
        "experts_per_token": c["top_k"], "head_dim": c["head_dim"], "hidden_act": "silu", "hidden_size": c["hidden"], "initial_context_length": 4096,
        "initializer_range": 0.02, "intermediate_size": c["intermediate"],
        "layer_types": ["sliding_attention" if sliding(c, l) else "full_attention" for l in range(c["layers"])], "max_position_embeddings": 4096,
        "model_type": "gpt_oss", "num_attention_heads": c["heads"], "num_experts_per_tok": c["top_k"], "num_hidden_layers": c["layers"],
        "num_key_value_heads": c["kv_heads"], "num_local_experts": c["experts"], "output_router_logits": False, "pad_token_id": special["<|endoftext|>"],
        "quantization_config": {"modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"], "quant_method": "mxfp4"},
        "rms_norm_eps": c["eps"], "rope_parameters": {"rope_type": "default", "rope_theta": c["theta"]}, "rope_theta": c["theta"], "router_aux_loss_coef": 0.02,
        "sliding_window": c["window"], "swiglu_limit": c["limit"], "tie_word_embeddings": False, "use_cache": True, "vocab_size": c["vocab"],
    }


def export(state, c, tokenizer, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    data = json.loads(Path(tokenizer).read_text(encoding="utf-8"))
    special = {t["content"]: t["id"] for t in data["added_tokens"]}
    save_file(tensors(state, c), out / "model.safetensors", metadata={"format": "pt"})

    def write(name, value):
        (out / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")

    write("config.json", config(c, special))
    write("generation_config.json", {"bos_token_id": special["<|startoftext|>"], "do_sample": False, "eos_token_id": [special["<|return|>"], special["<|endoftext|>"], special["<|call|>"]],
                                     "pad_token_id": special["<|endoftext|>"]})
    write("special_tokens_map.json", {"bos_token": "<|startoftext|>", "eos_token": "<|return|>", "pad_token": "<|endoftext|>"})
    write("tokenizer_config.json", {"bos_token": "<|startoftext|>", "clean_up_tokenization_spaces": False, "eos_token": "<|return|>", "model_input_names": ["input_ids", "attention_mask"],
                                    "pad_token": "<|endoftext|>", "tokenizer_class": "PreTrainedTokenizerFast"})
    shutil.copy(tokenizer, out / "tokenizer.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("checkpoint", "tokenizer", "out"):
        parser.add_argument(name)
    a = parser.parse_args()
    saved = torch.load(a.checkpoint, map_location="cpu")
    export(saved["model"], saved.get("config", CONFIG), a.tokenizer, a.out)
    print({p.name: p.stat().st_size for p in sorted(Path(a.out).iterdir())})
