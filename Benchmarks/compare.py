"""Measures Leibniz against PyTorch, torch.compile and JAX, and writes Documentation/Performance.md: see scripts/bench.

Each of the four is a worker, a process that answers lines of JSON with lines of JSON:
    {"workload": NAME} or {"description": {...}}   {"ready": true} once it has built, compiled and warmed up
    {"seconds": S}                                 {"microseconds": M, "iterations": N}: a round of about S seconds
or {"error": TEXT}. Only one computes at a time. Rounds take turns, so that a slow moment of the machine hits all.
"""

import argparse
import datetime
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import select
import shlex
import signal
import statistics
import subprocess
import sys

from workloads import WORKLOADS

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "Documentation" / "Performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SCRATCH = ROOT / ".build" / "bench"
ROUND_SECONDS = 0.15
PREPARE_LIMIT, ROUND_LIMIT = 300, 120  # Seconds until a worker counts as stuck.


class Worker:
    def __init__(self, name, command, environment):
        self.name, self.command, self.environment = name, command, {**os.environ, **environment}
        self.process = None

    def ask(self, request, limit):
        """The worker's reply, or an error in place of it; a worker that is stuck or talks nonsense is ended."""
        try:
            os.killpg(self.process.pid, signal.SIGCONT)
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], limit)[0]:
                raise TimeoutError(f"no answer in {limit} s")
            reply = self.process.stdout.readline()
            if not reply:
                raise EOFError(f"it ended; see {self.log}")
            # Threads that go on spinning would take a processor from whose turn it is next.
            os.killpg(self.process.pid, signal.SIGSTOP)
            return json.loads(reply)
        except (OSError, EOFError, ValueError) as error:
            self.stop()
            return {"error": f"{type(error).__name__}: {error}"}

    def prepare(self, request):
        if self.process is None:
            with open(self.log, "a") as log:
                self.process = subprocess.Popen(
                    self.command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                    text=True, start_new_session=True,
                )
        return self.ask(request, PREPARE_LIMIT)

    def stop(self):
        """Ends the worker and the compilers that it may have started."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None

    @property
    def log(self):
        return SCRATCH / f"{self.name}.log"


def workers(leibniz, threads):
    folder = ROOT / "Benchmarks"
    peers = {
        "OMP_NUM_THREADS": str(threads),
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false" if threads == 1 else "",
        "TORCHINDUCTOR_CACHE_DIR": str(SCRATCH / "inductor"),
        # Large results reuse memory, where the C library would fetch new pages for each.
        "MALLOC_MMAP_MAX_": "0",
        "MALLOC_TRIM_THRESHOLD_": str(2**40),
    }
    torch = [sys.executable, folder / "torch_peer.py"]
    return [
        Worker("Leibniz", [leibniz, "bench", "--serve"], {"LEIBNIZ_THREADS": str(threads)}),
        Worker("PyTorch", [*torch, "eager", str(threads)], peers),
        Worker("torch.compile", [*torch, "compiled", str(threads)], peers),
        Worker("JAX", [sys.executable, folder / "jax_peer.py"], peers),
    ]


class Row:
    """A workload's median microseconds by worker; None for a worker that could not."""

    def __init__(self, name, goal, medians):
        self.name, self.goal, self.medians = name, goal, medians
        ours, *peers = medians.values()
        peers = [peer for peer in peers if peer]
        self.ratio = min(peers) / ours if ours and peers else None
        self.at_goal = bool(self.ratio and goal and self.ratio >= goal)
        self.behind = bool(self.ratio and self.ratio < (0.95 if name.startswith("matmul-") else 1))

    def cells(self):
        times = [f"{time:,.{1 if time < 1000 else 0}f}" if time else "–" for time in self.medians.values()]
        ratio = f"{self.ratio:.2f}" if self.ratio else "–"
        mark = "✓" if self.at_goal else "behind" if self.behind else ""
        return [self.name, *times, ratio, f"{self.goal:g}" if self.goal else "", mark]


def measure(name, goal, request, team, rounds):
    ready = []
    for worker in team:
        progress(f"{name}: {worker.name} prepares")
        if "error" in (reply := worker.prepare(request)):
            complain(name, worker, reply)
        else:
            ready.append(worker)
    times = {worker.name: [] for worker in team}
    for number in range(rounds):
        for worker in list(ready):
            progress(f"{name}: round {number + 1}, {worker.name}")
            reply = worker.ask({"seconds": ROUND_SECONDS}, ROUND_LIMIT)
            if "error" in reply:
                complain(name, worker, reply)
                ready.remove(worker)
                times[worker.name] = []
            else:
                times[worker.name].append(reply["microseconds"])
    progress("")
    return Row(name, goal, {name: statistics.median(each) if each else None for name, each in times.items()})


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def complain(name, worker, reply):
    progress("")
    print(f"{name}: {worker.name}: {reply['error'].strip().splitlines()[0]}", file=sys.stderr)


def brief(case):
    """A random case in a few words."""
    usual = {"type": "float32", "padding": [0, 0], "dilation": [1, 1], "groups": 1, "gradient": False}
    words = []
    for key, value in case.items():
        if value == usual.get(key):
            continue
        match value:
            case True:
                words.append("∇")
            case str():
                words.append(value)
            case [str(), *_]:
                words.append(" ".join(value))
            case [list(), *_]:
                words.append(" ".join("×".join(map(str, each)) for each in value))
            case list():
                words.append(("" if key in ("input", "left", "right") else f"{key} ") + "×".join(map(str, value)))
            case _:
                words.append(f"{key} {value}")
    return ", ".join(words)


def summary(rows):
    ratios = [row.ratio for row in rows if row.ratio]
    mean = f"{math.exp(statistics.fmean(map(math.log, ratios))):.2f}" if ratios else "–"
    goals = f"{sum(row.at_goal for row in rows)} of {len(rows)} rows at their goal, "
    behind = f"{sum(row.behind for row in rows)} behind; "
    return (goals if rows[0].goal else "") + behind + f"geometric mean of best peer ÷ ours: {mean}"


VECTORS = {"sse4": "SSE4", "avx2": "AVX2", "avx512": "AVX-512", "neon": "NEON"}


def machine(vectors):
    """The processor's name and the vectors that Leibniz uses of it."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return ", ".join([facts.get("model name", platform.machine()), *([VECTORS[vectors]] if vectors else [])])


def command(options):
    """How to measure the same again."""
    words = ["scripts/bench", "--rounds", options.rounds, "--threads", options.threads]
    return shlex.join(map(str, words + (["--only", options.only] if options.only else [])))


def write_page(rows, headings, leibniz, options):
    info = json.loads(subprocess.run([leibniz, "info", "--json"], check=True, capture_output=True).stdout)
    version = importlib.metadata.version
    lines = [
        f"- date: {datetime.date.today()}",
        f"- processor: {machine(info['vectors'])}; threads: {options.threads}",
        f"- versions: Leibniz {info['version']} with LLVM {info['llvm_version']}, Python {platform.python_version()}, "
        f"PyTorch {version('torch')}, JAX {version('jax')}",
        f"- command: `{command(options)}`",
        f"- result: {summary(rows)}",
        "",
        f"Microseconds of one iteration; medians of {options.rounds}, taken in turns.",
        "",
        *(f"| {' | '.join(cells)} |" for cells in [headings, ["---"] + ["---:"] * 6 + ["---"]]),
        *(f"| {' | '.join(row.cells())} |" for row in rows),
    ]
    page = PAGE.read_text() if PAGE.exists() else f"# Performance\n\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text("\n".join([before + BEGIN, "", *lines, "", END + after]))


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Leibniz against its peers.")
    parser.add_argument("leibniz", help=argparse.SUPPRESS)
    parser.add_argument("--only", metavar="A,B", help="these workloads only")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), metavar="N")
    parser.add_argument("--random", type=int, metavar="COUNT", help="that many random cases instead")
    parser.add_argument("--seed", type=int, default=1, help="of the random cases")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the medians there")
    parser.add_argument("--no-write", action="store_true", help="leave Documentation/Performance.md as it is")
    options = parser.parse_args()

    if options.random:
        command = [options.leibniz, "bench", "--random", str(options.random), "--seed", str(options.seed), "--describe"]
        described = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        cases = [(brief(case), None, {"description": case}) for case in map(json.loads, described)]
    else:
        names = options.only.split(",") if options.only else list(WORKLOADS)
        if unknown := [name for name in names if name not in WORKLOADS]:
            parser.error(f"no such workload: {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
        cases = [(name, WORKLOADS[name].goal, {"workload": name}) for name in names]

    if (load := os.getloadavg()[0]) > 0.5:
        print(f"the machine is busy (load {load:.1f}); PyTorch, whose threads spin, suffers most", file=sys.stderr)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])  # The workers inherit it.
    team = workers(options.leibniz, options.threads)
    headings = ["workload", "ours µs", *(f"{peer.name} µs" for peer in team[1:]), "best peer ÷ ours", "goal", ""]
    widths = [max(len(name) for name, _, _ in cases), *(max(len(heading), 11) for heading in headings[1:])]

    def show(cells):
        first, *others, mark = cells
        aligned = (each.rjust(width) for each, width in zip(others, widths[1:]))
        print("  ".join([first.ljust(widths[0]), *aligned, mark]).rstrip(), flush=True)

    SCRATCH.mkdir(parents=True, exist_ok=True)
    for worker in team:
        worker.log.unlink(missing_ok=True)
    show(headings)
    rows = []
    try:
        for name, goal, request in cases:
            rows.append(measure(name, goal, request, team, options.rounds))
            show(rows[-1].cells())
    finally:
        for worker in team:
            worker.stop()

    print(summary(rows))
    if options.random:
        print("the worst:")
        for row in sorted((row for row in rows if row.ratio), key=lambda row: row.ratio)[:3]:
            show(row.cells())
    if options.json:
        medians = [{"workload": row.name, "goal": row.goal, "microseconds": row.medians} for row in rows]
        options.json.write_text(json.dumps({"threads": options.threads, "rows": medians}, indent=1) + "\n")
    if not (options.no_write or options.only or options.random):
        write_page(rows, headings, options.leibniz, options)


if __name__ == "__main__":
    main()
