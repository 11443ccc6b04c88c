"""What is measured: every workload's goal, numbers and rule of learning, the same for all peers.

A workload is of one kind:
    value      y = f(inputs)
    gradient   y, and the gradients of Σ w⊙y in all inputs of floats, for a fixed random w; integers come last
    step       loss(parameters, batch), its gradients, and the optimizer's step of the parameters
    epoch      many such steps, one for each row of the arrays
    curvature  the Hessian of loss(parameters, batch) times a direction
    hessian    the Hessian of loss(parameters, batch) in one array of parameters
    examples   the gradients of loss(parameters, example) for each example of the batch
    pass       every batch of a data set once, its samples changed by chance and made ready by two workers
    series     the derivatives of f(parameters, x + t·v) by t at 0, up to order 6
Each peer has its own ways to write f and the losses, under the workload's `program`.
"""

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

generator = np.random.default_rng()


def seed(number):
    """Starts the random numbers again, so that all peers compute with the same."""
    global generator
    generator = np.random.default_rng(number)


def normal(*shape, type="float32"):
    return generator.standard_normal(shape, dtype=type)


def classes(count, *shape):
    return generator.integers(count, size=shape)


def weights(shapes):
    """First values of a network's parameters: each weight is followed by its bias; PyTorch's default ranges."""
    fans = [np.prod(weight[1:]) for weight in shapes[::2] for _ in "wb"]
    return [(generator.uniform(-1, 1, shape) / fan**0.5).astype("float32") for shape, fan in zip(shapes, fans)]


@dataclass
class SGD:
    lr: float
    momentum: float = 0

    @property
    def states(self):
        """How many arrays of a parameter's shape are kept from step to step."""
        return 1 if self.momentum else 0

    def step(self, parameter, gradient, states, number):
        """The parameter and its states after step `number`, written so that NumPy's, PyTorch's and JAX's arrays do."""
        if self.momentum:
            states = [self.momentum * states[0] + gradient]
            gradient = states[0]
        return parameter - self.lr * gradient, states


@dataclass
class Adam:
    lr: float
    states = 2

    def step(self, parameter, gradient, states, number):
        mean = 0.9 * states[0] + 0.1 * gradient
        square = 0.999 * states[1] + 0.001 * gradient * gradient
        change = mean / (1 - 0.9**number) / ((square / (1 - 0.999**number)) ** 0.5 + 1e-8)
        return parameter - self.lr * change, [mean, square]


@dataclass
class Workload:
    kind: str
    program: str
    inputs: Callable[[], list]
    optimizer: Any = None
    goal: float = None


CONVNET = [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,)]
VGG = [(64, 3, 3, 3), (64,), (64, 64, 3, 3), (64,), (128, 64, 3, 3), (128,), (10, 8192), (10,)]
# So small that a batch is never learned by heart: gradients that underflow are slower to compute with than real ones.
SMALL_RATE = 1e-5
TANH = [(128, 128), (128,)] * 3
ORDER = 6
MLP = [(512, 784), (512,), (512, 512), (512,), (10, 512), (10,)]
# From inputs, from the state before, and a dense head.
LSTM = [(512, 64), (512,), (512, 128), (512,), (64, 128), (64,)]
GRU = [(384, 64), (384,), (384, 128), (384,)]
# Queries, keys and values; their result; normalisation; two linear maps; normalisation.
ENCODER_LAYER = [
    (384, 128), (384,), (128, 128), (128,), (128,), (128,), (512, 128), (512,), (128, 512), (128,), (128,), (128,)
]
ENCODER = ENCODER_LAYER * 4 + [(64, 128), (64,)]
HEADS_OF_ENCODER = 4
WAVE_NET = [(32, 1, 9), (32,), (64, 32, 9), (64,), (128, 64, 9), (128,), (10, 128), (10,)]
# A minute at 16 kHz.
SAMPLES = 960000
FRAME, HOP, WINDOW = 512, 160, 400


def convnet_train(batch, goal):
    inputs = lambda: [weights(CONVNET), normal(batch, 1, 32, 32), classes(10, batch)]
    return Workload("step", "convnet-loss", inputs, SGD(SMALL_RATE, momentum=0.9), goal)


def convnet_infer(batch, goal):
    return Workload("value", "convnet", lambda: [weights(CONVNET), normal(batch, 1, 32, 32)], goal=goal)


def function(kind, program, *shapes, goal):
    return Workload(kind, program, lambda: [normal(*shape) for shape in shapes], goal=goal)


MILLIONS, IMAGES, HEADS = [4194304], [32, 64, 56, 56], [1, 8, 256, 64]

WORKLOADS = {
    "linreg-step": Workload(
        "step", "line", lambda: [weights([(1, 1), (1,)]), normal(100, 1), normal(100, 1)], SGD(0.01), goal=5
    ),
    "convnet-train-1": convnet_train(1, goal=5),
    "convnet-train-64": convnet_train(64, goal=4),
    "convnet-train-256": convnet_train(256, goal=5),
    "convnet-infer-1": convnet_infer(1, goal=5),
    "convnet-infer-64": convnet_infer(64, goal=2),
    "vgg-train": Workload(
        "step", "vgg-loss", lambda: [weights(VGG), normal(32, 3, 32, 32), classes(10, 32)], SGD(SMALL_RATE), goal=1.5
    ),
    "mlp-adam": Workload(
        "step", "mlp-loss", lambda: [weights(MLP), normal(128, 784), classes(10, 128)], Adam(1e-3), goal=1.15
    ),
    "matrix-factorization": Workload(
        "step", "factorization",
        lambda: [
            [normal(943, 32) / 8, normal(1682, 32) / 8], classes(943, 4096), classes(1682, 4096), normal(4096)
        ],
        SGD(0.1), goal=4,
    ),
    "pointwise-value": function("value", "pointwise-sum", MILLIONS, MILLIONS, goal=1.15),
    "pointwise-gradient": function("gradient", "pointwise", MILLIONS, MILLIONS, goal=1.3),
    "softmax-cross-entropy": Workload(
        "gradient", "cross-entropy", lambda: [normal(4096, 1000), classes(1000, 4096)], goal=2
    ),
    "layer-norm": function("gradient", "layer-norm", [4096, 768], [768], [768], goal=1.5),
    "batch-norm-relu": function("gradient", "batch-norm-relu", [64, 64, 32, 32], [64], [64], goal=1.5),
    "max-pool": function("gradient", "max-pool", IMAGES, goal=4),
    "average-pool": function("gradient", "average-pool", IMAGES, goal=4),
    "l2-pool": function("gradient", "l2-pool", IMAGES, goal=4),
    "max-pool-3": function("gradient", "max-pool-3", IMAGES, goal=3),
    "average-pool-31": Workload("value", "average-pool-31", lambda: [normal(1, 1, 4096, 4096) + 1000], goal=10),
    "matmul-256": function("value", "matmul", [256, 256], [256, 256], goal=1),
    "matmul-1024": function("value", "matmul", [1024, 1024], [1024, 1024], goal=1),
    "matmul-2048": function("value", "matmul", [2048, 2048], [2048, 2048], goal=1),
    "batched-matmul": function("value", "matmul", [64, 128, 64], [64, 64, 128], goal=1.3),
    "attention-gradient": function("gradient", "attention", HEADS, HEADS, HEADS, goal=1.5),
    "embedding-gradient": Workload(
        "gradient", "embedding", lambda: [normal(50000, 64), classes(50000, 8192)], goal=2
    ),
    "embedding-sgd-step": Workload(
        "step", "embedding-loss", lambda: [[normal(50000, 64)], classes(50000, 8192), normal(8192, 64)],
        SGD(0.1), goal=4,
    ),
    "hessian-vector-product": Workload(
        "curvature", "mlp-loss",
        lambda: [weights(MLP), [normal(*shape) for shape in MLP], normal(128, 784), classes(10, 128)], goal=1.15,
    ),
    "taylor-6": Workload(
        "series", "tanh-net", lambda: [weights(TANH), normal(256, 128), normal(256, 128)], goal=1.5
    ),
    "hessian-30": Workload("hessian", "small-net", lambda: [normal(30), normal(64, 3), normal(64)], goal=1),
    "gradients-per-example": Workload(
        "examples", "mlp-loss", lambda: [weights(MLP), normal(128, 784), classes(10, 128)], goal=1
    ),
    "lstm-adam": Workload(
        "step", "lstm-loss", lambda: [weights(LSTM), normal(64, 32, 64), classes(64, 64, 32)], Adam(SMALL_RATE),
        goal=1.5,
    ),
    "gru-gradient": Workload("gradient", "gru", lambda: [normal(64, 32, 64), *weights(GRU)], goal=2),
    "transformer-train": Workload(
        "step", "transformer-loss", lambda: [weights(ENCODER), normal(16, 128, 128), classes(64, 16, 128)],
        Adam(SMALL_RATE), goal=1.3,
    ),
    "conv1d-train": Workload(
        "step", "wave-net-loss", lambda: [weights(WAVE_NET), normal(32, 1, 4096), classes(10, 32)], SGD(SMALL_RATE),
        goal=1.3,
    ),
    "stft-power": function("value", "stft", [SAMPLES], goal=3),
    "stft-gradient": function("gradient", "stft", [SAMPLES], goal=5),
    "recommender-epoch": Workload(
        "epoch", "biased-factorization",
        lambda: [
            [normal(943, 32) / 8, normal(1682, 32) / 8, normal(943, 1) / 8, normal(1682, 1) / 8],
            classes(943, 90, 1000), classes(1682, 90, 1000), normal(90, 1000),
        ],
        SGD(0.1), goal=4,
    ),
    "data-loader": Workload(
        "pass", "augmented-images",
        lambda: [generator.integers(256, size=(4096, 1, 28, 28), dtype="uint8"), classes(10, 4096)], goal=3,
    ),
}


def described(case):
    """The workload of a random description; the program's name is the description's kind."""

    def inputs():
        match case["kind"]:
            case "convolution":
                shapes = [case["input"], case["weight"]]
            case "einsum":
                shapes = [case["left"], case["right"]]
            case "concatenation":
                shapes = case["inputs"]
            case "chain":
                binary = any(name.endswith("-b") for name in case["operations"])
                row = "add-row" in case["operations"]
                shapes = [case["input"]] * (2 if binary else 1) + [case["input"][-1:]] * row
            case _:
                shapes = [case["input"]]
        return [normal(*shape, type=case["type"]) for shape in shapes]

    return Workload("gradient" if case.get("gradient") else "value", case["kind"], inputs)


def pointwise(library, a, b):
    return library.sigmoid(library.tanh(a * b + a) * b)


def chain(library, case):
    """The function of a chain of operations, of a and then b and c where they are used."""

    def apply(a, *others):
        y, b, c = a, others[0] if others else None, others[-1] if others else None
        for name in case["operations"]:
            match name:
                case "exp-neg-abs":
                    y = library.exp(-library.abs(y))
                case "sqrt-abs":
                    y = library.sqrt(library.abs(y) + 1)
                case "log1p-abs":
                    y = library.log1p(library.abs(y))
                case "add-b":
                    y = y + b
                case "subtract-b":
                    y = y - b
                case "multiply-b":
                    y = y * b
                case "max-b":
                    y = library.maximum(y, b)
                case "add-row":
                    y = y + c
                case _:
                    y = getattr(library, name)(y)
        return y

    return apply
