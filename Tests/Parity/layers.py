"""Compares every layer with PyTorch's: outputs, gradients, buffers, and names of parameters.

    python layers.py EXECUTABLE FOLDER

PyTorch draws inputs and weights; the executable (Tests/Parity/Layers.swift) takes the weights over by their names in the state dict,
computes from the same numbers and writes what it found. What it writes as state is loaded with `strict=True`. All in float64. Ends
with status 1 where anything differs by more than its limit.
"""

import pathlib
import subprocess
import sys

import numpy as np
import torch
from torch import nn

LIMIT = 1e-11
# PyTorch has 1/6 in its gradient as a number of single precision.
LIMITS = {"hardsigmoid": 5e-8}
torch.set_default_dtype(torch.float64)


def causal(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def layers():
    """name: (module, shapes of inputs, call)"""
    one = lambda m, shape: (m, [shape], lambda m, x: m(x))
    encoder = lambda first: nn.TransformerEncoderLayer(
        6, 2, 8, dropout=0, activation=nn.functional.gelu, batch_first=True, norm_first=first
    )
    found = {
        "conv1d": one(nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2), (2, 4, 9)),
        "conv1d-same": one(nn.Conv1d(4, 3, 4, padding="same", dilation=2), (2, 4, 9)),
        "conv1d-reflect": one(nn.Conv1d(4, 3, 5, padding=3, padding_mode="reflect"), (2, 4, 9)),
        "conv2d-replicate": one(
            nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 3), padding_mode="replicate"), (2, 3, 5, 6)
        ),
        "conv2d-same-circular": one(nn.Conv2d(3, 2, (3, 4), padding="same", padding_mode="circular"), (1, 3, 5, 6)),
        "conv3d-circular": one(nn.Conv3d(2, 2, 3, padding=(1, 2, 1), padding_mode="circular"), (1, 2, 3, 4, 3)),
        "conv2d": one(nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 0)), (2, 3, 7, 6)),
        "conv2d-depthwise": one(nn.Conv2d(4, 8, 3, padding="same", groups=4, bias=False), (1, 4, 6, 6)),
        "conv3d": one(nn.Conv3d(2, 4, (3, 2, 3), stride=(2, 1, 2), padding=(1, 0, 2), groups=2), (1, 2, 5, 4, 6)),
        "transpose1d": one(nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), (2, 4, 5)),
        "transpose2d": one(
            nn.ConvTranspose2d(4, 2, (3, 2), stride=(2, 1), padding=(1, 0), output_padding=(1, 0), dilation=(1, 2)), (1, 4, 3, 4)
        ),
        "transpose3d": one(nn.ConvTranspose3d(2, 3, 2, stride=2, padding=1), (1, 2, 2, 3, 2)),
        "batch-norm1d": one(nn.BatchNorm1d(3), (6, 3)),
        "batch-norm1d-signals": one(nn.BatchNorm1d(3, momentum=None), (2, 3, 5)),
        "batch-norm2d": one(nn.BatchNorm2d(4, eps=1e-3, momentum=0.3), (3, 4, 3, 2)),
        "batch-norm3d": one(nn.BatchNorm3d(2, affine=False), (2, 2, 3, 2, 2)),
        "instance-norm1d": one(nn.InstanceNorm1d(3, affine=True), (2, 3, 5)),
        "instance-norm2d": one(nn.InstanceNorm2d(3, affine=True, track_running_stats=True), (2, 3, 4, 2)),
        "instance-norm3d": one(nn.InstanceNorm3d(2), (2, 2, 2, 2, 3)),
        "layer-norm": one(nn.LayerNorm([3, 5]), (2, 3, 5)),
        "layer-norm-no-bias": one(nn.LayerNorm(5, bias=False), (4, 5)),
        "group-norm": one(nn.GroupNorm(3, 6), (2, 6, 3)),
        "rms-norm": one(nn.RMSNorm(5), (4, 5)),
        "linear": one(nn.Linear(4, 5), (2, 3, 4)),
        "embedding": one(nn.Embedding(7, 3, padding_idx=2), (3, 4)),
        "network": one(
            nn.Sequential(
                nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 4), nn.Dropout(0)
            ),
            (3, 2, 8, 8),
        ),
        "attention": (
            nn.MultiheadAttention(6, 3), [(5, 2, 6), (4, 2, 6), (4, 2, 6)], lambda m, q, k, v: m(q, k, v)[0],
        ),
        "attention-masked": (
            nn.MultiheadAttention(6, 3), [(5, 2, 6), (5, 5), (2, 5)],
            lambda m, x, mask, padding: m(
                x, x, x, attn_mask=mask.masked_fill(causal(5), -torch.inf), key_padding_mask=torch.zeros(2, 5).masked_fill(padding.bool(), -torch.inf)
            )[0],
        ),
        "attention-widths": (
            nn.MultiheadAttention(6, 2, bias=False, kdim=4, vdim=5, batch_first=True), [(2, 5, 6), (2, 4, 4), (2, 4, 5)],
            lambda m, q, k, v: m(q, k, v)[0],
        ),
        "products": (
            nn.Identity(), [(2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 2), (5, 6)],
            lambda m, q, k, v, mask: nn.functional.scaled_dot_product_attention(q, k, v, mask.bool()),
        ),
        "products-added": (
            nn.Identity(), [(2, 5, 4), (2, 6, 4), (2, 6, 2), (2, 1, 6)],
            lambda m, q, k, v, mask: nn.functional.scaled_dot_product_attention(q, k, v, mask, scale=0.3),
        ),
        "products-causal": (
            nn.Identity(), [(2, 5, 4), (2, 6, 4), (2, 6, 2)],
            lambda m, q, k, v: nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        ),
        "encoder-layer": one(encoder(False), (2, 5, 6)),
        "encoder": (
            nn.TransformerEncoder(encoder(True), 2, norm=nn.LayerNorm(6), enable_nested_tensor=False), [(2, 5, 6), (2, 5)],
            lambda m, x, padding: m(x, mask=causal(5), src_key_padding_mask=padding.bool()),
        ),
        "decoder-layer": (
            nn.TransformerDecoderLayer(6, 2, 8, dropout=0), [(5, 2, 6), (4, 2, 6)],
            lambda m, x, memory: m(x, memory, tgt_mask=causal(5)),
        ),
    }
    packed = lambda x, lengths: nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    found |= {
        "rnn": (nn.RNN(3, 4), [(5, 2, 3)], lambda m, x: m(x)[0]),
        "gru": (nn.GRU(3, 2, 2, batch_first=True), [(2, 5, 3)], lambda m, x: m(x)[0]),
        "lstm": (
            nn.LSTM(3, 4, 2, bidirectional=True), [(4, 2, 3), (2,)],
            lambda m, x, lengths: nn.utils.rnn.pad_packed_sequence(m(packed(x, lengths))[0], total_length=4)[0],
        ),
    }
    activations = {
        "relu": nn.ReLU(), "relu6": nn.ReLU6(), "leaky-relu": nn.LeakyReLU(0.2), "elu": nn.ELU(1.5), "celu": nn.CELU(1.5),
        "selu": nn.SELU(), "gelu": nn.GELU(), "gelu-tanh": nn.GELU("tanh"), "silu": nn.SiLU(), "mish": nn.Mish(),
        "sigmoid": nn.Sigmoid(), "log-sigmoid": nn.LogSigmoid(), "tanh": nn.Tanh(), "tanhshrink": nn.Tanhshrink(),
        "softplus": nn.Softplus(2), "softsign": nn.Softsign(), "softshrink": nn.Softshrink(), "hardshrink": nn.Hardshrink(),
        "hardtanh": nn.Hardtanh(-0.5, 2), "hardsigmoid": nn.Hardsigmoid(), "hardswish": nn.Hardswish(),
        "threshold": nn.Threshold(0.1, 20), "softmax": nn.Softmax(-1), "log-softmax": nn.LogSoftmax(1),
        "softmin": nn.Softmin(-1), "glu": nn.GLU(1), "prelu": nn.PReLU(), "prelu-channels": nn.PReLU(4),
    }
    return found | {name: one(nn.Sequential(m), (3, 4, 5)) for name, m in activations.items()}


def inputs(name, shapes):
    if name == "embedding":
        return [torch.randint(7, shapes[0])]
    drawn = [1.5 * torch.randn(shape) for shape in shapes]
    if name in ("attention-masked", "encoder"):
        drawn[-1] = torch.tensor([[0, 0, 0, 0, 1], [0, 0, 0, 1, 1]])
    if name == "products":
        drawn[-1] = torch.randint(2, shapes[-1])
        drawn[-1][0] = 0  # A query that sees nothing.
    if name == "lstm":
        drawn[-1] = torch.tensor([4, 2])
    return drawn


def main(executable, folder):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    all_layers, drawn = layers(), {}
    for name, (module, shapes, _) in all_layers.items():
        for parameter in module.parameters():
            parameter.data = torch.randn_like(parameter) * 0.7 + 0.1
        for path, value in module.state_dict().items():
            value.numpy().tofile(folder / f"{name}.weights.{path}")
        drawn[name] = inputs(name, shapes)
        for number, value in enumerate(drawn[name]):
            value.numpy().tofile(folder / f"{name}.input{number}")
    subprocess.run([executable, "layers", folder], check=True)

    def ours(name, like):
        return np.fromfile(folder / name).reshape(like.shape)

    rows = []
    for name, (module, _, call) in all_layers.items():
        pairs = []

        def compare(what, value):
            value = value.detach().double().numpy()
            pairs.append((ours(f"{name}.{what}", value), value))

        module.train()
        xs = [x.requires_grad_() if x.is_floating_point() else x for x in drawn[name]]
        y = call(module, *xs)
        compare("output", y)
        (y * torch.sin(torch.arange(1, y.numel() + 1, dtype=torch.float64)).reshape(y.shape)).sum().backward()
        for path, parameter in module.named_parameters():
            compare(f"gradient.{path}", parameter.grad)
        for number, x in enumerate(xs):
            if x.is_floating_point():
                compare(f"gradient.input{number}", x.grad)
        for path, value in module.state_dict().items():
            compare(f"state.{path}", value)
        module.eval()
        compare("inference", call(module, *[x.detach() for x in xs]))
        # Names: what we call our parameters is what PyTorch asks for.
        names = [path.name.removeprefix(f"{name}.state.") for path in folder.glob(f"{name}.state.*")]
        state = module.state_dict()
        module.load_state_dict({n: torch.from_numpy(ours(f"{name}.state.{n}", state[n])) for n in names}, strict=True)
        differences = [np.linalg.norm(a - b) / max(1, np.linalg.norm(b)) for a, b in pairs]
        rows.append((name, len(pairs), max(d if np.isfinite(d) else np.inf for d in differences)))

    print(f"{'compared with PyTorch ' + torch.__version__:32} arrays  largest ‖a−b‖/‖b‖    limit")
    for what, count, worst in rows:
        print(f"{what:32} {count:6}  {worst:19.2e}  {LIMITS.get(what, LIMIT):7.0e}  {'ok' if worst <= LIMITS.get(what, LIMIT) else 'FAILED'}")
    failures = sum(worst > LIMITS.get(what, LIMIT) for what, _, worst in rows)
    print(f"{len(rows)} layers, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
