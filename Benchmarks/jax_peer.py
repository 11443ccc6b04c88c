"""JAX as a worker of compare.py: python jax_peer.py"""

import functools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
from jax import lax, nn
from jax.experimental.jet import jet

import worker
import workloads

library = SimpleNamespace(**{**vars(nn), **vars(jnp)})  # For the formulas shared with PyTorch, under PyTorch's names.

# The programs: each is written in one or more ways, of which the fastest counts.


def convolution(x, weight, layout="NCHW", stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """A convolution in either layout of images; the weight's is always OIHW."""
    borders = [(each, each) for each in padding]
    layouts = layout, "OIHW", layout
    return lax.conv_general_dilated(
        x, weight, stride, borders, None, dilation, layouts, feature_group_count=groups
    )


def windows(x, combine, empty, kernel, stride, padding=(0, 0)):
    """Combines the elements of every window by XLA's operation for it."""
    borders = [(0, 0), (0, 0), *((each, each) for each in padding)]
    return lax.reduce_window(x, empty, combine, (1, 1, *kernel), (1, 1, *stride), borders)


def slices(x, combine, empty, kernel, stride, padding=(0, 0), axes=(2, 3)):
    """The same by slices with strides, one axis after the other: their derivative is often faster."""
    for axis, size, by, border in zip(axes, kernel, stride, padding):
        if border:
            x = jnp.pad(x, [(border, border) if each == axis else (0, 0) for each in range(4)], constant_values=empty)
        span = (x.shape[axis] - size) // by * by + 1
        x = functools.reduce(combine, [lax.slice_in_dim(x, at, at + span, by, axis) for at in range(size)])
    return x


def pools(operation, *window):
    """The ways to pool: the largest element, the mean or the root of the mean square of every window."""
    area = window[0][0] * window[0][1]

    def way(combined):
        match operation:
            case "max":
                return lambda x: combined(x, lax.max, -jnp.inf, *window)
            case "average":
                return lambda x: combined(x, lax.add, 0.0, *window) / area
            case "l2":
                return lambda x: jnp.sqrt(combined(x * x, lax.add, 0.0, *window) / area)

    return [way(windows), way(slices)]


def halved(x, layout):
    """2×2 max pooling with stride 2."""
    axes = layout.index("H"), layout.index("W")
    return slices(x, lax.max, -jnp.inf, (2, 2), (2, 2), axes=axes)


def convolved(x, weight, bias, layout, padding=(0, 0)):
    """relu of a convolution with a bias."""
    shape = [-1 if name == "C" else 1 for name in layout]
    return nn.relu(convolution(x, weight, layout, padding=padding) + bias.reshape(shape))


def dense(p, x):
    """Fully connected layers with relu between them."""
    for weight, bias in zip(p[:-2:2], p[1:-2:2]):
        x = nn.relu(x @ weight.T + bias)
    return x @ p[-2].T + p[-1]


def convnet(layout):
    def network(p, x):
        x = halved(convolved(x, p[0], p[1], layout), layout)
        x = halved(convolved(x, p[2], p[3], layout), layout)
        return dense(p[4:], flat(x, layout))

    return in_layout(layout, network)


def vgg(layout):
    def network(p, x):
        x = convolved(x, p[0], p[1], layout, (1, 1))
        x = halved(convolved(x, p[2], p[3], layout, (1, 1)), layout)
        x = halved(convolved(x, p[4], p[5], layout, (1, 1)), layout)
        return dense(p[6:], flat(x, layout))

    return in_layout(layout, network)


def in_layout(layout, network):
    return lambda p, x: network(p, x.transpose(["NCHW".index(name) for name in layout]))


def flat(x, layout):
    return x.transpose([layout.index(name) for name in "NCHW"]).reshape(len(x), -1)


def cross_entropy(logits, labels):
    picked = jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]
    return nn.logsumexp(logits, 1) - picked


def cross_entropy_of_mask(logits, labels):
    """The same without a gather, whose derivative is a scatter."""
    mask = labels[:, None] == jnp.arange(logits.shape[1])
    return nn.logsumexp(logits, 1) - jnp.sum(jnp.where(mask, logits, 0), 1)


def loss(network):
    return lambda p, x, labels: cross_entropy_of_mask(network(p, x), labels).mean()


def rows(table, indices):
    return table.at[indices].get(mode="promise_in_bounds")


def factorization(p, u, i, ratings):
    return factorization_rows([rows(p[0], u), rows(p[1], i)], ratings)


def factorization_rows(rows, ratings):
    return jnp.mean(((rows[0] * rows[1]).sum(1) - ratings) ** 2)


def biased_factorization(p, u, i, ratings):
    products = (rows(p[0], u) * rows(p[1], i)).sum(1)
    return jnp.mean((products + rows(p[2], u)[:, 0] + rows(p[3], i)[:, 0] - ratings) ** 2)


def embedding_loss(p, indices, w):
    return embedding_rows([rows(p[0], indices)], w)


def embedding_rows(rows, w):
    return (rows[0] * w).sum()


def layer_norm(x, scale, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred * lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * scale + bias


def batch_norm_relu(x, scale, bias):
    centred = x - x.mean((0, 2, 3), keepdims=True)
    normal = centred * lax.rsqrt((centred**2).mean((0, 2, 3), keepdims=True) + 1e-5)
    return nn.relu(normal * scale[:, None, None] + bias[:, None, None])


def attention(q, k, v):
    return nn.softmax(q @ k.mT * 0.125) @ v


def tanh_net(p, x):
    for weight, bias in zip(p[::2], p[1::2]):
        x = jnp.tanh(x @ weight.T + bias)
    return x


def flat_loss(network):
    """The cross entropy of a class at every place of sequences."""
    return lambda p, x, labels: cross_entropy_of_mask(network(p, x).reshape(-1, 64), labels.reshape(-1)).mean()


def lstm(unroll):
    def network(p, x):
        def step(state, x):
            h, c = state
            i, f, g, o = jnp.split(x + h @ p[2].T + p[3], 4, 1)
            c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
            h = nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zeros = jnp.zeros((x.shape[1], 128))
        return lax.scan(step, (zeros, zeros), x @ p[0].T + p[1], unroll=unroll)[1] @ p[4].T + p[5]

    return network


def gru(unroll):
    def network(x, *p):
        def step(h, x):
            (r, z, n), (hr, hz, hn) = jnp.split(x, 3, 1), jnp.split(h @ p[2].T + p[3], 3, 1)
            z = nn.sigmoid(z + hz)
            h = (1 - z) * jnp.tanh(n + nn.sigmoid(r + hr) * hn) + z * h
            return h, h

        return lax.scan(step, jnp.zeros((x.shape[1], 128)), x @ p[0].T + p[1], unroll=unroll)[1]

    return network


def transformer(p, x):
    count, length, width = x.shape
    mask = jnp.tril(jnp.ones((length, length), bool))
    for layer in range(0, len(p) - 2, len(workloads.ENCODER_LAYER)):
        w = p[layer : layer + len(workloads.ENCODER_LAYER)]
        heads = (x @ w[0].T + w[1]).reshape(count, length, 3, workloads.HEADS_OF_ENCODER, -1)
        q, k, v = heads.transpose(2, 0, 3, 1, 4)
        y = nn.softmax(jnp.where(mask, q @ k.mT / q.shape[-1] ** 0.5, -jnp.inf)) @ v
        y = y.transpose(0, 2, 1, 3).reshape(x.shape)
        x = layer_norm(x + y @ w[2].T + w[3], w[4], w[5])
        x = layer_norm(x + dense(w[6:10], x), w[10], w[11])
    return x @ p[-2].T + p[-1]


def wave_net(p, x):
    for weight, bias in zip(p[:-2:2], p[1:-2:2]):
        x = lax.conv_general_dilated(x, weight, (4,), [(0, 0)], dimension_numbers=("NCH", "OIH", "NCH"))
        x = nn.relu(x + bias[:, None])
    return x.mean(2) @ p[-2].T + p[-1]


def stft(frames):
    """The power spectra of frames with a window in their middle."""
    size, border = workloads.FRAME, (workloads.FRAME - workloads.WINDOW) // 2
    window = jnp.pad(0.5 - 0.5 * jnp.cos(2 * jnp.pi * jnp.arange(workloads.WINDOW) / workloads.WINDOW), border)

    def power(x):
        x = jnp.pad(x, size // 2, mode="reflect")
        count = (len(x) - size) // workloads.HOP + 1
        spectra = jnp.fft.rfft(frames(x, count) * window)
        return (spectra.real**2 + spectra.imag**2).T

    return power


def frames_by_gather(x, count):
    return x[workloads.HOP * jnp.arange(count)[:, None] + jnp.arange(workloads.FRAME)]


def frames_by_slices(x, count):
    """Blocks of one hop, shifted: their derivative has no scatter."""
    size, hop = workloads.FRAME, workloads.HOP
    pieces = -(-size // hop)
    x = jnp.pad(x, (0, max(0, (count + pieces) * hop - len(x))))[: (count + pieces) * hop].reshape(-1, hop)
    return jnp.concatenate([x[piece : piece + count] for piece in range(pieces)], 1)[:, :size]


def small_net(w, x, y):
    return jnp.mean((jnp.tanh(x @ w[:18].reshape(6, 3).T + w[18:24]) @ w[24:] - y) ** 2)


LAYOUTS = "NCHW", "NHWC"

PROGRAMS = {
    "line": [lambda p, x, y: jnp.mean((dense(p, x) - y) ** 2)],
    "convnet": [convnet(layout) for layout in LAYOUTS],
    "convnet-loss": [loss(convnet(layout)) for layout in LAYOUTS],
    "vgg-loss": [loss(vgg(layout)) for layout in LAYOUTS],
    "mlp-loss": [loss(dense)],
    "tanh-net": [tanh_net],
    "small-net": [small_net],
    "factorization": [factorization],
    "biased-factorization": [biased_factorization],
    "pointwise": [lambda a, b: workloads.pointwise(library, a, b)],
    "pointwise-sum": [lambda a, b: workloads.pointwise(library, a, b).sum()],
    "cross-entropy": [cross_entropy, cross_entropy_of_mask],
    "layer-norm": [layer_norm],
    "batch-norm-relu": [batch_norm_relu],
    "max-pool": pools("max", (2, 2), (2, 2)),
    "average-pool": pools("average", (2, 2), (2, 2)),
    "l2-pool": pools("l2", (2, 2), (2, 2)),
    "max-pool-3": pools("max", (3, 3), (2, 2), (1, 1)),
    "average-pool-31": pools("average", (31, 31), (1, 1))[:1],
    "matmul": [jnp.matmul],
    "attention": [attention],
    "embedding": [rows],
    "embedding-loss": [embedding_loss],
    "lstm-loss": [flat_loss(lstm(unroll)) for unroll in (1, 8)],
    "gru": [gru(unroll) for unroll in (1, 8)],
    "transformer-loss": [flat_loss(transformer)],
    "wave-net-loss": [loss(wave_net)],
    "stft": [stft(frames_by_gather), stft(frames_by_slices)],
}

# The losses that depend on some rows of tables only, as functions of these rows.
ROWS = {"factorization": factorization_rows, "embedding-loss": embedding_rows}


def described(case):
    match case["kind"]:
        case "convolution":
            options = {name: case[name] for name in ("stride", "padding", "dilation", "groups")}
            return [functools.partial(convolution, **options)]
        case "pool":
            return pools(case["operation"], case["kernel"], case["stride"], case["padding"])
        case "einsum":
            return [lambda left, right: jnp.einsum(case["formula"], left, right)]
        case "reduction":
            operations = {"variance": jnp.var, "logsumexp": nn.logsumexp}
            reduce = operations.get(case["operation"]) or getattr(jnp, case["operation"])
            return [lambda x: reduce(x, tuple(case["axes"]))]
        case "transpose":
            return [lambda x: jnp.copy(x.transpose(case["order"]))]
        case "concatenation":
            return [lambda *inputs: jnp.concatenate(inputs, case["axis"])]
        case "cumulative-sum":
            return [lambda x: jnp.cumsum(x, case["axis"])]
        case "chain":
            return [workloads.chain(library, case)]


# The kinds of workloads: each function below returns once(), which computes the workload and returns the results.


def value(function, inputs):
    compute = jax.jit(function)
    return lambda: jax.block_until_ready(compute(*inputs))


def gradient(function, inputs):
    """The value and the gradients in all inputs of floats."""
    count = sum(jnp.issubdtype(each.dtype, jnp.floating) for each in inputs)  # Integers come last.
    y = function(*inputs)
    w = jnp.asarray(workloads.normal(*y.shape, type=str(y.dtype)))

    @jax.jit
    def compute(w, *inputs):
        y, pull = jax.vjp(lambda *values: function(*values, *inputs[count:]), *inputs[:count])
        return y, pull(w)

    return lambda: jax.block_until_ready(compute(w, *inputs))


def updated(function, optimizer):
    """One update: state and batch → the next state and the loss."""

    def compute(state, *batch):
        parameters, states, number = state
        loss, gradients = jax.value_and_grad(function)(parameters, *batch)
        new = [optimizer.step(*each, number + 1) for each in zip(parameters, gradients, states)]
        return ([parameter for parameter, _ in new], [states for _, states in new], number + 1), loss

    return compute


def first_state(parameters, optimizer):
    states = [[jnp.zeros_like(parameter) for _ in range(optimizer.states)] for parameter in parameters]
    return parameters, states, jnp.float32(0)


def step(function, inputs, optimizer):
    """The loss, its gradients and the optimizer's step; steps follow each other without waiting."""
    parameters, *batch = inputs
    return threaded(updated(function, optimizer), first_state(parameters, optimizer), batch)


def epoch(function, inputs, optimizer):
    """A step for each row of the arrays, in one loop."""
    parameters, *arrays = inputs
    update = updated(function, optimizer)

    def compute(state, *arrays):
        state, losses = lax.scan(lambda state, batch: update(state, *batch), state, arrays)
        return state, losses[-1]

    return threaded(compute, first_state(parameters, optimizer), arrays)


def step_of_rows(function, inputs, optimizer):
    """Gradient descent in only those rows of the tables that the loss depends on."""
    tables, *batch = inputs

    def compute(tables, *batch):
        *indices, last = batch
        loss, gradients = jax.value_and_grad(function)([rows(*each) for each in zip(tables, indices)], last)
        new = [
            table.at[index].add(-optimizer.lr * gradient, mode="promise_in_bounds")
            for table, index, gradient in zip(tables, indices, gradients)
        ]
        return new, loss

    return threaded(compute, tables, batch)


def threaded(compute, state, batch):
    """Iterations of compute(state, *batch), which returns the next state, in the memory of the old, and the loss."""
    compute = jax.jit(compute, donate_argnums=0)

    def once():
        nonlocal state
        state, loss = compute(state, *batch)
        return state, loss

    return once


def curvature(function, inputs):
    """The Hessian times a direction: the forward derivative of the gradient."""

    @jax.jit
    def compute(parameters, direction, *batch):
        gradient = jax.grad(lambda p: function(p, *batch))
        return jax.jvp(gradient, (parameters,), (direction,))[1]

    return lambda: jax.block_until_ready(compute(*inputs))


def hessian(function, inputs):
    compute = jax.jit(jax.hessian(function))
    return lambda: jax.block_until_ready(compute(*inputs))


def examples(function, inputs):
    """The gradient of each example's loss: a batch of one each."""
    each = jax.vmap(jax.grad(lambda p, x, label: function(p, x[None], label[None])), in_axes=(None, 0, 0))
    compute = jax.jit(each)
    return lambda: jax.block_until_ready(compute(*inputs))


def series(function, inputs):
    @jax.jit
    def compute(parameters, x, v):
        directions = [v] + [jnp.zeros_like(v)] * (workloads.ORDER - 1)
        return jet(lambda x: function(parameters, x), (x,), (directions,))

    return lambda: jax.block_until_ready(compute(*inputs))


KINDS = {
    "value": value, "gradient": gradient, "step": step, "epoch": epoch, "curvature": curvature, "hessian": hessian,
    "examples": examples, "series": series,
}


def ways(workload, case):
    if not case and workload.program not in PROGRAMS:
        raise NotImplementedError(f"{workload.program} is nothing that it does by itself")
    jax.clear_caches()
    jax.config.update("jax_enable_x64", bool(case) and case["type"] == "float64")
    rule = [workload.optimizer] if workload.optimizer else []

    def inputs():
        return jax.tree.map(jnp.asarray, workload.inputs())

    for number, function in enumerate(described(case) if case else PROGRAMS[workload.program]):
        yield f"way {number}", lambda: KINDS[workload.kind](function, inputs(), *rule)
    if workload.program in ROWS:
        yield "rows", lambda: step_of_rows(ROWS[workload.program], inputs(), *rule)


if __name__ == "__main__":
    worker.serve(ways, finish=jax.block_until_ready)
