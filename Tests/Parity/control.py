"""Compares the environments of control with Gymnasium's, step by step.

    python control.py EXECUTABLE FOLDER

Episodes are walked through here by actions of chance and by simple rules that reach their ends; the executable
(Tests/Parity/Control.swift) makes each step anew from the same state. All in float64. Ends with status 1 where anything differs by
more than its limit.
"""

import pathlib
import subprocess
import sys

import gymnasium
import numpy as np

LIMIT = 1e-12
EPISODES = 20
# A name, Gymnasium's name, the number of an observation's elements, and a rule that comes to an end.
ENVIRONMENTS = [
    ("cartpole", "CartPole-v1", 4, lambda s: int(s[2] + 0.5 * s[3] > 0)),
    ("acrobot", "Acrobot-v1", 6, lambda s: 2 if s[3] > 0 else 0),
    ("mountain-car", "MountainCar-v0", 2, lambda s: 2 if s[1] > 0 else 0),
    ("pendulum", "Pendulum-v1", 3, lambda s: np.array([2.0 * np.sign(s[1])])),
]


def walk(name, rule, rng):
    """States, actions and all that follows them."""
    environment = gymnasium.make(name).unwrapped
    environment.action_space.seed(0)
    limit = gymnasium.spec(name).max_episode_steps
    states, actions, results = [], [], []
    for episode in range(EPISODES):
        environment.reset(seed=episode)
        for _ in range(limit):
            state = np.array(environment.state, dtype=float)
            action = environment.action_space.sample() if episode % 2 and rng.random() < 0.8 else rule(state)
            if isinstance(action, np.ndarray):
                action = action.astype(float)
            seen, reward, end, _, _ = environment.step(action)
            states.append(state)
            actions.append(float(np.ravel(action)[0]))
            results.append([*map(float, environment.state), float(reward), float(end), *map(float, seen)])
            if end:
                break
    return np.array(states), np.array(actions), np.array(results)


def main(executable, folder):
    folder.mkdir(parents=True, exist_ok=True)
    rng, expected, rows = np.random.default_rng(0), {}, []
    for name, official, _, rule in ENVIRONMENTS:
        states, actions, expected[name] = walk(official, rule, rng)
        np.array([float(len(states))]).tofile(folder / f"{name}.count")
        states.tofile(folder / f"{name}.states")
        actions.tofile(folder / f"{name}.actions")
    subprocess.run([executable, "control", folder], check=True)

    def compare(what, found, wanted, limit=LIMIT):
        worst = np.max(np.abs(found - wanted) / np.maximum(1, np.abs(wanted))) if found.shape == wanted.shape else np.inf
        rows.append((what, worst if np.isfinite(worst) else np.inf, limit))

    for name, _, seen, _ in ENVIRONMENTS:
        wanted = expected[name]
        found = np.fromfile(folder / f"{name}.found").reshape(wanted.shape)
        compare(f"{name}, {len(wanted)} states", found[:, : -seen - 2], wanted[:, : -seen - 2])
        compare(f"{name}, rewards", found[:, -seen - 2], wanted[:, -seen - 2])
        compare(f"{name}, {int(wanted[:, -seen - 1].sum())} ends", found[:, -seen - 1], wanted[:, -seen - 1], 0)
        compare(f"{name}, observations", found[:, -seen:], wanted[:, -seen:], 1e-7)

    ice = gymnasium.make("FrozenLake-v1").unwrapped.P
    table = [[4 * s + a, *map(float, p)] for s in range(16) for a in range(4) for p in ice[s][a]]
    found = np.fromfile(folder / "frozen-lake.table").reshape(-1, 5)
    compare("frozen-lake, probabilities", found, np.array(table))
    values = np.zeros(16)
    for _ in range(10_000):
        values = np.array(
            [max(sum(p * (r + 0.99 * values[n] * (not t)) for p, n, r, t in ice[s][a]) for a in range(4)) for s in range(16)]
        )
    compare("frozen-lake, best values", np.fromfile(folder / "frozen-lake.values"), values, 1e-10)
    compare("frozen-lake, value by ascent", np.fromfile(folder / "frozen-lake.ascent"), values[:1], 1e-9)

    print(f"{f'compared with Gymnasium {gymnasium.__version__}':52} |a−b|/max(1, |b|)    limit")
    for what, worst, limit in rows:
        print(f"{what:52} {worst:17.2e}  {limit:7.0e}  {'ok' if worst <= limit else 'FAILED'}")
    failures = sum(worst > limit for _, worst, limit in rows)
    print(f"{len(rows)} comparisons, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
