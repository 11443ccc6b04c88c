"""Compares optimizers and schedules with PyTorch's, and metrics with scikit-learn's.

    python training.py EXECUTABLE FOLDER

The executable (Tests/Parity/Training.swift) computes from the same numbers and writes what it found into the folder. All in float64.
Ends with status 1 where anything differs by more than its limit. Optimizers that PyTorch lacks (Lion, LAMB, and Muon in full
precision) are held to their formulas in the tests.
"""

import pathlib
import subprocess
import sys

import numpy as np
import sklearn
import torch
from sklearn import metrics
from torch import nn, optim
from torch.nn import functional as F
from torch.optim import lr_scheduler as lr

LIMIT = 1e-10
torch.set_default_dtype(torch.float64)

OPTIMIZERS = {
    "adam-amsgrad": lambda p: optim.Adam(p, lr=0.02, weight_decay=0.01, amsgrad=True),
    "adamw-amsgrad": lambda p: optim.AdamW(p, lr=0.02, amsgrad=True),
    "adamax": lambda p: optim.Adamax(p, lr=0.02, weight_decay=0.01),
    "nadam": lambda p: optim.NAdam(p, lr=0.02, weight_decay=0.01),
    "nadam-decoupled": lambda p: optim.NAdam(p, lr=0.02, weight_decay=0.01, decoupled_weight_decay=True),
    "radam": lambda p: optim.RAdam(p, lr=0.02, weight_decay=0.01),
    "radam-decoupled": lambda p: optim.RAdam(p, lr=0.02, betas=(0.8, 0.9), weight_decay=0.01, decoupled_weight_decay=True),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, weight_decay=0.01),
    "rmsprop-centred": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.05, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.1),
    "adadelta": lambda p: optim.Adadelta(p, lr=0.5, weight_decay=0.01),
    "sgd-clipped": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "sgd-values": lambda p: optim.SGD(p, lr=0.1),
    "sgd-accumulated": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
}

SCHEDULES = {
    "step": lambda o: lr.StepLR(o, 7, 0.3),
    "multi-step": lambda o: lr.MultiStepLR(o, [4, 9, 9, 20], 0.5),
    "exponential": lambda o: lr.ExponentialLR(o, 0.9),
    "polynomial": lambda o: lr.PolynomialLR(o, 20, 1.7),
    "linear": lambda o: lr.LinearLR(o, total_iters=8),
    "constant": lambda o: lr.ConstantLR(o),
    "cosine": lambda o: lr.CosineAnnealingLR(o, 12, 0.02),
    "restarts": lambda o: lr.CosineAnnealingWarmRestarts(o, 5, 2, 0.02),
    "one-cycle": lambda o: lr.OneCycleLR(o, 0.5, total_steps=40),
    "one-cycle-linear": lambda o: lr.OneCycleLR(
        o, 0.5, total_steps=40, pct_start=0.4, anneal_strategy="linear", three_phase=True
    ),
    "sequential": lambda o: lr.SequentialLR(o, [lr.LinearLR(o, total_iters=6), lr.ExponentialLR(o, 0.8)], [6]),
    "chained": lambda o: lr.ChainedScheduler([lr.ConstantLR(o, total_iters=7), lr.ExponentialLR(o, 0.9)]),
}


def step(name, optimizer, net, number):
    if name == "sgd-accumulated":
        # The gradients of four passes are the same, since the parameters stay: their mean is each of them.
        if number % 4 != 3:
            return
    if name == "sgd-clipped":
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    if name == "sgd-values":
        nn.utils.clip_grad_value_(net.parameters(), 0.02)
    optimizer.step()


def line(weights, x, y, search):
    """A line of least squares after a few steps of L-BFGS."""
    net = nn.Linear(5, 3)
    net.load_state_dict({"weight": weights["0.weight"][:3], "bias": weights["0.bias"][:3]})
    fixed = search is None
    optimizer = optim.LBFGS(
        net.parameters(), lr=0.5 if fixed else 1, max_iter=4 if fixed else 20, max_eval=100, tolerance_grad=1e-12,
        tolerance_change=1e-15, line_search_fn=search,
    )

    def loss():
        optimizer.zero_grad()
        value = F.mse_loss(net(x), y)
        value.backward()
        return value

    for _ in range(2 if fixed else 3):
        optimizer.step(loss)
    return {n: p.detach().numpy() for n, p in net.named_parameters()}


def dummy():
    return optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)


def main(executable, folder):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    network = lambda: nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
    weights = network().state_dict()
    rng = np.random.default_rng(0)
    truth = rng.normal(size=60) + 3
    scores, measures = rng.normal(size=(60, 4)), np.exp(-np.arange(60) / 6) + 0.02 * rng.random(60)
    d = dict(
        x=torch.randn(16, 5).numpy(), y=torch.randn(16, 3).numpy(), measures=measures, scores=scores,
        classes=rng.integers(4, size=60), truth=truth, prediction=np.round(truth + rng.normal(size=60), 1),
        gains=rng.integers(4, size=(60, 4)).astype(float), labels=(truth > 3).astype(int),
    ) | {f"weights.{n}": w.numpy() for n, w in weights.items()}
    for name, value in d.items():
        value.tofile(folder / name)
    subprocess.run([executable, "training", folder], check=True)
    rows = []

    def compare(what, pairs, limit=LIMIT):
        worst = max(np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in pairs)
        rows.append((what, worst if np.isfinite(worst) else np.inf, limit))

    x, y = torch.from_numpy(d["x"]), torch.from_numpy(d["y"])
    for name, make in OPTIMIZERS.items():
        net = network()
        net.load_state_dict(weights)
        optimizer = make(net.parameters())
        for number in range(20):
            optimizer.zero_grad()
            F.mse_loss(net(x), y).backward()
            step(name, optimizer, net, number)
        found = {n: p.detach().numpy() for n, p in net.named_parameters()}
        compare(f"{name}, 20 steps", [(np.fromfile(folder / f"{name}.{n}").reshape(p.shape), p) for n, p in found.items()])
    # Both searches look for the same minimum in ways of their own.
    for name, search, limit in (("fixed", None, LIMIT), ("searched", "strong_wolfe", 1e-6)):
        found = line(weights, x, y, search)
        pairs = [(np.fromfile(folder / f"lbfgs-{name}.{n}").reshape(p.shape), p) for n, p in found.items()]
        compare(f"lbfgs, {name}", pairs, limit)
    for name, make in SCHEDULES.items():
        optimizer, rates = dummy(), []
        schedule = make(optimizer)
        for number in range(40):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if number < 39:
                schedule.step()
        compare(f"schedule {name}", [(np.fromfile(folder / f"schedule.{name}"), np.array(rates))])
    optimizer, rates = dummy(), []
    plateau = lr.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, threshold=1e-2, cooldown=1, min_lr=1e-3)
    for measure in measures:
        plateau.step(measure)
        rates.append(optimizer.param_groups[0]["lr"])
    compare("schedule plateau", [(np.fromfile(folder / "schedule.plateau"), np.array(rates))])

    classes, guess, prediction, gains = d["classes"], scores.argmax(1), d["prediction"], d["gains"]
    log = torch.from_numpy(scores).log_softmax(-1).numpy()
    expected = [
        metrics.accuracy_score(classes, guess), metrics.top_k_accuracy_score(classes, scores, k=2),
        metrics.roc_auc_score(d["labels"], prediction), metrics.root_mean_squared_error(truth, prediction),
        metrics.mean_absolute_error(truth, prediction), metrics.r2_score(truth, prediction),
        np.exp(metrics.log_loss(classes, np.exp(log))), metrics.ndcg_score(gains, scores), metrics.ndcg_score(gains, scores, k=2),
    ]
    for average in ("macro", "micro", "weighted"):
        expected += list(metrics.precision_recall_fscore_support(classes, guess, average=average)[:3])
    expected += list(metrics.confusion_matrix(classes, guess).ravel())
    for number, (a, b) in enumerate(zip(np.fromfile(folder / "metrics"), expected, strict=True)):
        if number < 18:
            compare(f"metric {number}", [(np.array([a]), np.array([b]))])
    compare("confusion matrix", [(np.fromfile(folder / "metrics")[18:], np.array(expected[18:]))])

    print(f"{f'compared with PyTorch {torch.__version__}, scikit-learn {sklearn.__version__}':52} ‖a−b‖/‖b‖    limit")
    for what, worst, limit in rows:
        print(f"{what:52} {worst:9.2e}  {limit:7.0e}  {'ok' if worst <= limit else 'FAILED'}")
    failures = sum(worst > limit for _, worst, limit in rows)
    print(f"{len(rows)} comparisons, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
