"""A field's training here and, as the same program, in PyTorch: see scripts/bench-field.

A program of a field gives `compare` a function that trains in PyTorch and measures; whole processes are timed here, whole functions
there, reading the data included.
"""

import argparse
import json
import pathlib
import subprocess
import time

import torch


def ours(leibniz, field, quality, options):
    """What `leibniz train FIELD` reached, and in how many seconds."""
    command = [leibniz, "train", field, "--data", options.data, "--epochs", str(options.epochs), "--seed", str(options.seed)]
    began = time.perf_counter()
    output = subprocess.run(
        command + ["--threads", str(options.threads), "--json"], check=True, capture_output=True, text=True).stdout
    result = json.loads(output.strip().splitlines()[-1])
    return {"library": "Leibniz", quality: result[quality], "seconds": time.perf_counter() - began}


def theirs(train, quality, options):
    """What a PyTorch program reached, and in how many seconds."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    began = time.perf_counter()
    reached, updates = train(options.data, options.epochs)
    return {"library": "PyTorch", quality: reached, "seconds": time.perf_counter() - began, "updates": updates}


def compare(field, quality, train, epochs):
    """Runs both, one after the other, and prints a line of JSON for each and one with the ratios.

    `quality` is a key of the command's result; `train` takes a folder and a number of epochs and returns the same quality and how many
    updates there were. Without --data the folder is that of scripts/data.
    """
    parser = argparse.ArgumentParser(description=f"Trains {field} here and in PyTorch.")
    parser.add_argument("leibniz")
    parser.add_argument("--data", default=str(pathlib.Path.home() / ".cache" / "leibniz" / "data" / field))
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    here = ours(options.leibniz, field, quality, options)
    print(json.dumps(here), flush=True)
    there = theirs(train, quality, options)
    print(json.dumps(there), flush=True)
    print(json.dumps({f"{quality}_ratio": here[quality] / there[quality], "time_ratio": here["seconds"] / there["seconds"]}))
