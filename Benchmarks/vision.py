"""The program of `leibniz train vision` with maximum pools in PyTorch: see scripts/bench-field.

Same images, same network, same optimizer, schedule, movements and smoothing; only the random numbers differ. Batches are moved as a
whole, which is faster there than image by image.
"""

import gzip
import pathlib

import torch

from side_by_side import compare

BATCH, PEAK, DECAY, SMOOTHING, TEST_BATCH = 128, 0.008, 0.01, 0.1, 500


def convolution(inputs, outputs):
    return [torch.nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), torch.nn.BatchNorm2d(outputs)]


class Block(torch.nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.inner = torch.nn.Sequential(*convolution(inputs, outputs), torch.nn.ReLU(), *convolution(outputs, outputs))
        self.shortcut = torch.nn.Sequential(
            torch.nn.Conv2d(inputs, outputs, 1, bias=False), torch.nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.inner(x) + self.shortcut(x))


class ResidualNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.maps = torch.nn.Sequential(
            *convolution(1, 16), torch.nn.ReLU(), torch.nn.MaxPool2d(2), Block(16, 32), torch.nn.MaxPool2d(2), Block(32, 64))
        self.head = torch.nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.maps(x).amax((2, 3)))


class Muon(torch.optim.Optimizer):
    """Muon with steps as long as AdamW's, as `leibniz` has it (Jordan et al. 2024; Liu et al. 2025)."""

    def __init__(self, parameters, lr, decay, momentum=0.95):
        super().__init__(parameters, {"lr": lr, "decay": decay, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                buffer = self.state[p].setdefault("buffer", torch.zeros_like(p))
                buffer.lerp_(p.grad, 1 - group["momentum"])
                x = p.grad.lerp(buffer, group["momentum"]).flatten(1)
                scale = 0.2 * max(x.shape) ** 0.5
                is_tall = x.shape[0] > x.shape[1]
                x = x.T if is_tall else x
                x = x / x.norm().clamp(min=1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
                step = (x.T if is_tall else x).reshape(p.shape)
                p.mul_(1 - group["lr"] * group["decay"]).sub_(step, alpha=group["lr"] * scale)


def read(folder, name):
    """Images [N, 1, 28, 28] and labels of an IDX pair, without their headers."""
    def numbers(kind, header):
        content = gzip.decompress((pathlib.Path(folder) / f"{name}-{kind}.gz").read_bytes())
        return torch.frombuffer(bytearray(content), dtype=torch.uint8)[header:]

    return numbers("images-idx3-ubyte", 16).view(-1, 1, 28, 28), numbers("labels-idx1-ubyte", 8).long()


def moved(images):
    """Each image up to a pixel to any side, and half of them mirrored."""
    count = len(images)
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))[:, 0]
    down, right = torch.randint(0, 3, (2, count, 1))
    rows, columns = (torch.arange(28) + shift for shift in (down, right))
    columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    return padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def train(folder, epochs):
    images, labels = read(folder, "train")
    model = ResidualNet()
    matrices = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizers = [Muon(matrices, PEAK, DECAY), torch.optim.AdamW(others, PEAK, weight_decay=DECAY)]
    updates = epochs * -(-len(images) // BATCH)
    schedules = [
        torch.optim.lr_scheduler.OneCycleLR(o, PEAK, total_steps=updates, cycle_momentum=False) for o in optimizers]
    for _ in range(epochs):
        for chosen in torch.randperm(len(images)).split(BATCH):
            logits = model(moved(images[chosen]).float() / 255)
            loss = torch.nn.functional.cross_entropy(logits, labels[chosen], label_smoothing=SMOOTHING)
            model.zero_grad()
            loss.backward()
            for part in optimizers + schedules:
                part.step()
    return accuracy(model.eval(), *read(folder, "t10k")), updates


@torch.no_grad()
def accuracy(model, images, labels):
    """The share told apart by the mean of an image and its mirror image."""
    right = 0
    for x, y in zip(images.split(TEST_BATCH), labels.split(TEST_BATCH)):
        x = x.float() / 255
        right += ((model(x).softmax(1) + model(x.flip(3)).softmax(1)).argmax(1) == y).sum().item()
    return right / len(images)


if __name__ == "__main__":
    compare("vision", "test_accuracy", train, epochs=2)
