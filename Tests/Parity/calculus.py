"""Compares the transformations of Leibniz with JAX's: jet, jacfwd, jacrev, hessian, jvp of grad, vmap, and mixtures.

    python calculus.py EXECUTABLE FOLDER

The executable (Tests/Parity/Calculus.swift) computes from the same numbers and writes what it found into the folder. All in
float64. Ends with status 1 where anything differs by more than its limit.
"""

import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import nn
from jax.experimental.jet import jet

jax.config.update("jax_enable_x64", True)
ORDER, LIMIT = 6, 1e-10


def functions(m):
    net = lambda x: jnp.tanh(m @ jnp.tanh(m @ x))
    return {
        "polynomial": lambda x: x**4 - 3 * x**2 + x,
        "exponential": lambda x: jnp.exp(0.3 * x.sum()),
        "logarithm": lambda x: jnp.log(2 + x * x).sum(),
        "waves": lambda x: jnp.sin(x) * jnp.cos(x[::-1]),
        "tangents": lambda x: (jnp.tan(0.3 * x) + jnp.tanh(x)).sum(),
        "quotient": lambda x: x / (1 + (x * x).sum()),
        "net": net,
        "net-loss": lambda x: ((net(x) - 0.5) ** 2).sum(),
        "sigmoid": lambda x: (nn.sigmoid(x) * x).sum(),
        "softplus": nn.softplus,
        "softmax": nn.softmax,
        "log-sum-exp": lambda x: nn.logsumexp(x * x),
        "norm": lambda x: jnp.sqrt((x * x).sum() + 1),
        "roots": lambda x: jax.lax.rsqrt(x * x + 2),
        "product": lambda x: jnp.prod(x + 0.5),
        "quadratic-form": lambda x: x @ m @ x,
        "error-function": lambda x: jax.lax.erf(x) * x.sum(),
        "powers": lambda x: (x * x + 1) ** -1.5,
        "angles": lambda x: (jnp.arctan(x) + jnp.arcsin(0.2 * x)).sum(),
        "hyperbolas": lambda x: jnp.sinh(x) + jnp.cosh(x) * x,
        "running-sum": lambda x: jnp.cumsum(x) ** 3,
        "greatest": lambda x: (x**3).max(),
    }


def nested(f, x, v, order):
    """The derivatives of f(x + t·v) by jvp within jvp."""
    phi, found = lambda t: f(x + t * v), []
    for _ in range(order + 1):
        found.append(phi(0.0))
        phi = lambda t, inner=phi: jax.jvp(inner, (t,), (1.0,))[1]
    return jnp.stack(found)


def jets(f, x, v, order):
    """The same by jet, where JAX has rules for all that f does."""
    value, series = jet(f, (x,), ([v] + [jnp.zeros_like(v)] * (order - 1),))
    return jnp.stack([value, *series])


def main(executable, folder):
    generator = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    given = {
        "x": generator.uniform(0.2, 1.5, 5), "v": generator.standard_normal(5),
        "points": generator.uniform(0.2, 1.5, (3, 5)), "m": generator.standard_normal((5, 5)) / 2,
    }
    for name, value in given.items():
        value.tofile(folder / name)
    subprocess.run([executable, "calculus", folder], check=True)
    x, v, points, m = map(jnp.asarray, given.values())

    worst, without = {}, []
    for name, f in functions(m).items():
        total = lambda x: f(x).sum()
        try:
            series = jets(f, x, v, ORDER)
        except (KeyError, NotImplementedError, jax.errors.UnexpectedTracerError):  # JAX has no rule for something in it.
            without.append(name)
            series = nested(f, x, v, ORDER)
        expected = {
            "jet": series,
            "jacfwd": jax.jacfwd(f)(x),
            "jacrev": jax.jacrev(f)(x),
            "hessian": jax.hessian(total)(x),
            "jvp-of-grad": jax.jvp(jax.grad(total), (x,), (v,))[1],
            "vmap": jax.vmap(f)(points),
            "vmap-of-grad": jax.vmap(jax.grad(total), out_axes=1)(points),
            "grad-of-vmap": jax.grad(lambda p: (jax.vmap(f)(p) ** 2).sum())(points),
            "vmap-of-jet": jax.vmap(lambda x: nested(f, x, v, 3)[3])(points),
        }
        for what, value in expected.items():
            value = np.asarray(value)
            found = np.fromfile(folder / f"{name}.{what}").reshape(value.shape)
            difference = np.linalg.norm(found - value) / max(1, np.linalg.norm(value))
            difference = difference if np.isfinite(difference) else np.inf
            worst.setdefault(what, []).append((difference, name))

    print(f"{'compared with JAX ' + jax.__version__:24} functions  largest ‖a−b‖/max(1, ‖b‖)    limit")
    failures = 0
    for what, found in worst.items():
        difference, name = max(found)
        failures += sum(each > LIMIT for each, _ in found)
        print(f"{what:24} {len(found):9}  {difference:12.2e} of {name:14}  {LIMIT:7.0e}  {'ok' if difference <= LIMIT else 'FAILED'}")
    print(f"{sum(map(len, worst.values()))} comparisons, {failures} failed")
    if without:
        print("by nested jvp, because jet cannot: " + ", ".join(without))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
