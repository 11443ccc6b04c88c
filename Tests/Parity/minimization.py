"""Compares the minima and fits of Leibniz with those of SciPy's minimize and curve_fit.

    python minimization.py EXECUTABLE FOLDER

The executable (Tests/Parity/Minimization.swift) computes from the same starts and data and writes what it found into the folder.
All in float64. Ends with status 1 where a minimum is higher than SciPy's or a fit differs by more than its limit.
"""

import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from scipy.optimize import curve_fit, minimize

jax.config.update("jax_enable_x64", True)
VALUE_LIMIT, POINT_LIMIT, FIT_LIMIT, COVARIANCE_LIMIT = 1e-10, 1e-5, 1e-5, 1e-3
METHODS = {"bfgs": "BFGS", "lbfgs": "L-BFGS-B", "conjugate-gradient": "CG", "newton-cg": "Newton-CG", "trust-region": "trust-ncg"}


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


FUNCTIONS = {
    "rosenbrock": rosenbrock,
    "rosenbrock-4": rosenbrock,
    "beale": lambda x: sum((c - x[0] * (1 - x[1] ** k)) ** 2 for c, k in ((1.5, 1), (2.25, 2), (2.625, 3))),
    "booth": lambda x: (x[0] + 2 * x[1] - 7) ** 2 + (2 * x[0] + x[1] - 5) ** 2,
    "himmelblau": lambda x: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2,
    "matyas": lambda x: 0.26 * (x @ x) - 0.48 * x[0] * x[1],
    "wood": lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2 + 90 * (x[3] - x[2] ** 2) ** 2 + (1 - x[2]) ** 2
    + 10 * (x[1] + x[3] - 2) ** 2 + 0.1 * (x[1] - x[3]) ** 2,
    "mccormick": lambda x: jnp.sin(x[0] + x[1]) + (x[0] - x[1]) ** 2 - 1.5 * x[0] + 2.5 * x[1] + 1,
    "freudenstein-roth": lambda x: (-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1]) ** 2
    + (-29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]) ** 2,
    "brown": lambda x: (x[0] - 10) ** 2 + (x[1] - 2e-3) ** 2 + (x[0] * x[1] - 0.02) ** 2,
    "three-hump-camel": lambda x: 2 * x[0] ** 2 - 1.05 * x[0] ** 4 + x[0] ** 6 / 6 + x[0] * x[1] + x[1] ** 2,
    "six-hump-camel": lambda x: (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (4 * x[1] ** 2 - 4) * x[1] ** 2,
    "exponentials": lambda x: jnp.exp(x[0] + 3 * x[1] - 0.1) + jnp.exp(x[0] - 3 * x[1] - 0.1) + jnp.exp(-x[0] - 0.1),
    "log-sum-exp": lambda x: jax.nn.logsumexp(jnp.stack([x[0], -x[0], x[1], -x[1], x[0] + x[1]])),
    "zakharov": lambda x: x @ x + (0.5 * x[0] + x[1]) ** 2 + (0.5 * x[0] + x[1]) ** 4,
    "dixon-price": lambda x: (x[0] - 1) ** 2 + 2 * (2 * x[1] ** 2 - x[0]) ** 2 + 3 * (2 * x[2] ** 2 - x[1]) ** 2,
    "helix": lambda x: 100 * (x[2] - 5 * jnp.arctan(x[1] / x[0]) / jnp.pi) ** 2
    + 100 * (jnp.hypot(x[0], x[1]) - 1) ** 2 + x[2] ** 2,
    "quartic": lambda x: (x[0] - 2) ** 4 + (x[0] - 2) ** 2 * x[1] ** 2 + (x[1] + 1) ** 2,
    "cosines": lambda x: x[0] ** 2 + 2 * x[1] ** 2 - 0.3 * jnp.cos(3 * jnp.pi * x[0]) - 0.4 * jnp.cos(4 * jnp.pi * x[1]) + 0.7,
    "ill-conditioned": lambda x: x[0] ** 2 + 1e3 * x[1] ** 2 + 1e6 * (x[2] - 1) ** 2 + x[0] * x[1] + jnp.cosh(x[2]),
}
# These have minima of the same height on both sides of 0.
MIRRORED = {"dixon-price"}


def cubics(x, a, b, c, d, e, f, g):
    return (a + b * x + c * x**2 + d * x**3) / (1 + e * x + f * x**2 + g * x**3)


def bell(x, height, centre, width):
    return height * np.exp(-(((x - centre) / width) ** 2))


def seasons(x, a, b, c, p, d, e, q, f, g):
    wave = lambda period, u, v: u * np.cos(2 * np.pi * x / period) + v * np.sin(2 * np.pi * x / period)
    return a + wave(12, b, c) + wave(p, d, e) + wave(q, f, g)


MODELS = {
    "Misra1a": lambda x, a, b: a * -np.expm1(-b * x),
    "Chwirut2": lambda x, a, b, c: np.exp(-a * x) / (b + c * x),
    "Lanczos3": lambda x, a, b, c, d, e, f: a * np.exp(-b * x) + c * np.exp(-d * x) + e * np.exp(-f * x),
    "Gauss1": lambda x, a, b, c, d, e, f, g, h: a * np.exp(-b * x) + bell(x, c, d, e) + bell(x, f, g, h),
    "DanWood": lambda x, a, b: a * x**b,
    "Misra1b": lambda x, a, b: a * (1 - (1 + b * x / 2) ** -2),
    "Kirby2": lambda x, a, b, c, d, e: (a + b * x + c * x**2) / (1 + d * x + e * x**2),
    "Hahn1": cubics,
    "Thurber": cubics,
    "MGH17": lambda x, a, b, c, d, e: a + b * np.exp(-x * d) + c * np.exp(-x * e),
    "Misra1c": lambda x, a, b: a * (1 - (1 + 2 * b * x) ** -0.5),
    "Misra1d": lambda x, a, b: a * b * x / (1 + b * x),
    "Roszman1": lambda x, a, b, c, d: a - b * x - np.arctan(c / (x - d)) / np.pi,
    "ENSO": seasons,
    "MGH09": lambda x, a, b, c, d: a * (x**2 + x * b) / (x**2 + x * c + d),
    "BoxBOD": lambda x, a, b: a * -np.expm1(-b * x),
    "Rat42": lambda x, a, b, c: a / (1 + np.exp(b - c * x)),
    "MGH10": lambda x, a, b, c: a * np.exp(b / (x + c)),
    "Eckerle4": lambda x, a, b, c: a / b * np.exp(-0.5 * ((x - c) / b) ** 2),
    "Rat43": lambda x, a, b, c, d: a / (1 + np.exp(b - c * x)) ** (1 / d),
    "Bennett5": lambda x, a, b, c: a * (b + x) ** (-1 / c),
}


def relative(found, expected, least=1e-300):
    """The distance by the length of what is expected, or by the least length: a minimum may lie at 0."""
    difference = np.linalg.norm(found - expected) / max(least, np.linalg.norm(expected))
    return difference if np.isfinite(difference) else np.inf


def main(executable, folder):
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([executable, "minimization", folder], check=True)
    read = lambda name: np.fromfile(folder / name)
    failures = 0

    print(f"{'compared with SciPy ' + scipy.__version__:24} worst value above SciPy's  worst point")
    functions = (folder / "functions").read_text().split("\n")
    assert sorted(functions) == sorted(FUNCTIONS)
    found = {name: [] for name in [*METHODS, "bounded"]}
    for name in functions:
        f = FUNCTIONS[name]
        gradient, hessian = jax.jit(jax.grad(f)), jax.jit(jax.hessian(f))
        start = read(f"{name}.start")
        for ours, theirs in [*METHODS.items(), ("bounded", "L-BFGS-B")]:
            bounds = list(zip(start - 0.5, start + 0.5)) if ours == "bounded" else None
            options = {"ftol": 1e-15, "gtol": 1e-9} if theirs == "L-BFGS-B" else {}
            second = {"hess": hessian} if theirs in ("Newton-CG", "trust-ncg") else {}
            result = minimize(f, start, jac=gradient, method=theirs, bounds=bounds, tol=1e-9, options=options, **second)
            point, value = read(f"{name}.{ours}"), read(f"{name}.{ours}.value")[0]
            # A method of theirs that gave up higher than ours is no measure of the point.
            above = (value - result.fun) / max(1, abs(result.fun))
            mirror = np.abs if name in MIRRORED else lambda x: x
            apart = relative(mirror(point), mirror(result.x), 1) if above > -1e-9 else 0.0
            found[ours].append((above, apart, name))
    for ours, results in found.items():
        bad = [name for above, apart, name in results if not (above <= VALUE_LIMIT and apart <= POINT_LIMIT)]
        failures += len(bad)
        print(f"{ours:24} {max(r[0] for r in results):22.2e}  {max(r[1] for r in results):11.2e}  "
              f"{'ok' if not bad else 'FAILED: ' + ', '.join(bad)}")

    fits = (folder / "fits").read_text().split("\n")
    assert sorted(fits) == sorted(MODELS)
    worst = []
    for name in fits:
        x, y, start = read(f"{name}.x"), read(f"{name}.y"), read(f"{name}.start")
        parameters, covariance = curve_fit(MODELS[name], x, y, start, maxfev=100_000, xtol=1e-14, ftol=1e-14, gtol=1e-14)
        ours = read(f"{name}.covariance").reshape(covariance.shape)
        worst.append((np.max(np.abs(read(f"{name}.parameters") / parameters - 1)), relative(ours, covariance), name))
    bad = [name for apart, wide, name in worst if not (apart <= FIT_LIMIT and wide <= COVARIANCE_LIMIT)]
    failures += len(bad)
    print(f"{len(fits)} fits: parameters within {max(w[0] for w in worst):.2e}, covariances within "
          f"{max(w[1] for w in worst):.2e}  {'ok' if not bad else 'FAILED: ' + ', '.join(bad)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
