"""A small byte-level BPE with the o200k split pattern and the harmony special tokens. Digits are never merged: ids of rules stay in pieces."""
import json, random
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

PATTERN = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
SPECIALS = ["<|startoftext|>", "<|endoftext|>", "<|reserved_200000|>", "<|reserved_200001|>", "<|return|>", "<|constrain|>", "<|reserved_200004|>", "<|channel|>",
            "<|start|>", "<|end|>", "<|message|>", "<|reserved_200009|>", "<|reserved_200010|>", "<|reserved_200011|>", "<|call|>"] + [
                f"<|reserved_{n}|>" for n in range(200013, 200018)] + ["<|endofprompt|>"]


def train(texts, size, path):
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False, trim_offsets=False)
    split = pre_tokenizers.Split(Regex(PATTERN), "isolated", invert=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.Split(Regex(r"\p{N}"), "isolated", invert=False), byte_level])
    trainer = trainers.BpeTrainer(vocab_size=size - len(SPECIALS), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=[], show_progress=False, max_token_length=16)
    tokenizer.train_from_iterator(texts, trainer)
    data = json.loads(tokenizer.to_str())
    count = len(data["model"]["vocab"])
    data["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]}
    data["decoder"] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    data["post_processor"] = None
    data["added_tokens"] = [{"id": count + k, "content": s, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for k, s in enumerate(SPECIALS)]
    Path(path).write_text(json.dumps(data, ensure_ascii=False))
    return Tokenizer.from_file(str(path))


def corpus(rows, sampler_texts, seed=3):
    rng = random.Random(seed)
    texts = [r["text"] for r in rows if r["part"] == "train" and not r["augmented"]]
    rng.shuffle(texts)
    return texts + sampler_texts
