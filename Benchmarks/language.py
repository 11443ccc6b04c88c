"""The program of `leibniz train language` in PyTorch, and both side by side: see scripts/bench-language.

Same texts, same shares, same rows and windows, same sizes and initial distributions (PyTorch's own), same optimizer, clipping and
schedule; only the random numbers differ. Prints one line of JSON for each library and one with the comparison.
"""

import argparse
import json
import pathlib
import subprocess
import time

import torch

ROWS, STEPS, MEASURED_STEPS = 64, 100, 250
WIDTH, EMBEDDED, RATE, LONGEST_GRADIENT = 256, 64, 0.004, 1.0


class CharacterModel(torch.nn.Module):
    def __init__(self, characters):
        super().__init__()
        self.embedding = torch.nn.Embedding(characters, EMBEDDED)
        self.lstm = torch.nn.LSTM(EMBEDDED, WIDTH)
        self.head = torch.nn.Linear(WIDTH, characters)

    def forward(self, characters, state):
        output, state = self.lstm(self.embedding(characters), state)
        return self.head(output), state


def corpus(folder):
    """The training text and the held-out ends as numbers, and how many characters there are."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(pathlib.Path(folder).glob("*.txt"))]
    numbers = {character: number for number, character in enumerate(sorted(set("".join(texts))))}
    training, held_out = [], []
    for text in texts:
        encoded = [numbers[character] for character in text]
        border = len(encoded) * 95 // 100
        training += encoded[:border]
        held_out.append(encoded[border:])
    return training, held_out, len(numbers)


def train(model, text, epochs):
    length = len(text) // ROWS
    rows = torch.tensor(text[: ROWS * length]).view(ROWS, length).t().contiguous()
    windows = (length - 1) // STEPS
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=epochs * windows, pct_start=0.05, cycle_momentum=False)
    for _ in range(epochs):
        state = tuple(torch.zeros(1, ROWS, WIDTH) for _ in range(2))
        for start in range(0, windows * STEPS, STEPS):
            logits, state = model(rows[start : start + STEPS], state)
            state = tuple(part.detach() for part in state)
            targets = rows[start + 1 : start + STEPS + 1]
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), LONGEST_GRADIENT)
            optimizer.step()
            schedule.step()
    return epochs * windows


@torch.no_grad()
def held_out_nats(model, texts):
    """The mean cross entropy of a held-out character, each text read from its beginning to its end."""
    total, count = 0.0, 0
    for text in texts:
        state = tuple(torch.zeros(1, 1, WIDTH) for _ in range(2))
        numbers = torch.tensor(text).unsqueeze(1)
        for start in range(0, len(text) - 1, MEASURED_STEPS):
            end = min(start + MEASURED_STEPS, len(text) - 1)
            logits, state = model(numbers[start:end], state)
            targets = numbers[start + 1 : end + 1].flatten()
            total += torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets, reduction="sum").item()
            count += end - start
    return total / count


def ours(leibniz, folder, epochs, seed):
    began = time.perf_counter()
    command = [leibniz, "train", "language", "--data", folder, "--epochs", str(epochs), "--seed", str(seed), "--json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(output.strip().splitlines()[-1])
    return {"validation_nats": result["validation_nats"], "seconds": time.perf_counter() - began}


def theirs(folder, epochs, seed, threads):
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    began = time.perf_counter()
    text, held_out, characters = corpus(folder)
    model = CharacterModel(characters)
    updates = train(model, text, epochs)
    nats = held_out_nats(model, held_out)
    return {"validation_nats": nats, "seconds": time.perf_counter() - began, "updates": updates}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("leibniz")
    parser.add_argument("--data", default=str(pathlib.Path.home() / ".cache" / "leibniz" / "data" / "language"))
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    here = ours(options.leibniz, options.data, options.epochs, options.seed)
    print(json.dumps({"library": "Leibniz", **here}), flush=True)
    there = theirs(options.data, options.epochs, options.seed, options.threads)
    print(json.dumps({"library": "PyTorch", **there}), flush=True)
    print(json.dumps({
        "loss_ratio": here["validation_nats"] / there["validation_nats"],
        "time_ratio": here["seconds"] / there["seconds"],
    }))


if __name__ == "__main__":
    main()
