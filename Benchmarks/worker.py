"""A worker's side of compare.py's protocol, and the choice of the fastest among the ways to compute a workload."""

import gc
import json
import os
import sys
import time
import traceback

import workloads


def serve(ways, finish=lambda results: None):
    """Answers requests until the input ends.

    `ways(workload, description)` yields (name, make), where make() returns a function once() that computes the
    workload and returns its results. All ways are made and tried while the worker prepares; the fastest is measured.
    `finish` waits for results that are computed in the background.
    """

    def timed(once, count):
        """Seconds of `count` iterations."""
        gc.disable()  # As timeit does.
        start = time.perf_counter()
        for _ in range(count):
            results = once()
        finish(results)
        seconds = time.perf_counter() - start
        gc.enable()
        return seconds

    def warmed(once):
        """Seconds of one iteration, the least of a few short rounds after three iterations, which may compile."""
        timed(once, 3)
        count, seconds = 1, timed(once, 1)
        while seconds < 0.05:
            count = max(2 * count, int(0.06 * count / seconds))
            seconds = timed(once, count)
        rounds = 3 if seconds < 0.5 else 0
        return min([seconds, *(timed(once, count) for _ in range(rounds))]) / count

    def fastest(ways):
        best, least, failure = None, float("inf"), None
        for name, make in ways:
            workloads.seed(1)
            try:
                once = make()
                cost = warmed(once)
            except Exception as error:  # This version cannot do it this way.
                print(f"  {name}: {error}", flush=True)
                failure = error
                continue
            print(f"  {name}: {1e6 * cost:.1f} µs", flush=True)
            if cost < least:
                best, least = once, cost
        if best is None:
            raise failure
        return best, least

    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Whatever else is printed goes to the standard error.
    best, cost = None, 0
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "seconds" in request:
                count = max(1, round(request["seconds"] / cost))
                seconds = timed(best, count)
                cost = seconds / count
                reply = {"microseconds": 1e6 * cost, "iterations": count}
            else:
                best = None  # Frees the last workload's memory.
                gc.collect()
                case = request.get("description")
                workload = workloads.described(case) if case else workloads.WORKLOADS[request["workload"]]
                print(case or request["workload"], flush=True)
                best, cost = fastest(ways(workload, case))
                reply = {"ready": True}
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
