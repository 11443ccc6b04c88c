"""Compares pooling with its owners: PyTorch's layers and gradients, ONNX's LpPool, scikit-image's integral image.

    python pooling.py EXECUTABLE FOLDER

Random maps are written for the executable (Tests/Parity/Pooling.swift), which computes the same. Ends with status 1 where anything
differs by more than its limit.
"""

import pathlib
import subprocess
import sys

import numpy as np
import onnx
import torch
from onnx.reference import ReferenceEvaluator
from skimage.transform import integral_image, integrate
from torch.nn import functional as F

LIMIT = 1e-12
# Name, size, stride, padding, dilation, whether the last window may overhang.
SETTINGS = {
    1: [("1d", [3], [2], [0], [1], False), ("1d-ceil", [4], [3], [1], [1], True), ("1d-dilated", [3], [1], [1], [3], False)],
    2: [
        ("2d", [2, 2], [2, 2], [0, 0], [1, 1], False), ("2d-overlap", [3, 2], [1, 2], [1, 1], [1, 1], False),
        ("2d-ceil", [3, 3], [2, 2], [1, 0], [1, 1], True), ("2d-dilated", [2, 3], [2, 1], [1, 1], [3, 2], False),
        ("2d-large", [9, 9], [1, 1], [4, 4], [1, 1], False),
    ],
    3: [("3d", [2, 2, 2], [2, 2, 2], [0, 0, 0], [1, 1, 1], False), ("3d-ceil", [2, 3, 2], [2, 2, 1], [1, 1, 0], [1, 1, 1], True)],
}
ADAPTIVE = [("1d", 1, [5]), ("2d", 2, [5, 7]), ("2d-even", 2, [17, 7]), ("2d-more", 2, [20, 3]), ("3d", 3, [4, 3, 2])]


def valued(f, x):
    """f(x) and the gradient of the sum of its squares."""
    x = x.clone().requires_grad_(True)
    y = f(x)
    (y * y).sum().backward()
    return {"value": y.detach(), "gradient": x.grad}


def onnx_lp(x, p, size, stride, padding, dilation, ceil):
    node = onnx.helper.make_node(
        "LpPool", ["x"], ["y"], p=int(p), kernel_shape=size, strides=stride, pads=padding * 2, dilations=dilation, ceil_mode=int(ceil))
    info = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE, None) for name in "xy"]
    graph = onnx.helper.make_graph([node], "pool", info[:1], info[1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)])
    return ReferenceEvaluator(model).run(None, {"x": x.numpy()})[0]


def main(executable, folder):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    x = {n: torch.randn(*shape, dtype=torch.float64) for n, shape in {1: (2, 3, 23), 2: (2, 3, 17, 14), 3: (2, 2, 9, 8, 7)}.items()}
    samples = {2: torch.rand(2, 3, 2, dtype=torch.float64), 3: torch.rand(2, 2, 3, dtype=torch.float64)}
    corners = np.sort(np.stack([generator.choice(n + 1, (40, 2)) for n in (17, 14)], axis=1), axis=2)
    corners[..., 1] += corners[..., 0] == corners[..., 1]
    corners = np.minimum(corners, np.array([17, 14])[:, None])
    corners[..., 0] -= corners[..., 0] == corners[..., 1]
    boxes = corners.transpose(0, 2, 1).reshape(40, 4).astype(float)  # low row, low column, high row, high column
    given = {f"x{n}": t.numpy() for n, t in x.items()} | {f"samples{n}": t.numpy() for n, t in samples.items()} | {"boxes": boxes}
    for name, value in given.items():
        value.tofile(folder / name)
    subprocess.run([executable, "pooling", folder], check=True)

    worst = {}

    def compare(what, name, expected):
        expected = np.asarray(expected, dtype=np.float64)
        found = np.fromfile(folder / name)
        difference = np.inf
        if found.size == expected.size:
            found, isnan = found.reshape(expected.shape), np.isnan(expected)
            # PyTorch's root of a negative sum is not a number, and so is ours.
            if (np.isnan(found) == isnan).all():
                difference = np.linalg.norm(found[~isnan] - expected[~isnan]) / max(1, np.linalg.norm(expected[~isnan]))
        worst.setdefault(what, []).append((difference, name))

    for n, settings in SETTINGS.items():
        pools = [getattr(F, f"{kind}_pool{n}d") for kind in ("max", "avg", "lp")]
        for name, size, stride, padding, dilation, ceil in settings:
            def greatest(x, indices=False):
                return pools[0](x, size, stride, padding, dilation, ceil_mode=ceil, return_indices=indices)

            for what, value in valued(greatest, x[n]).items():
                compare("max_pool", f"max.{name}.{what}", value)
            values, indices = greatest(x[n], True)
            compare("max_pool indices", f"max.{name}.indices", indices)
            if set(dilation) == {1}:
                back = getattr(F, f"max_unpool{n}d")(values, indices, size, stride, padding, output_size=x[n].shape[2:])
                compare("max_unpool", f"unpool.{name}.value", back)
                for counted in (True, False):
                    average = lambda x: pools[1](x, size, stride, padding, ceil_mode=ceil, count_include_pad=counted)
                    for what, value in valued(average, x[n]).items():
                        compare("avg_pool", f"average-{'' if counted else 'un'}counted.{name}.{what}", value)
                for p in (1.0, 2.0, 3.0, 4.5):
                    power = lambda x: pools[2](x, p, size, stride, ceil_mode=ceil)
                    for what, value in valued(power, x[n].abs()).items():
                        compare("lp_pool", f"signed-{p}.{name}.{what}", value)
                    compare("lp_pool", f"signed-{p}.{name}.signed", power(x[n]))
            for p in (1.0, 2.0, 3.0, 7.0):
                compare("ONNX LpPool", f"onnx-{p}.{name}.value", onnx_lp(x[n], p, size, stride, padding, dilation, ceil))

    for name, n, outputs in ADAPTIVE:
        for what, value in valued(lambda x: getattr(F, f"adaptive_avg_pool{n}d")(x, outputs), x[n]).items():
            compare("adaptive_avg_pool", f"adaptive-average.{name}.{what}", value)
        values, indices = getattr(F, f"adaptive_max_pool{n}d")(x[n], outputs, return_indices=True)
        compare("adaptive_max_pool", f"adaptive-max.{name}.value", values)
        compare("adaptive_max_pool", f"adaptive-max.{name}.indices", indices)

    for n, size, outputs in ((2, (2, 3), (7, 5)), (3, (2, 2, 3), (5, 4, 3))):
        values, indices = getattr(F, f"fractional_max_pool{n}d")(
            x[n], size, output_size=outputs, return_indices=True, _random_samples=samples[n])
        compare("fractional_max_pool", f"fractional.{n}d.value", values)
        compare("fractional_max_pool", f"fractional.{n}d.indices", indices)

    plane = x[2][0, 0].numpy()
    table = integral_image(plane)
    sums = [integrate(table, (int(a), int(b)), (int(c) - 1, int(d) - 1))[0] for a, b, c, d in boxes]
    compare("integral_image", "boxes.value", sums)
    windows = [[integrate(table, (i, j), (i + 4, j + 3))[0] for j in range(11)] for i in range(13)]
    compare("integral_image", "window-sums.value", windows)

    print(f"{'compared with PyTorch ' + torch.__version__:34} arrays  largest ‖a−b‖/max(1, ‖b‖)")
    failures = 0
    for what, found in worst.items():
        difference, name = max(found)
        failed = sum(not each <= LIMIT for each, _ in found)
        failures += failed
        print(f"{what:34} {len(found):6}  {difference:12.2e} of {name:34}  {'ok' if not failed else 'FAILED'}")
    print(f"{sum(map(len, worst.values()))} comparisons, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
