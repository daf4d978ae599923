#!/usr/bin/env python3
"""The moderation job on llama-server with its prompt cache: policy of 600 tokens warm, message of 60, 120 tokens generated.

usage: llama_job.py LLAMA-SERVER MODEL.gguf THREADS; prints JSON lines. One message after the other in one slot; with LLAMA_SLOTS=8 also eight at once
in as many slots, each warmed with the policy beforehand, which the server computes once for each. Prompts are random tokens, so nothing is shared but
the policy.
"""
import concurrent.futures, json, os, random, subprocess, sys, time, urllib.request

POLICY, MESSAGE, GENERATED, PORT = 600, 60, 120, 18917
SLOTS = int(os.environ.get("LLAMA_SLOTS", "1"))


def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=900) as answer:
        return json.load(answer)


def tokens(count, seed):
    source = random.Random(seed)
    return [source.randrange(199_000) for _ in range(count)]


def judge(policy, seed, slot, generated=GENERATED):
    answer = call("/completion", {"prompt": policy + tokens(MESSAGE, seed), "n_predict": generated, "ignore_eos": True, "cache_prompt": True,
                                  "id_slot": slot, "temperature": 1.0, "top_k": 40, "seed": seed})
    return answer["timings"]


def show(name, value, unit):
    print(json.dumps({"name": name, "value": value, "unit": unit}), flush=True)


def peak(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e9


def main():
    server, model, threads = sys.argv[1:4]
    begin = time.time()
    process = subprocess.Popen(
        [server, "-m", model, "-t", threads, "-fa", "on", "-np", str(SLOTS), "-c", str(1024 * SLOTS), "--port", str(PORT), "--no-webui"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                call("/health")
                break
            except Exception:
                if process.poll() is not None:
                    sys.exit("llama-server ended")
                time.sleep(0.2)
        show("start until healthy", time.time() - begin, "s")
        policy = tokens(POLICY, 1)
        begin = time.time()
        call("/completion", {"prompt": policy, "n_predict": 0, "cache_prompt": True, "id_slot": 0})
        show("cold policy", time.time() - begin, "s")
        count = int(os.environ.get("LLAMA_MESSAGES", "2"))
        begin = time.time()
        for seed in range(count):
            timings = judge(policy, 100 + seed, 0)
        show("job: one after the other", count * 60 / (time.time() - begin), "messages/min")
        show("of the last prompt from the cache", timings.get("cache_n", 0), "tokens")
        if SLOTS > 1:
            for slot in range(1, SLOTS):
                call("/completion", {"prompt": policy, "n_predict": 0, "cache_prompt": True, "id_slot": slot})
            begin = time.time()
            with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
                cached = [t.get("cache_n", 0) for t in pool.map(lambda slot: judge(policy, 200 + slot, slot), range(SLOTS))]
            show(f"job: {SLOTS} at once", SLOTS * 60 / (time.time() - begin), "messages/min")
            show("least of their prompts from the cache", min(cached), "tokens")
        show("peak resident memory", peak(process.pid), "GB")
    finally:
        process.kill()
        process.wait()


main()
