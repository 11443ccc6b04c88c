"""Compares Leibniz with PyTorch: the article's network, its gradients, and twenty steps of each optimizer.

    python parity.py EXECUTABLE FOLDER

PyTorch draws images, labels and weights; the executable (Tests/Parity/main.swift) computes from the same numbers and
writes what it found into the folder. Ends with status 1 where anything differs by more than its limit.
"""

import pathlib
import subprocess
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

BATCH, STEPS = 16, 20
OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.05),
    "SGD-momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, dampening=0.1),
    "SGD-Nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.002, weight_decay=0.01),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.002, weight_decay=0.05),
}


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x))).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def main(executable, folder):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    images = torch.randn(BATCH, 1, 32, 32, dtype=torch.float64)
    labels = torch.randint(10, (BATCH,))
    weights = {name: value.double() for name, value in ConvNet().state_dict().items()}
    for name, value in {"images": images, "labels": labels, **{"weights." + n: w for n, w in weights.items()}}.items():
        value.numpy().tofile(folder / name)
    subprocess.run([executable, folder], check=True)

    def ours(name, like):
        return np.fromfile(folder / name).reshape(like.shape)

    rows = []

    def compare(what, pairs, limit):
        """The largest ‖a − b‖/‖b‖ among pairs of arrays; NaN counts as infinitely large."""
        differences = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs]
        worst = max(d if np.isfinite(d) else np.inf for d in differences)
        rows.append((what, len(differences), worst, limit))

    for type, dtype in {"float32": torch.float32, "float64": torch.float64}.items():
        single = dtype == torch.float32

        def network():
            net = ConvNet().to(dtype)
            net.load_state_dict(weights, strict=True)
            return net

        def array(tensor):
            return tensor.detach().double().numpy()

        net, x = network(), images.to(dtype)
        logits = net(x)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        limit = 1e-5 if single else 1e-12
        for what, value in {"logits": logits, "loss": loss}.items():
            compare(f"{type} {what}", [(ours(f"{type}.{what}", array(value)), array(value))], limit)
        for name, parameter in net.named_parameters():
            gradient = array(parameter.grad)
            compare(f"{type} gradient of {name}", [(ours(f"{type}.gradient.{name}", gradient), gradient)], limit)
        for kind, make in OPTIMIZERS.items():
            net = network()
            optimizer, losses = make(net.parameters()), []
            for _ in range(STEPS):
                optimizer.zero_grad()
                loss = F.cross_entropy(net(x), labels)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            losses = np.array(losses)
            found = ours(f"{type}.{kind}.losses", losses)
            compare(f"{type} {kind}: {STEPS} losses", list(zip(found[:, None], losses[:, None])), 1e-4 if single else 1e-9)
            if not single:
                pairs = [(ours(f"{type}.{kind}.{n}", array(p)), array(p)) for n, p in net.named_parameters()]
                compare(f"{type} {kind}: parameters after {STEPS} steps", pairs, 1e-9)

    # Names and shapes: PyTorch takes our weights under our names.
    names = sorted(path.name.removeprefix("ours.") for path in folder.glob("ours.*"))
    mine = ConvNet()
    mine.load_state_dict({n: torch.from_numpy(ours("ours." + n, mine.get_parameter(n))) for n in names}, strict=True)

    print(f"{'compared with PyTorch ' + torch.__version__:48} arrays  largest ‖a−b‖/‖b‖    limit")
    for what, count, worst, limit in rows:
        print(f"{what:48} {count:6}  {worst:19.2e}  {limit:7.0e}  {'ok' if worst <= limit else 'FAILED'}")
    failures = sum(worst > limit for _, _, worst, limit in rows)
    print(f"{len(rows)} comparisons, {failures} failed; state dict of {len(names)} names loaded strictly")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
