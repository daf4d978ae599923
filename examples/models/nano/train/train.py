"""Trains the checkpoint.

usage: train.py DATA CACHE TOKENIZER OUT [--minutes 170] [--processes 2] [--seed 1] [--resume FILE]

Two processes of one thread each draw their own policies, step on their own, and average their weights every 1.5 seconds. Where there is a GPU, one process trains a wider
model on it, longer and in larger batches (`NANO_SIZE=small` or `wide` says which size outright). Progress is measured in wall time, so that a slower machine sees fewer examples,
not a longer night. Checkpoints go to OUT every minute.
"""
import argparse
import json
import os
import random
import time
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from corpus import prepare
from export import read
from losses import COPY, batch_of, losses, offsets, rule_text_loss, text_loss, upper_losses
from model import CONFIG, GPU
from muon import Muon, matrices
from prompts import LABELS, Encoder, Sampler
from start import fresh
from wiring import Heads, wire_labels, wire_match

POLICIES = Path(__file__).resolve().parents[4] / "policies"


@torch.no_grad()
def measure(model, sampler, stage, groups=40, count=8):
    """Accuracy and AUROC at the label, exact ids in hits, and the share of the pointer."""
    truth, score, right_ids, ids = [], [], 0, 0
    for _ in range(groups):
        group = sampler.group(count, stage)
        items = group["items"]
        out = model(batch_of(group))
        start = offsets(items)
        labels = [sampler.encoder.ids(l)[0] for l in group["format"].labels]
        for o, i in zip(start, items):
            logits = model.logits(out["x"][[out["P"] + o + i["label_at"]]])[0]
            truth.append(i["decision"])
            score.append((logits[labels[1]] - logits[labels[0]]).item())
            if i["id_at"] and i["decision"]:
                got = model.logits(out["x"][[out["P"] + o + a for a in i["id_at"]]]).argmax(-1).tolist()
                ids += 1
                right_ids += got == [i["ids"][a + 1] for a in i["id_at"]]
    from sklearn.metrics import roc_auc_score

    accuracy = sum((s > 0) == bool(t) for s, t in zip(score, truth)) / len(truth)
    return dict(auroc=round(roc_auc_score(truth, score), 3), accuracy=round(accuracy, 3), ids=round(right_ids / max(1, ids), 3), n=len(truth))


def stage_at(f):
    """First what decides, in few tokens; then reasoning and ids; then policies and prompts as they are used."""
    if f < 0.4:
        return dict(noise=0.15, allow=0.35, long=0.0, shipped=0.0, winnow=0.06, direct=0.5, lines=4, short=0.6)
    if f < 0.7:
        return dict(disguise=0.04, noise=0.15, allow=0.35, long=0.03, shipped=0.04, winnow=0.25, direct=0.4, lines=5, short=0.5)
    return dict(disguise=0.05, noise=0.15, allow=0.35, long=0.04, shipped=0.1, winnow=0.5, direct=0.3, lines=5, short=0.2, off=0.5 if f < 0.87 else 0.75)


# Then the comparison alone. This share of the groups is of fresh pieces with graded answers (`Sampler.graded_group`), the rest as ever, with many shipped policies.
COMPARING = dict(disguise=0.05, noise=0.15, allow=0.3, long=0.03, shipped=0.35, winnow=0.7, direct=0.3, lines=5, short=0.2, off=0.7)
GRADED = 0.7

# At the end: quotations, in all formats and frames.
QUOTING = dict(disguise=0.05, noise=0.0, allow=0.35, long=0.02, shipped=0.1, winnow=0.6, direct=0.0, lines=5, short=0.6, off=0.75)


def only_copying(model):
    """Freezes all but the copying heads of the last layer (and so the keys and values that each shares with a neighbour): quotations improve, and little else
    changes. Gives the parameters left and which of their elements may change."""
    for p in model.parameters():
        p.requires_grad_(False)
    heads, last, free = Heads(model, -1), model.layers[-1], {p: torch.zeros_like(p, dtype=torch.bool) for p in (model.layers[-1].qkv, model.layers[-1].qkv_bias, model.layers[-1].o)}
    for _, head in COPY:
        for part in "qkv":
            free[last.qkv][heads.rows(head, part)] = free[last.qkv_bias][heads.rows(head, part)] = True
        free[last.o][:, head * heads.hd:(head + 1) * heads.hd] = True
    for p in free:
        p.requires_grad_(True)
    return free


def only_comparing(model):
    """Freezes all but the two layers that compare and fetch, and what follows them; gives the parameters left. The layers below know their training texts by heart
    and read them better than others; what compares must learn what their readings are worth in texts that they have not seen, and from those alone."""
    for p in model.parameters():
        p.requires_grad_(False)
    free = [p for layer in model.layers[-2:] for p in layer.parameters()] + [model.norm.weight, model.head]
    for p in free:
        p.requires_grad_(True)
    return free


def optimizers_of(model, parameters, lr, muon, head=1.0):
    """AdamW, and Muon, whose steps have the size `muon`, for the matrices inside the layers. `head`: learning rate of the output's rows beside that of all else."""
    mine = {id(p) for p in parameters}
    inner = [(p, cut) for p, cut in matrices(model) if muon and id(p) in mine]
    rest = [p for p in parameters if not any(p is m for m, _ in inner) and p is not model.head]
    # Tokens that come rarely must keep their embedding.
    decay = [p for p in rest if p.dim() > 1 and p is not model.embed]
    groups = [dict(params=decay, weight_decay=0.05), dict(params=[p for p in rest if not any(p is d for d in decay)], weight_decay=0.0), dict(params=[model.head], weight_decay=0.0, share=head)]
    return [torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True)] + ([Muon(inner, lr, size=muon)] if inner else [])


def rate(a, f, phase, steps):
    """Share of the learning rate at `f` in a phase, after some steps of it."""
    if phase == "copying":
        return min(1.0, steps / 40) * max(0.02, min(0.7, 0.8 * (1 - f) / (1 - a.copying)))
    if phase == "comparing":
        return min(1.0, steps / 30) * max(0.02, min(1.0, (a.copying - f) / (a.copying - a.comparing) / 0.6)) / 3
    return min(1.0, steps / (40 if a.start > a.bottom else 150)) * min(1.0, max(0.0, (1 - f / a.comparing) / 0.65) * 0.98 + 0.02)


def scattered(flat, parameters):
    """Writes one vector of all parameters back into them."""
    position = 0
    for p in parameters:
        p.data.copy_(flat[position:position + p.numel()].view_as(p))
        position += p.numel()


def phase_at(a, f):
    """Which part of the model learns: "all" of it (at first only the layers that read), then what compares, then what copies."""
    return "all" if f < a.comparing else "comparing" if f < a.copying else "copying"


class Training:
    """One process of the training: its model and its draws, and how far it is. `f` is the share of the time that is over; after an average it is the same in all
    processes, so that they enter phases, and end, after the same number of averages."""

    def __init__(self, rank, world, a):
        from tokenizers import Tokenizer

        self.rank, self.world, self.a = rank, world, a
        rows, _, topics = prepare(a.data, a.cache)
        self.encoder = Encoder(Tokenizer.from_file(a.tokenizer))
        torch.manual_seed(a.seed)
        self.model = fresh(rows, self.encoder)
        if a.resume:
            self.resume(a.resume)
        seed = a.seed * 100 + rank
        torch.manual_seed(seed)
        self.rng = random.Random(seed)
        self.sampler = Sampler(rows, topics, self.encoder, policies=POLICIES, seed=seed)
        self.valid = Sampler(rows, topics, self.encoder, part="valid", seed=5, natural_only=True)
        self.f, self.step, self.since, self.averages = a.start, 0, 0, 0
        self.phase, self.free, self.wired = "all", {}, a.start > a.bottom
        self.parameters = list(self.model.parameters())
        self.optimizers = optimizers_of(self.model, self.parameters, a.lr, a.muon)
        self.mean, self.meant = 0.0, 0
        self.log = Log(Path(a.out))

    def resume(self, file):
        """From a checkpoint or an exported folder. A folder has no readings beside the answers; comparing needs none."""
        folder = Path(file).is_dir()
        self.model.load_state_dict(read(file) if folder else torch.load(file, map_location="cpu")["model"], strict=not folder)

    def run(self):
        self.log.begin()
        averaged, stop = True, False
        while not stop:
            if averaged and self.phase != phase_at(self.a, self.f):
                self.enter(phase_at(self.a, self.f))
            norm = self.learn()
            passed = self.log.seconds()
            self.f = self.a.start + (1 - self.a.start) * passed / (60 * self.a.minutes)
            averaged = passed > self.a.average * (self.averages + 1)
            if averaged:
                self.average()
            stop = self.f >= 1 and (averaged or self.world == 1)
            if not self.wired and self.f >= self.a.bottom and averaged:
                self.compare()
            if self.rank == 0:
                self.log.report(self, norm)
        self.settle()
        if self.rank == 0:
            self.log.save(self, "final.pt", f=1.0)
            print(f"done: {self.log.seen} examples, {self.step} steps", flush=True)

    def enter(self, phase):
        """What learns from now on, and how."""
        self.phase, self.since = phase, self.step
        self.settle()
        if phase == "comparing":
            self.model.eval()
            self.sampler.compare()
            self.parameters = only_comparing(self.model)
            self.optimizers = optimizers_of(self.model, self.parameters, self.a.lr, self.a.muon, head=0.25)
        else:
            self.model.train()
            self.free = only_copying(self.model)
            self.parameters = list(self.free)
            self.optimizers = [torch.optim.AdamW(self.parameters, lr=self.a.lr, betas=(0.9, 0.98), weight_decay=0.0, fused=True)]

    def compare(self):
        """The lower layers can read; heads that compare are set by what they know."""
        self.wired, self.since = True, self.step
        wire_match(self.model)
        wire_labels(self.model, [tuple(self.encoder.ids(l)[0] for l in pair) for pair in LABELS])
        for optimizer in self.optimizers:
            optimizer.state.clear()

    def learn(self):
        """One step; gives the norm of its gradient."""
        for p in self.parameters:
            if p.grad is not None:
                p.grad.zero_()
        stage = {"all": stage_at(self.f / self.a.comparing), "comparing": COMPARING, "copying": QUOTING}[self.phase]
        tokens, count = 0, 0
        while tokens < self.a.tokens:
            more, messages = self.gradients(stage)
            tokens, count = tokens + more, count + messages
        for p in self.parameters:
            if p.grad is not None:
                p.grad.mul_(16 / count * self.free[p] if self.free else 16 / count)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0).item()
        self.log.count(tokens, count * self.world)
        scale = rate(self.a, self.f, self.phase, self.step - self.since + 1)
        for optimizer in self.optimizers:
            for g in optimizer.param_groups:
                g["lr"] = self.a.lr * scale * g.get("share", 1.0)
            optimizer.step()
        self.step += 1
        return norm

    def gradients(self, stage):
        """Adds those of one group, and of texts and rules by themselves; gives how many tokens and messages the group had."""
        a, rng, all = self.a, self.rng, self.phase == "all"
        graded = self.phase == "comparing" and rng.random() < GRADED
        group = self.sampler.graded_group(a.messages, stage) if graded else self.sampler.group(a.messages, stage)
        answer, pointer, aux, violation, balance, k, t = losses(self.model, group, noise=0.03, rng=rng, bottom=not self.wired) if all else upper_losses(self.model, group, rng)
        ((answer / 6 + pointer + aux * 0.3 + violation + 0.02 * balance) / 16).backward()
        if all and rng.random() < (a.texts if self.wired else 0.5):
            apart, balance = text_loss(self.model, self.sampler.texts(28), rng)
            ((0.6 * apart + 0.02 * balance) / 28 * k / 16).backward()
        if all and rng.random() < (a.rules if self.wired else 1.0):
            apart, balance = rule_text_loss(self.model, self.sampler.rules(28), rng)
            (((0.65 if self.wired else 0.8) * apart + 0.02 * balance) * k / 16).backward()
        self.log.add(answer, pointer, violation, aux, k)
        return t, k

    def average(self):
        """Weights, and the time, of all processes; those of late steps also go into the mean that the next phase goes on from."""
        self.averages += 1
        flat = torch.cat([p.detach().reshape(-1) for p in self.parameters] + [torch.tensor([self.f])])
        if self.world > 1:
            dist.all_reduce(flat)
            flat /= self.world
            scattered(flat, self.parameters)
        self.f, a = flat[-1].item(), self.a
        if self.phase == "comparing" and 2 * self.f > a.comparing + a.copying or self.phase == "all" and self.f >= a.mean * a.comparing:
            self.mean, self.meant = self.mean + flat[:-1], self.meant + 1

    def settle(self):
        """On the mean of late weights, where one was kept."""
        if self.meant:
            scattered(self.mean / self.meant, self.parameters)
        self.mean, self.meant = 0.0, 0


class Log:
    """Time and progress; checkpoints every minute."""

    def __init__(self, out):
        self.out, self.seen, self.tokens, self.sums = out, 0, 0, torch.zeros(5)
        out.mkdir(parents=True, exist_ok=True)

    def begin(self):
        if dist.is_initialized():
            dist.barrier()
        self.started = self.reported = self.saved = self.measured = time.time()

    def seconds(self):
        return time.time() - self.started

    def count(self, tokens, messages):
        self.tokens, self.seen = self.tokens + tokens, self.seen + messages

    def add(self, answer, pointer, violation, aux, messages):
        self.sums += torch.tensor([answer.item(), pointer.item(), violation.item(), aux.item(), messages])

    def report(self, training, norm):
        now = time.time()
        if now - self.reported > 30:
            answer, pointer, violation, aux, _ = self.sums / self.sums[4].clamp(min=1)
            print(
                f"{self.seconds():6.0f}s f={training.f:.3f} step {training.step} seen {self.seen} tok/s {self.tokens / self.seconds():.0f} answer {answer:.2f} "
                f"pointer {pointer:.2f} violation {violation:.3f} aux {aux:.2f} norm {norm:.2f}",
                flush=True,
            )
            self.reported = now
            self.sums.zero_()
        if now - self.saved > 60:
            self.save(training, "last.pt", training.f)
            self.saved = now
        if training.wired and now - self.measured > training.a.measure:
            self.measure(training)
            self.measured = time.time()

    def save(self, training, name, f):
        """Whole or not at all."""
        torch.save(dict(model=training.model.state_dict(), config=CONFIG, f=f, step=training.step, seen=self.seen), self.out / (name + ".tmp"))
        os.replace(self.out / (name + ".tmp"), self.out / name)

    def measure(self, training):
        training.model.eval()
        direct = dict(long=0.0, shipped=0.0, winnow=0.2, direct=1.0, lines=4)
        seen, unseen = (measure(training.model, training.valid, stage) for stage in (direct, dict(direct, unseen=True)))
        print(json.dumps(dict(f=round(training.f, 3), seen=self.seen, seen_wording=seen, unseen_wording=unseen)), flush=True)
        training.model.train(training.phase != "comparing")


def run(rank, world, a):
    torch.set_num_threads(1)
    if GPU:
        torch.set_default_device("cuda")
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(a.port), GLOO_SOCKET_IFNAME="lo")
    if world > 1:
        dist.init_process_group("gloo", rank=rank, world_size=world, timeout=timedelta(hours=3))
    Training(rank, world, a).run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("data", "cache", "tokenizer", "out"):
        parser.add_argument(name)
    parser.add_argument("--minutes", type=float, default=240 if GPU else 170)
    parser.add_argument("--processes", type=int, default=1 if GPU else 2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--muon", type=float, default=0.3, help="size of a step of Muon beside AdamW's; 0: AdamW alone")
    parser.add_argument("--tokens", type=int, default=1)
    parser.add_argument("--average", type=float, default=1.5)
    parser.add_argument("--messages", type=int, default=48 if GPU else 12)
    parser.add_argument("--texts", type=float, default=0.3, help="share of the steps with messages alone, once the lower layers can read")
    parser.add_argument("--rules", type=float, default=0.5, help="share of the steps with policies alone")
    parser.add_argument("--bottom", type=float, default=0.2, help="share of the time in which only the lower layers learn to read rules and messages")
    parser.add_argument("--mean", type=float, default=0.9, help="share of the time until `comparing` from which on the mean of all weights is kept; what follows goes on from it")
    parser.add_argument("--comparing", type=float, default=0.9, help="share of the time after which only the layers that compare learn, on texts they have not seen")
    parser.add_argument("--copying", type=float, default=0.97, help="share of the time after which only the copying heads learn")
    parser.add_argument("--measure", type=float, default=420)
    parser.add_argument("--start", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=29555)
    parser.add_argument("--resume", help="a checkpoint of this script; or an exported folder, to go on from `comparing`")
    a = parser.parse_args()
    prepare(a.data, a.cache)
    if a.processes == 1:
        run(0, 1, a)
    else:
        mp.spawn(run, args=(a.processes, a), nprocs=a.processes)
