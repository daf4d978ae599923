#!/usr/bin/env python3
"""Prints the table of results.jsonl as Markdown. usage: table.py RESULTS; a later result of the same name replaces an earlier one."""
import json, platform, sys, time

found = {}
for line in open(sys.argv[1]):
    row = json.loads(line)
    part = row["part"]
    if part == "llama":
        found[part, "prefill 512" if row["n_prompt"] else "decode"] = row["avg_ts"]
    elif part == "llama-batch":
        found[part, row["pl"]] = row["speed_tg"]
    else:
        found[part, row["name"]] = row["value"]


def value(*key):
    return found.get(key)


def starting(part, text):
    return next((v for (p, name), v in found.items() if p == part and str(name).startswith(text)), None)


def number(x, digits=1):
    return "–" if x is None else f"{x:.{digits}f}"


def row(work, ours, theirs, unit, least, goal, digits=1):
    ratio = ours / theirs if ours and theirs else None
    met = "–" if ratio is None else "goal" if ratio >= goal else "least" if ratio >= least else "**no**"
    print(f"| {work} | {number(ours, digits)} {unit} | {number(theirs, digits)} {unit} | {number(ratio, 2)} × | {least} × / {goal} × | {met} |")


def cpu():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


print(f"{cpu()}, {platform.system()} {platform.release()}, {time.strftime('%Y-%m-%d')}\n")
print("| work | winnow | llama.cpp | ratio | least / goal | reached |")
print("| --- | --- | --- | --- | --- | --- |")
row("prefill, 512 tokens", starting("forward", "prefill 512"), value("llama", "prefill 512"), "tok/s", 3, 5)
row("decode, one sequence", starting("forward", "decode 1 "), value("llama", "decode"), "tok/s", 0.9, 1.0)
row("decode, 8 sharing a 600-token policy", starting("batch", "decode 8 "), value("llama-batch", 8), "tok/s", 1.3, 1.7)
row("decode, 16, beside its 16", starting("batch", "decode 16 "), value("llama-batch", 16), "tok/s", 1.3, 2.2)
row("decode, 32, beside its 16", starting("batch", "decode 32 "), value("llama-batch", 16), "tok/s", 1.3, 3)
server = value("llama-job", "job: one after the other")
row("moderation job, 120 tokens", starting("job", "job: 120 tokens"), server, "messages/min", 2, 3)
row("JSON, template forced", starting("job", "job: JSON"), server, "messages/min", 2, 5)
row("label only, with score", starting("job", "job: label"), server, "messages/min", 2, 20)
print()
print("| | winnow | llama.cpp |")
print("| --- | --- | --- |")
print(f"| decode, 32 beside 32 | {number(starting('batch', 'decode 32 '))} tok/s | {number(value('llama-batch', 32))} tok/s |")
print(f"| second start to the first verdict; its server until healthy | {number(value('start', 'start to first verdict'), 2)} s | {number(value('llama-job', 'start until healthy'))} s |")
print(f"| peak resident memory | {number(value('job', 'peak resident memory'), 2)} GB | {number(value('llama-job', 'peak resident memory'), 2)} GB |")
for name, work in (("decode 1 ", "decode, one sequence"), ("decode 8 ", "decode, 8"), ("prefill 60", "prefill, 60 tokens")):
    two, one = starting("neighbour-2", name), starting("neighbour-1", name)
    print(f"| {work}, beside one busy process: two threads; one thread | {number(two)}; {number(one)} tok/s | – |")
