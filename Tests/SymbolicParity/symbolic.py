"""Compares LeibnizSymbolic with SymPy.

    python symbolic.py EXECUTABLE [COUNT [SEED]]

Random expressions of x and y: all derivatives up to the second order at random points, SymPy's with thirty digits. The list of
two hundred integrals: SymPy differentiates what was found, and compares it with the integrand. Ends with status 1 where
anything differs, fewer than 120 integrals are found, or 10,000 small expressions take more than a second.
"""

import json
import random
import subprocess
import sys

import sympy
from sympy import Abs, Rational, acos, asin, asinh, atan, cos, cosh, cot, csc, erf, erfc, exp, gamma, log, sec, sin, sinh, sqrt, tan, tanh

X, Y = sympy.symbols("x y", real=True)
FUNCTIONS = [exp, log, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, erf, sqrt, gamma, sec, csc, cot]
POINTS = 3


def draw(random_numbers, depth):
    """A random expression of at most so many levels."""
    if depth == 0 or random_numbers.random() < 0.1:
        kind = random_numbers.randrange(6)
        if kind == 0:
            return Rational(random_numbers.randint(-5, 5), random_numbers.randint(1, 4))
        return X if kind < 4 else Y
    kind = random_numbers.randrange(9)
    if kind < 2:
        return draw(random_numbers, depth - 1) + draw(random_numbers, depth - 1)
    if kind == 2:
        return draw(random_numbers, depth - 1) - draw(random_numbers, depth - 1)
    if kind < 5:
        return draw(random_numbers, depth - 1) * draw(random_numbers, depth - 1)
    if kind == 5:
        return draw(random_numbers, depth - 1) / (draw(random_numbers, depth - 1) + Rational(7, 3))
    if kind == 6:
        return draw(random_numbers, depth - 1) ** Rational(random_numbers.choice([-2, -1, 2, 3, 4]), random_numbers.choice([1, 1, 2]))
    return random_numbers.choice(FUNCTIONS)(draw(random_numbers, depth - 1))


class Program:
    def __init__(self, executable):
        self.process = subprocess.Popen([executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def number(expression, point):
    """The real value with thirty digits, or None."""
    try:
        value = expression.evalf(30, subs=point)
    except Exception:
        return None
    return value if value.is_Number and value.is_finite else None


def derivatives(program, count, seed):
    """Compares random expressions; returns how many expressions and numbers were compared, and what differs."""
    numbers, compared, values, wrong = random.Random(seed), 0, 0, []
    while compared < count:
        expression = draw(numbers, 4)
        if not expression.free_symbols or expression.has(sympy.zoo, sympy.nan, sympy.I, sympy.oo):
            continue
        parts = [expression, sympy.diff(expression, X), sympy.diff(expression, Y)]
        parts += [sympy.diff(expression, X, X), sympy.diff(expression, X, Y), sympy.diff(expression, Y, Y)]
        points = [[numbers.uniform(-2, 2), numbers.uniform(-2, 2)] for _ in range(POINTS)]
        answer = program.ask(expression=str(expression).replace("Abs(", "abs("), points=points)
        if "error" in answer:
            wrong.append((expression, answer["error"]))
            compared += 1
            continue
        seen = 0
        for point, ours in zip(points, answer["values"]):
            place = {X: sympy.Float(point[0], 30), Y: sympy.Float(point[1], 30)}
            theirs = [number(part, place) for part in parts]
            if ours is None or any(value is None for value in theirs):
                continue
            for name, a, b in zip(["f", "fx", "fy", "fxx", "fxy", "fyy"], ours, map(float, theirs)):
                seen += 1
                # Where values near the point differ by more than rounding, digits are lost that no formula can keep.
                if abs(a - b) > 1e-7 * max(abs(b), 1e-3 * max(map(abs, map(float, theirs))), 1e-6):
                    near = {X: place[X] * (1 + sympy.Float("1e-15")), Y: place[Y] * (1 + sympy.Float("1e-15"))}
                    moved = number(parts[["f", "fx", "fy", "fxx", "fxy", "fyy"].index(name)], near)
                    if moved is not None and abs(float(moved) - b) > 1e-3 * abs(a - b):
                        continue
                    wrong.append((expression, name, point, a, b))
        if seen:
            compared += 1
            values += seen
    return compared, values, wrong


def integrals(program):
    """Compares derivatives of antiderivatives with integrands; returns how many were found, and what is wrong."""
    names = {name: sympy.Symbol(name, real=True) for name in ["x", "a", "b", "c", "n"]}
    names |= {"abs": Abs, "relu": lambda u: sympy.Max(u, 0), "sigmoid": lambda u: 1 / (1 + exp(-u)), "e": sympy.E}
    names |= {"softplus": lambda u: log(1 + exp(u)), "log2": lambda u: log(u) / log(2), "log10": lambda u: log(u) / log(10)}
    names |= {"cbrt": lambda u: sympy.sign(u) * Abs(u) ** Rational(1, 3)}
    found, wrong = 0, []
    entries = program.ask(integrals=True)["integrals"]
    for entry in entries:
        if entry["antiderivative"] is None:
            continue
        found += 1
        f, F = (sympy.parse_expr(entry[key].replace("^", "**"), local_dict=names) for key in ("integrand", "antiderivative"))
        slope, agreed = sympy.diff(F, names["x"]), 0
        for x in [0.21, 0.47, 0.83, 1.31, 2.17, -0.43, 3.3, 0.05, -1.7]:
            place = {names["x"]: sympy.Float(x, 30), names["a"]: sympy.Float(2.5, 30), names["b"]: sympy.Float(1.25, 30)}
            place |= {names["c"]: sympy.Float(0.75, 30), names["n"]: sympy.Float(2.25, 30)}
            a, b = number(slope, place), number(f, place)
            if a is None or b is None or not (a.is_real and b.is_real):
                continue
            if abs(a - b) > 1e-12 * max(1, abs(b)):
                wrong.append((entry, x, a, b))
            else:
                agreed += 1
        if agreed < 2:
            wrong.append((entry, "too few points"))
    return len(entries), found, wrong


def main(executable, count=1000, seed=0):
    program = Program(executable)
    compared, values, wrong = derivatives(program, count, seed)
    print(f"{compared} expressions, {values} values up to second derivatives: {len(wrong)} differ from SymPy's")
    total, found, bad = integrals(program)
    print(f"{total} integrals: {found} found, {len(bad)} wrong")
    seconds = min(program.ask(differentiate=10_000)["seconds"] for _ in range(3))
    print(f"10,000 small expressions read and differentiated in {seconds:.2f} s")
    for entry in wrong[:20] + bad[:20]:
        print("  ", *entry, file=sys.stderr)
    return 1 if wrong or bad or found < 120 or seconds > 1 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
