"""How often chance makes a problem, and which alpha of a check keeps that within a budget."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

LEAST_ALPHA, MOST_ALPHA = 0.0001, 0.05
_HALVINGS = 60

State = tuple[tuple[bool, ...], bool]
"""The last verdicts, the oldest first, and whether it fires."""


def next_state(state: State, bad: bool, *, fire: int, window: int, resolve: int) -> State:
    """After one more verdict: it fires at `fire` bad ones of `window`, and ends after `resolve` good ones in a row."""
    verdicts = (*state[0], bad)[-max(window, resolve) :]
    if state[1]:
        return verdicts, any(verdicts[-resolve:])
    return verdicts, bad and sum(verdicts[-window:]) >= fire


def episode_rate(p: float, *, fire: int, window: int, resolve: int = 2) -> float:
    """New episodes a window, when windows are bad with probability `p`, each by itself.

    The stationary distribution of the Markov chain over the last verdicts.
    """
    chain = _chain(fire, window, resolve)
    weights = _stationary(chain.transition(p))
    return float(sum(weights[index] * p for index in chain.fires_next))


@lru_cache(1000)
def window_alpha(windows_a_day: float, budget_days: float, *, fire: int, window: int, resolve: int = 2) -> float:
    """The alpha of a check with which chance makes one message in so many days, within the bounds that make sense."""
    wanted = 1.0 / (windows_a_day * budget_days)
    low, high = LEAST_ALPHA, MOST_ALPHA
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rate = episode_rate(middle, fire=fire, window=window, resolve=resolve)
        low, high = (middle, high) if rate < wanted else (low, middle)
    return (low + high) / 2


class _Chain:
    def __init__(self, fire: int, window: int, resolve: int) -> None:
        start: State = ((False,) * max(window, resolve), False)
        self._index: dict[State, int] = {start: 0}
        self._steps: list[tuple[int, int]] = []  # where a good and where a bad window leads, by state
        waiting = [start]
        while waiting:
            state = waiting.pop(0)
            self._steps.append((0, 0))
            after = [next_state(state, bad, fire=fire, window=window, resolve=resolve) for bad in (False, True)]
            for each in after:
                if each not in self._index:
                    self._index[each] = len(self._index)
                    waiting.append(each)
            self._steps[self._index[state]] = (self._index[after[0]], self._index[after[1]])
        firing = [fires for _, fires in self._index]
        self.fires_next = [at for at, (_, bad) in enumerate(self._steps) if firing[bad] and not firing[at]]

    def transition(self, p: float) -> npt.NDArray[np.float64]:
        made = np.zeros((len(self._steps),) * 2)
        for at, (good, bad) in enumerate(self._steps):
            made[at, good] += 1 - p
            made[at, bad] += p
        return made


@lru_cache(100)
def _chain(fire: int, window: int, resolve: int) -> _Chain:
    return _Chain(fire, window, resolve)


def _stationary(transition: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    size = len(transition)
    system = np.vstack([transition.T - np.eye(size), np.ones(size)])
    found: npt.NDArray[np.float64] = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    return found
