"""PyTorch as a worker of compare.py: python torch_peer.py eager|compiled THREADS"""

import dataclasses
import sys

import torch
from torch.nn import functional as F

import worker
import workloads

COMPILED = sys.argv[1] == "compiled"


# The programs: each is written in one or more ways, of which the fastest counts.


def dense(p, x):
    """Fully connected layers with relu between them."""
    for weight, bias in zip(p[:-2:2], p[1:-2:2]):
        x = F.relu(F.linear(x, weight, bias))
    return F.linear(x, *p[-2:])


def convnet(p, x):
    x = F.max_pool2d(F.relu(F.conv2d(x, p[0], p[1])), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, p[2], p[3])), 2)
    return dense(p[4:], x.flatten(1))


def vgg(p, x):
    x = F.relu(F.conv2d(x, p[0], p[1], padding=1))
    x = F.max_pool2d(F.relu(F.conv2d(x, p[2], p[3], padding=1)), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, p[4], p[5], padding=1)), 2)
    return dense(p[6:], x.flatten(1))


def tanh_net(p, x):
    for weight, bias in zip(p[::2], p[1::2]):
        x = torch.tanh(F.linear(x, weight, bias))
    return x


def flat_loss(network):
    """The cross entropy of a class at every place of sequences."""
    return lambda p, x, labels: F.cross_entropy(network(p, x).flatten(0, 1), labels.flatten())


def lstm(p, x):
    weights = [p[0], p[2], p[1], p[3]]
    state = x.new_zeros(1, x.shape[1], 128)
    return F.linear(torch.lstm(x, (state, state), weights, True, 1, 0.0, True, False, False)[0], *p[4:])


def lstm_by_steps(p, x):
    h = c = x.new_zeros(x.shape[1], 128)
    outputs = []
    for step in F.linear(x, p[0], p[1]):
        i, f, g, o = (step + F.linear(h, p[2], p[3])).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return F.linear(torch.stack(outputs), *p[4:])


def gru(x, *p):
    weights = [p[0], p[2], p[1], p[3]]
    return torch.gru(x, x.new_zeros(1, x.shape[1], 128), weights, True, 1, 0.0, True, False, False)[0]


def gru_by_steps(x, *p):
    h = x.new_zeros(x.shape[1], 128)
    outputs = []
    for step in F.linear(x, p[0], p[1]):
        (r, z, n), (hr, hz, hn) = step.chunk(3, 1), F.linear(h, p[2], p[3]).chunk(3, 1)
        z = torch.sigmoid(z + hz)
        h = (1 - z) * torch.tanh(n + torch.sigmoid(r + hr) * hn) + z * h
        outputs.append(h)
    return torch.stack(outputs)


def transformer(p, x):
    for layer in range(0, len(p) - 2, len(workloads.ENCODER_LAYER)):
        q = p[layer : layer + len(workloads.ENCODER_LAYER)]
        heads = F.linear(x, q[0], q[1]).unflatten(2, (3, workloads.HEADS_OF_ENCODER, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2)
        x = F.layer_norm(x + F.linear(y, q[2], q[3]), (128,), q[4], q[5])
        x = F.layer_norm(x + dense(q[6:10], x), (128,), q[10], q[11])
    return F.linear(x, *p[-2:])


def wave_net(p, x):
    for weight, bias in zip(p[:-2:2], p[1:-2:2]):
        x = F.relu(F.conv1d(x, weight, bias, stride=4))
    return F.linear(x.mean(2), *p[-2:])


def stft(power):
    window = torch.hann_window(workloads.WINDOW)
    return lambda x: power(torch.stft(x, workloads.FRAME, workloads.HOP, workloads.WINDOW, window, return_complex=True))


def small_net(w, x, y):
    return F.mse_loss(torch.tanh(F.linear(x, w[:18].reshape(6, 3), w[18:24])) @ w[24:], y)


def loss(network):
    return lambda p, x, labels: F.cross_entropy(network(p, x), labels)


def factorization(sparse=False):
    return lambda p, u, i, ratings: factorization_rows(
        [F.embedding(u, p[0], sparse=sparse), F.embedding(i, p[1], sparse=sparse)], ratings
    )


def factorization_rows(rows, ratings):
    return F.mse_loss((rows[0] * rows[1]).sum(1), ratings)


def biased_factorization(sparse=False):
    def loss(p, u, i, ratings):
        rows = [F.embedding(index, table, sparse=sparse) for index, table in zip((u, i, u, i), p)]
        return F.mse_loss((rows[0] * rows[1]).sum(1) + rows[2][:, 0] + rows[3][:, 0], ratings)

    return loss


def embedding_loss(sparse=False):
    return lambda p, indices, w: (F.embedding(indices, p[0], sparse=sparse) * w).sum()


def embedding_rows(rows, w):
    return (rows[0] * w).sum()


def attention(q, k, v):
    return torch.softmax(q @ k.mT * 0.125, -1) @ v


class AugmentedImages(torch.utils.data.Dataset):
    """Images cut out of 4 zeros around, mirrored and normalised, each for itself."""

    border, mean, deviation = 4, 0.286, 0.353

    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index].float() / 255
        rows, columns = image.shape[-2:]
        padded = F.pad(image, [self.border] * 4)
        top, left = torch.randint(2 * self.border + 1, (2,)).tolist()
        image = padded[:, top : top + rows, left : left + columns]
        if torch.rand(()) < 0.5:
            image = image.flip(-1)
        return (image - self.mean) / self.deviation, self.labels[index]


class AugmentedBatches(AugmentedImages):
    """The same for all images of a batch at once, which is much faster."""

    def __getitems__(self, indices):
        images = self.images[indices]
        count, _, height, width = images.shape
        padded = F.pad(images, [self.border] * 4)[:, 0]
        corners = torch.randint(2 * self.border + 1, (2, count, 1))
        rows, columns = corners[0] + torch.arange(height), corners[1] + torch.arange(width)
        mirrored = torch.rand(count, 1) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
        cut = padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
        return (cut[:, None].float() / 255 - self.mean) / self.deviation, self.labels[indices]


def loading(dataset, **options):
    """A way to make all batches of a pass ready."""

    def prepare(images, labels):
        loader = torch.utils.data.DataLoader(
            dataset(images, labels), 128, shuffle=True, num_workers=2, persistent_workers=True, **options
        )

        def once():
            for batch in loader:
                pass
            return batch

        return once

    return prepare


PROGRAMS = {
    "line": [lambda p, x, y: F.mse_loss(F.linear(x, *p), y)],
    "convnet": [convnet],
    "convnet-loss": [loss(convnet)],
    "vgg-loss": [loss(vgg)],
    "mlp-loss": [loss(dense)],
    "tanh-net": [tanh_net],
    "small-net": [small_net],
    "factorization": [factorization()] + [factorization(sparse=True)] * (not COMPILED),
    "biased-factorization": [biased_factorization()] + [biased_factorization(sparse=True)] * (not COMPILED),
    # What the samples go through is nothing to compile.
    "augmented-images": [loading(AugmentedImages), loading(AugmentedBatches, collate_fn=lambda batch: batch)],
    "pointwise": [lambda a, b: workloads.pointwise(torch, a, b)],
    "pointwise-sum": [lambda a, b: workloads.pointwise(torch, a, b).sum()],
    "cross-entropy": [lambda logits, labels: F.cross_entropy(logits, labels, reduction="none")],
    "layer-norm": [lambda x, scale, bias: F.layer_norm(x, scale.shape, scale, bias, eps=1e-5)],
    "batch-norm-relu": [
        lambda x, scale, bias: F.relu(F.batch_norm(x, None, None, scale, bias, training=True, eps=1e-5))
    ],
    "max-pool": [lambda x: F.max_pool2d(x, 2)],
    "average-pool": [lambda x: F.avg_pool2d(x, 2)],
    "l2-pool": [lambda x: F.avg_pool2d(x * x, 2).sqrt()],
    "max-pool-3": [lambda x: F.max_pool2d(x, 3, 2, 1)],
    "average-pool-31": [lambda x: F.avg_pool2d(x, 31, 1)],
    "matmul": [torch.matmul],
    "attention": [F.scaled_dot_product_attention, attention],
    "embedding": [lambda table, indices: F.embedding(indices, table)],
    "embedding-loss": [embedding_loss()] + [embedding_loss(sparse=True)] * (not COMPILED),
    "lstm-loss": [flat_loss(lstm)] + [flat_loss(lstm_by_steps)] * COMPILED,
    "gru": [gru] + [gru_by_steps] * COMPILED,
    "transformer-loss": [flat_loss(transformer)],
    "wave-net-loss": [loss(wave_net)],
    "stft": [stft(lambda y: y.abs() ** 2), stft(lambda y: torch.view_as_real(y).square().sum(-1))],
}

# The losses that depend on some rows of tables only, as functions of these rows.
ROWS = {"factorization": factorization_rows, "embedding-loss": embedding_rows}


def described(case):
    match case["kind"]:
        case "convolution":
            arguments = case["stride"], case["padding"], case["dilation"], case["groups"]
            return lambda x, weight: F.conv2d(x, weight, None, *arguments)
        case "pool":
            pool = F.max_pool2d if case["operation"] == "max" else F.avg_pool2d
            return lambda x: pool(x, case["kernel"], case["stride"], case["padding"])
        case "einsum":
            return lambda left, right: torch.einsum(case["formula"], left, right)
        case "reduction":
            reduce = {
                "sum": torch.sum, "mean": torch.mean, "max": torch.amax, "logsumexp": torch.logsumexp,
                "variance": lambda x, axes: torch.var(x, axes, correction=0),
            }[case["operation"]]
            return lambda x: reduce(x, case["axes"])
        case "transpose":
            return lambda x: x.permute(case["order"]).clone(memory_format=torch.contiguous_format)
        case "concatenation":
            return lambda *inputs: torch.cat(inputs, case["axis"])
        case "cumulative-sum":
            return lambda x: torch.cumsum(x, case["axis"])
        case "chain":
            return workloads.chain(torch, case)


# The kinds of workloads: each function below returns once(), which computes the workload and returns the results.


def tensors(inputs, channels_last=False):
    """PyTorch's tensors of arrays and lists of arrays."""
    if isinstance(inputs, list):
        return [tensors(each, channels_last) for each in inputs]
    tensor = torch.from_numpy(inputs)
    return tensor.contiguous(memory_format=torch.channels_last) if channels_last and tensor.ndim == 4 else tensor


def compiled(function):
    return torch.compile(function, dynamic=False) if COMPILED else function


def with_gradients(parameters):
    return [parameter.requires_grad_() for parameter in parameters]


def value(function, inputs):
    function = compiled(function)
    return lambda: function(*inputs)


def gradient(function, inputs, whole=False):
    """The value and the gradients, taken from the tape or, if `whole`, made a part of what is compiled."""
    values = [each for each in inputs if each.is_floating_point()]
    integers = inputs[len(values) :]  # They come last.
    y = function(*inputs)
    w = torch.from_numpy(workloads.normal(*y.shape, type=str(y.dtype).removeprefix("torch.")))
    if whole:

        def pulled(*values):
            y, pull = torch.func.vjp(lambda *values: function(*values, *integers), *values)
            return y, *pull(w)

        pulled = compiled(pulled)
        return filled(lambda: pulled(*values))
    forward = compiled(function)
    with_gradients(values)

    def once():
        y = forward(*inputs)
        return y.detach(), *torch.autograd.grad(y, values, w)

    return filled(once)


def filled(once):
    """Results that show one element in many places, as a sum's gradient does, are written out."""
    if any(0 in result.stride() for result in once()):
        return lambda: [result.contiguous() for result in once()]
    return once


def step(function, inputs, optimizer, **options):
    """The loss, its gradients and the step of PyTorch's own optimizer."""
    parameters, *batch = inputs
    make = getattr(torch.optim, type(optimizer).__name__)
    own = make(with_gradients(parameters), **dataclasses.asdict(optimizer), **options)

    def once():
        own.zero_grad(set_to_none=True)
        loss = function(parameters, *batch)
        loss.backward()
        own.step()
        return loss.detach(), parameters

    return compiled(once)


def epoch(function, inputs, optimizer):
    """A step of PyTorch's own optimizer for each row of the arrays."""
    parameters, *arrays = inputs
    make = getattr(torch.optim, type(optimizer).__name__)
    own = make(with_gradients(parameters), **dataclasses.asdict(optimizer))
    batches = list(zip(*arrays))

    def each(*batch):
        own.zero_grad(set_to_none=True)
        loss = function(parameters, *batch)
        loss.backward()
        own.step()
        return loss.detach()

    each = compiled(each)

    def once():
        for batch in batches:
            loss = each(*batch)
        return loss, parameters

    return once


def whole_step(function, inputs, optimizer):
    """The loss, its gradients and the optimizer's formula as one graph, for the compiler."""
    parameters, *batch = inputs
    states = [[torch.zeros_like(parameter) for _ in range(optimizer.states)] for parameter in parameters]
    number = torch.zeros(())

    def once():
        number.add_(1)
        gradients, loss = torch.func.grad_and_value(function)(parameters, *batch)
        for parameter, gradient, old in zip(parameters, gradients, states):
            new, changed = optimizer.step(parameter, gradient, old, number)
            for into, result in zip([parameter, *old], [new, *changed]):
                into.copy_(result)
        return loss, parameters

    return compiled(once)


def step_of_rows(function, inputs, optimizer):
    """Gradient descent in only those rows of the tables that the loss depends on."""
    tables, *indices, last = inputs

    def once():
        rows = [table[index] for table, index in zip(tables, indices)]
        gradients, loss = torch.func.grad_and_value(function)(rows, last)
        for table, index, gradient in zip(tables, indices, gradients):
            table.index_add_(0, index, gradient, alpha=-optimizer.lr)
        return loss, tables

    return compiled(once)


def curvature(function, inputs):
    """The Hessian times a direction: the forward derivative of the gradient."""
    parameters, direction, *batch = inputs
    gradient = torch.func.grad(lambda p: function(p, *batch))
    return compiled(lambda: torch.func.jvp(gradient, (parameters,), (direction,))[1])


def curvature_twice_backward(function, inputs):
    """The Hessian times a direction: the gradient of the gradient's product with it."""
    parameters, direction, *batch = inputs
    with_gradients(parameters)

    def once():
        slopes = torch.autograd.grad(function(parameters, *batch), parameters, create_graph=True)
        return torch.autograd.grad(slopes, parameters, direction)

    return once


def hessian(function, inputs):
    return compiled(lambda: torch.func.hessian(function)(*inputs))


def examples(function, inputs):
    """The gradient of each example's loss: a batch of one each."""
    gradient = torch.func.grad(lambda p, x, label: function(p, x[None], label[None]))
    each = torch.func.vmap(gradient, in_dims=(None, 0, 0))
    return compiled(lambda: each(*inputs))


def series(function, inputs):
    """By first derivatives of first derivatives, and so on: there is no Taylor mode."""
    parameters, x, v = inputs

    def derivatives(f, order):
        if order == 0:
            return lambda x: (f(x),)
        higher = derivatives(lambda x: torch.func.jvp(f, (x,), (v,))[1], order - 1)
        return lambda x: (f(x), *higher(x))

    return compiled(lambda: derivatives(lambda x: function(parameters, x), workloads.ORDER)(x))


def ways(workload, case):
    torch._dynamo.reset()
    torch.set_grad_enabled(workload.kind != "value")
    program = workload.program
    layouts = [False, True] if program.startswith(("convnet", "vgg")) else [False]
    for number, function in enumerate([described(case)] if case else PROGRAMS[program]):
        for channels_last in layouts:

            def inputs():
                return tensors(workload.inputs(), channels_last)

            name = f"way {number}" + ", channels last" * channels_last
            match workload.kind:
                case "value":
                    yield name, lambda: value(function, inputs())
                case "gradient":
                    yield name, lambda: gradient(function, inputs())
                    if COMPILED:
                        yield name + ", whole", lambda: gradient(function, inputs(), whole=True)
                case "step":
                    for options in [{}] if COMPILED else [{}, {"foreach": True}, {"fused": True}]:
                        yield f"{name} {options}", lambda: step(function, inputs(), workload.optimizer, **options)
                    if COMPILED:
                        yield name + ", whole", lambda: whole_step(function, inputs(), workload.optimizer)
                case "epoch":
                    yield name, lambda: epoch(function, inputs(), workload.optimizer)
                case "pass":
                    yield name, lambda: function(*inputs())
                case "hessian":
                    yield name, lambda: hessian(function, inputs())
                case "examples":
                    yield name, lambda: examples(function, inputs())
                case "series":
                    yield name, lambda: series(function, inputs())
                case "curvature":
                    yield name, lambda: curvature(function, inputs())
                    if not COMPILED:
                        yield name + ", twice backward", lambda: curvature_twice_backward(function, inputs())
    if program in ROWS:
        yield "rows", lambda: step_of_rows(ROWS[program], tensors(workload.inputs()), workload.optimizer)


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    torch.set_flush_denormal(True)  # Before the pool's threads start, which inherit it.
    worker.serve(ways)
