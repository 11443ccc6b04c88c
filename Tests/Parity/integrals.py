"""Compares integrals of Leibniz with SciPy's quad and nquad, differential equations with solve_ivp, Fourier transforms with
scipy.fft, and loops with jax.lax.scan.

    python integrals.py EXECUTABLE FOLDER

The executable (Tests/Parity/Integrals.swift) reads the problems from the folder and writes what it found there. All in float64.
Ends with status 1 where anything differs by more than its limit.
"""

import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from scipy import fft, integrate, special

jax.config.update("jax_enable_x64", True)
LIMITS = {"integrals": 1e-9, "bounds": 1e-9, "boxes": 1e-7, "equations": 1e-7, "gradients": 1e-5, "fourier": 1e-13, "loops": 1e-11}
NAMES = {name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sqrt", "abs", "pi")}
NAMES |= {"atan": np.arctan, "asin": np.arcsin, "erf": special.erf}

INTERVALS = {
    "bell": ("exp(-x^2)", -np.inf, np.inf),
    "lorentz": ("1/(1+x^2)", -np.inf, np.inf),
    "gamma-3": ("x^2*exp(-x)", 0, np.inf),
    "logarithm": ("log(x)", 0, 1),
    "inverse-root": ("1/sqrt(x)", 0, 1),
    "half-disk": ("sqrt(1-x^2)", -1, 1),
    "sine-integral": ("sin(x)/x", 1, 30),
    "damped-wave": ("exp(-x)*cos(10*x)", 0, 5),
    "runge": ("1/(1+25*x^2)", -1, 1),
    "bessel": ("exp(sin(x))", 0, 6.283185307179586),
    "entropy": ("-x*log(x)", 0, 1),
    "steep": ("tanh(20*(x-0.3))", 0, 1),
    "error-function": ("erf(x)", 0, 2),
    "humps": ("1/((x-0.3)^2+0.01)+1/((x-0.9)^2+0.04)-6", 0, 1),
    "planck": ("x^3/(exp(x)-1)", 0, 50),
    "cube-tail": ("1/x^3", 1, np.inf),
    "dilogarithm": ("log(x)/(1+x)", 0, 1),
    "wallis": ("cos(x)^20", 0, 3.141592653589793),
    "backwards": ("x^5-x", 2, -1),
    "waves": ("sin(50*x)^2*exp(-x/3)", 0, 6),
    "kink": ("abs(x-1/3)", 0, 1),
    "arcs": ("atan(x)*asin(x/2)", 0, 2),
}
BOXES = {
    "bell-2": ("exp(-x^2-y^2)", [-1, 1, -1, 2]),
    "product-2": ("x*y^2", [0, 1, 0, 2]),
    "wave-2": ("cos(3*x+2*y)", [0, 1, 0, 1]),
    "peak-2": ("1/(0.1+x^2+y^2)", [-1, 1, -1, 1]),
    "ratio-2": ("x/(1+x*y)", [0, 1, 0, 1]),
    "root-2": ("sqrt(1+x^2+y^2)", [0, 1, 0, 1]),
    "log-2": ("log(1+x+y)", [0, 2, 0, 1]),
    "ridge-2": ("exp(-20*(x-y)^2)", [0, 1, 0, 1]),
    "spiral-2": ("sin(x*y*5)", [0, 1, 0, 1]),
    "power-2": ("(x+y)^6", [-1, 1, 0, 1]),
    "tanh-2": ("tanh(4*x)*y", [-1, 2, 0, 1]),
    "bessel-2": ("exp(sin(x)*cos(y))", [0, 3, 0, 3]),
    "atan-2": ("atan(x+3*y)", [-1, 1, -1, 1]),
    "erf-2": ("erf(x-y)", [0, 1, -1, 1]),
    "saddle-2": ("(x^2-y^2)*exp(x)", [-1, 1, -1, 1]),
    "sum-3": ("(x+2*y+3*z)^2", [0, 1, 0, 1, 0, 1]),
    "bell-3": ("exp(-x^2-y^2-z^2)", [0, 1, 0, 1, 0, 1]),
    "wave-3": ("sin(x+y*z)", [0, 1, 0, 2, 0, 1]),
    "ratio-3": ("1/(1+x+y+z)", [0, 1, 0, 1, 0, 1]),
    "root-3": ("sqrt(1+x*y*z)", [0, 1, 0, 1, 0, 1]),
}
EQUATIONS = {
    "decay": (["-y1"], [1.0], 5),
    "growth": (["0.5*y1"], [1.0], 4),
    "logistic": (["y1*(1-y1)"], [0.1], 8),
    "forced": (["-2*y1+sin(t)"], [0.5], 6),
    "oscillator": (["y2", "-y1"], [1.0, 0.0], 6.3),
    "damped": (["y2", "-y1-0.3*y2"], [1.0, 0.5], 10),
    "pendulum": (["y2", "-sin(y1)"], [1.5, 0.0], 10),
    "van-der-pol": (["y2", "(1-y1^2)*y2-y1"], [2.0, 0.0], 8),
    "lotka-volterra": (["1.5*y1-y1*y2", "y1*y2-3*y2"], [2.0, 1.0], 6),
    "brusselator": (["1+y1^2*y2-4*y1", "3*y1-y1^2*y2"], [1.5, 3.0], 5),
    "lorenz": (["10*(y2-y1)", "y1*(28-y3)-y2", "y1*y2-8/3*y3"], [1.0, 1.0, 20.0], 1.5),
    "rigid-body": (["y2*y3", "-y1*y3", "-0.51*y1*y2"], [0.1, 1.0, 1.0], 8),
    "kepler": (["y3", "y4", "-y1/(y1^2+y2^2)^1.5", "-y2/(y1^2+y2^2)^1.5"], [0.6, 0.0, 0.0, 1.5], 6),
    "duffing": (["y2", "y1-y1^3-0.2*y2+0.3*cos(t)"], [0.5, 0.0], 8),
    "fitzhugh-nagumo": (["y1-y1^3/3-y2+0.5", "0.08*(y1+0.7-0.8*y2)"], [0.0, 0.5], 15),
    "epidemic": (["-1.5*y1*y2", "1.5*y1*y2-0.5*y2", "0.5*y2"], [0.99, 0.01, 0.0], 12),
    "riccati": (["t^2+y1^2"], [0.2], 1.2),
    "nonautonomous": (["cos(t)*y1"], [1.0], 6),
    "chain": (["-y1", "y1-2*y2", "2*y2-0.5*y3"], [1.0, 0.0, 0.0], 6),
    "falling": (["y2", "-9.81+0.05*y2^2"], [100.0, 0.0], 3),
}
FOURIER = {
    "fft": ("fft", [3, 64]), "fft-odd": ("fft", [3, 45]), "fft-prime": ("fft", [3, 101]), "fft-one": ("fft", [3, 1]),
    "fft-large": ("fft", [2, 4099]), "columns": ("fft-first-axis", [30, 4]), "ifft": ("ifft", [3, 60]), "ifft-prime": ("ifft", [3, 37]),
    "rfft": ("rfft", [3, 48]), "rfft-odd": ("rfft", [3, 77]), "irfft": ("irfft", [3, 33]), "irfft-even": ("irfft", [3, 26]),
    "fft2": ("fft2", [12, 35]), "fft2-primes": ("fft2", [13, 29]), "ifft2": ("ifft2", [16, 9]), "rfft2": ("rfft2", [20, 21]),
    "irfft2": ("irfft2", [10, 15]), "irfft2-even": ("irfft2", [9, 16]), "fft-power": ("fft", [2, 1024]), "fft-mixed": ("fft", [2, 1000]),
}
LOOPS = ["recurrence", "backwards", "products", "leapfrog"]


def function(formula, names):
    return eval(f"lambda {', '.join(names)}: {formula.replace('^', '**')}", dict(NAMES))


def transform(kind, z):
    match kind:
        case "fft": return fft.fft(z)
        case "fft-first-axis": return fft.fft(z, axis=0, norm="ortho")
        case "ifft": return fft.ifft(z)
        case "rfft": return fft.rfft(z.real, norm="forward")
        case "irfft": return fft.irfft(z, n=2 * z.shape[1] - 1)
        case "fft2": return fft.fft2(z)
        case "ifft2": return fft.ifft2(z, norm="ortho")
        case "rfft2": return fft.rfft2(z.real)
        case _: return z.real


def loop(name, w, xs):
    first = jnp.zeros(4)
    match name:
        case "recurrence": return jax.lax.scan(lambda h, x: (jnp.tanh(w @ h + x), h), first, xs)
        case "backwards": return jax.lax.scan(lambda h, x: (jnp.sin(w @ h) + x, h * x), first, xs, reverse=True)
        case "products": return jax.lax.scan(lambda h, x: (h * (1 + 0.1 * x), h.sum()), first + 1, xs)

    def step(state, x):
        q = state[0] + 0.1 * state[1]
        return (q, state[1] - 0.1 * (w @ q) + 0.01 * x), q
    (q, v), all = jax.lax.scan(step, (first, first), xs)
    return q + v, all


def main(executable, folder):
    folder.mkdir(parents=True, exist_ok=True)
    random, lines = np.random.default_rng(0), []
    text = lambda values: ",".join(repr(float(value)) for value in values)
    for name, (formula, *ends) in INTERVALS.items(): lines.append(f"interval\t{name}\t{formula}\t{text(ends)}")
    for name, (formula, ends) in BOXES.items(): lines.append(f"box\t{name}\t{formula}\t{text(ends)}")
    for name, (slopes, start, end) in EQUATIONS.items():
        lines.append(f"equation\t{name}\t{'; '.join(slopes)}\t{text(start)}\t{text(np.linspace(0, end, 7))}")
    inputs = {}
    for name, (kind, shape) in FOURIER.items():
        inputs[name] = random.normal(size=shape) + 1j * random.normal(size=shape)
        inputs[name].real.copy().tofile(folder / f"{name}.real")
        inputs[name].imag.copy().tofile(folder / f"{name}.imaginary")
        lines.append(f"fourier\t{name}\t{kind}\t{text(shape)}")
    for name in LOOPS:
        inputs[name] = (0.5 * random.normal(size=(4, 4)), random.normal(size=(50, 4)))
        inputs[name][0].tofile(folder / f"{name}.w")
        inputs[name][1].tofile(folder / f"{name}.xs")
        lines.append(f"loop\t{name}")
    (folder / "problems").write_text("\n".join(lines))
    subprocess.run([executable, "integrals", folder], check=True)
    worst = {subject: (0.0, "") for subject in LIMITS}

    def compare(subject, name, found, expected):
        found = np.fromfile(folder / f"{name}.{found}")
        expected = np.asarray(expected, float).ravel()
        difference = np.inf
        if found.shape == expected.shape:
            difference = np.max(np.abs(found - expected)) / max(1.0, np.max(np.abs(expected)))
        if not difference <= worst[subject][0]: worst[subject] = (difference, name)

    for name, (formula, a, b) in INTERVALS.items():
        f = function(formula, ["x"])
        value, error = integrate.quad(f, a, b, epsabs=1e-12, epsrel=1e-12, limit=500)
        assert error < 1e-9, (name, error)
        compare("integrals", name, "value", value)
        with np.errstate(all="ignore"):
            slope = np.array([-f(np.float64(a)), f(np.float64(b))])
        if np.isfinite(slope).all() and np.isfinite([a, b]).all(): compare("bounds", name, "slope", slope)
    for name, (formula, ends) in BOXES.items():
        f = function(formula, ["x", "y", "z"][: len(ends) // 2])
        value, error = integrate.nquad(f, np.reshape(ends, (-1, 2)).tolist(), opts={"epsabs": 1e-9, "epsrel": 1e-9})
        compare("boxes", name, "value", value)
    for name, (slopes, start, end) in EQUATIONS.items():
        parts = [function(slope, ["t"] + [f"y{i + 1}" for i in range(len(start))]) for slope in slopes]
        def path(start):
            found = integrate.solve_ivp(
                lambda t, y: [part(t, *y) for part in parts], (0, end), start, method="DOP853", t_eval=np.linspace(0, end, 7),
                rtol=1e-12, atol=1e-13)
            assert found.success, name
            return found.y.T
        compare("equations", name, "path", path(np.array(start)))
        def difference(h): return np.array([(path(start + e)[-1].sum() - path(start - e)[-1].sum()) / (2 * h) for e in h * np.eye(len(start))])
        slope = (4 * difference(1e-4) - difference(2e-4)) / 3
        for way in ("checkpointed", "adjoint"): compare("gradients", name, way, slope)
    for name, (kind, shape) in FOURIER.items():
        expected = transform(kind, inputs[name])
        compare("fourier", name, "found", np.stack([expected.real, expected.imag]))
    for name in LOOPS:
        w, xs = map(jnp.asarray, inputs[name])
        def loss(w, xs):
            carry, outputs = loop(name, w, xs)
            return (carry**2).sum() + jnp.sin(outputs).sum()
        carry, outputs = loop(name, w, xs)
        compare("loops", name, "carry", carry)
        compare("loops", name, "outputs", outputs)
        compare("loops", name, "gradient-w", jax.grad(loss)(w, xs))
        compare("loops", name, "gradient-xs", jax.grad(loss, 1)(w, xs))
        compare("loops", name, "hvp", jax.jvp(lambda w: jax.grad(loss)(w, xs), (w,), (w * w,))[1])

    counts = {"integrals": len(INTERVALS), "boxes": len(BOXES), "equations": len(EQUATIONS), "fourier": len(FOURIER), "loops": len(LOOPS)}
    print(f"compared with SciPy {scipy.__version__} and JAX {jax.__version__}: "
          + ", ".join(f"{count} {subject}" for subject, count in counts.items()))
    failures = 0
    for subject, (difference, name) in worst.items():
        good = difference <= LIMITS[subject]
        failures += not good
        print(f"{subject:12} worst {difference:.2e} ({name})  {'ok' if good else f'FAILED: limit {LIMITS[subject]:.0e}'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
