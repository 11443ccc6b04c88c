"""Compares every loss with PyTorch's: mean, sum, single losses, and the gradient of the mean.

    python losses.py EXECUTABLE FOLDER

The executable (Tests/Parity/Losses.swift) computes from the same numbers and writes what it found into the folder. All in float64.
Ends with status 1 where anything differs by more than its limit. Losses that PyTorch lacks (quantile, contrastive, focal) are held to
their formulas in the tests.
"""

import pathlib
import subprocess
import sys

import numpy as np
import torch
from torch.nn import functional as F

LIMIT = 1e-12
torch.set_default_dtype(torch.float64)


def main(executable, folder):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    draw = lambda *shape: torch.randn(shape)
    d = dict(
        x=draw(6, 4), t=draw(6, 4), u=draw(6, 4), binary=(draw(6, 4) > 0).double(), counts=torch.randint(8, (6, 4)).double(),
        signs=draw(6, 4).sign(), pairSigns=draw(6).sign(), weights=torch.rand(4) + 0.5, classes=torch.randint(4, (6,)),
        ragged=torch.tensor([3, -100, 0, 1, -100, 2]), sequence=draw(7, 3, 4),
        targets=torch.tensor([[1, 2, 2], [3, 1, 0], [2, 0, 0]]), inputLengths=torch.tensor([7, 5, 3]), targetLengths=torch.tensor([3, 2, 1]),
    )
    for name, value in d.items():
        value.numpy().tofile(folder / name)
    subprocess.run([executable, "losses", folder], check=True)
    t, u, w, binary, signs = d["t"], d["u"], d["weights"], d["binary"], d["signs"]
    classes, ragged, log = d["classes"], d["ragged"], lambda x: x.log_softmax(-1)
    losses = {
        "mse": lambda x, r: F.mse_loss(x, t, reduction=r),
        "l1": lambda x, r: F.l1_loss(x, t, reduction=r),
        "huber": lambda x, r: F.huber_loss(x, t, delta=0.7, reduction=r),
        "smooth-l1": lambda x, r: F.smooth_l1_loss(x, t, beta=0.7, reduction=r),
        "poisson": lambda x, r: F.poisson_nll_loss(x, d["counts"], full=True, reduction=r),
        "gaussian": lambda x, r: F.gaussian_nll_loss(x, t, u.exp(), full=True, reduction=r),
        "cross-entropy": lambda x, r: F.cross_entropy(x, classes, reduction=r),
        "cross-entropy-all": lambda x, r: F.cross_entropy(x, ragged, weight=w, label_smoothing=0.1, reduction=r),
        "cross-entropy-shares": lambda x, r: F.cross_entropy(x, t.softmax(-1), weight=w, label_smoothing=0.1, reduction=r),
        "nll": lambda x, r: F.nll_loss(log(x), ragged, weight=w, reduction=r),
        "kl": lambda x, r: F.kl_div(log(x), t.softmax(-1), reduction=r),
        "kl-logarithms": lambda x, r: F.kl_div(log(x), log(t), log_target=True, reduction=r),
        "bce": lambda x, r: F.binary_cross_entropy(x.sigmoid(), binary, weight=w, reduction=r),
        "bce-logits": lambda x, r: F.binary_cross_entropy_with_logits(x, binary, weight=w, pos_weight=2 * w, reduction=r),
        "multi-margin": lambda x, r: F.multi_margin_loss(x, classes, p=2, margin=0.8, weight=w, reduction=r),
        "triplet": lambda x, r: F.triplet_margin_loss(x, t, u, swap=True, reduction=r),
        "cosine": lambda x, r: F.cosine_embedding_loss(x, t, d["pairSigns"], margin=0.1, reduction=r),
        "ranking": lambda x, r: F.margin_ranking_loss(x, t, signs, margin=0.2, reduction=r),
        "ctc": lambda x, r: F.ctc_loss(log(x), d["targets"], d["inputLengths"], d["targetLengths"], reduction=r),
    }
    rows = []
    for name, loss in losses.items():
        x = d["sequence" if name == "ctc" else "x"].clone().requires_grad_()
        loss(x, "mean").backward()
        found = {r: loss(x, r).detach() for r in ("mean", "sum", "none")} | {"gradient": x.grad}
        worst = 0
        for what, value in found.items():
            b = value.numpy()
            difference = np.linalg.norm(np.fromfile(folder / f"{name}.{what}").reshape(b.shape) - b) / np.linalg.norm(b)
            worst = max(worst, difference if np.isfinite(difference) else np.inf)
        rows.append((name, worst))
    mean = F.kl_div(log(d["x"]), t.softmax(-1), reduction="batchmean").item()
    rows.append(("batch-mean", abs(np.fromfile(folder / "batch-mean")[0] / mean - 1)))
    print(f"{'compared with PyTorch ' + torch.__version__:32} largest ‖a−b‖/‖b‖    limit")
    for what, worst in rows:
        print(f"{what:32} {worst:18.2e}  {LIMIT:7.0e}  {'ok' if worst <= LIMIT else 'FAILED'}")
    failures = sum(worst > LIMIT for _, worst in rows)
    print(f"{len(rows)} losses, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
