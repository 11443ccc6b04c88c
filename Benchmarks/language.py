"""The program of `leibniz train language` in PyTorch: see scripts/bench-field.

Same texts, same shares, same rows and windows, same sizes and initial distributions (PyTorch's own), same optimizer, clipping and
schedule; only the random numbers differ.
"""

import pathlib

import torch

from side_by_side import compare

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


def trained(folder, epochs):
    """The nats of a held-out character after training, and how many updates that took."""
    text, held_out, characters = corpus(folder)
    model = CharacterModel(characters)
    updates = train(model, text, epochs)
    return held_out_nats(model, held_out), updates


if __name__ == "__main__":
    compare("language", "validation_nats", trained, epochs=1)
