#!/usr/bin/env python3
"""Joins openly licensed sets into the training rows of chat.linear.

usage: prepare.py FOLDER > rows.jsonl

FOLDER holds one NAME.jsonl.gz for each set below, rows {"text", "labels": {...}}. A label that a set does not annotate stays null: the row teaches it nothing.
Sets (all MIT, Apache-2.0 or CC BY): davidson_tweets, surge_toxicity, openai_moderation_2022, convabuse, context_toxicity_large, sms_spam,
prompt_injections, irc_chat_logs.
"""
import gzip, json, random, sys

folder = sys.argv[1]
random.seed(7)
LABELS = ["harassment", "hate", "threats", "sexual", "self_harm", "spam", "injection"]


def rows(name):
    with gzip.open(f"{folder}/{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def emit(text, **known):
    text = text.strip()[:600]
    if text:
        print(json.dumps({"text": text, "labels": {label: known.get(label) for label in LABELS}}, ensure_ascii=False))


def either(a, b):
    """1 when one of two annotations says so, 0 when both say no, null otherwise."""
    if a == 1 or b == 1:
        return 1
    return 0 if a == 0 and b == 0 else None


for row in rows("davidson_tweets"):
    label = row["labels"]
    # Offensive here is mostly coarse talk: it counts as harassment only half as often as the rest, by leaving half of it out.
    if label["offensive"] == 1 and label["hate"] == 0 and random.random() < 0.5:
        emit(row["text"], hate=0)
    else:
        emit(row["text"], harassment=label["toxic"], hate=label["hate"])
for row in rows("surge_toxicity"):
    emit(row["text"], harassment=row["labels"]["toxic"])
for row in rows("convabuse"):
    if row["labels"].get("abusive") is not None:
        emit(row["text"], harassment=row["labels"]["abusive"], spam=0)
for row in rows("context_toxicity_large"):
    emit(row["text"], harassment=row["labels"]["toxic"], spam=0, injection=0)
for row in rows("openai_moderation_2022"):
    label = row["labels"]
    emit(row["text"], harassment=label.get("HR"), hate=either(label.get("H"), label.get("H2")), threats=either(label.get("V"), label.get("V2")),
         sexual=label.get("S"), self_harm=label.get("SH"), injection=0)
for row in rows("sms_spam"):
    emit(row["text"], spam=row["labels"]["spam"], injection=0)
for row in rows("prompt_injections"):
    emit(row["text"], injection=row["labels"]["injection"])
# Real chat that nobody annotated, taken as clean: it is support talk and small talk, and a few bad lines among it do little.
chat = [row["text"] for row in rows("irc_chat_logs")]
for text in random.sample(chat, min(25000, len(chat))):
    emit(text, **{label: 0 for label in LABELS})
