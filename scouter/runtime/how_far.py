"""How far something is that takes its time: in words for the log, and as a bar for a terminal."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SECONDS = 2.0  # what takes less is not worth a word
_LEAST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
_BAR_CELLS = 20
_BAR_COLUMNS = 60  # on a narrower terminal the words are worth more
_DETAIL_COLUMNS = 12  # less of it says nothing


@dataclass(frozen=True, slots=True)
class HowFar:
    """`done` counts in `unit`; `total` is None where nobody knows. `detail` is what it is at, or waits for."""

    what: str
    seconds: float
    done: int = 0
    total: int | None = None
    unit: str = ""
    detail: str = ""

    def line(self) -> str:
        """One line for the log."""
        detail = [self.detail] if self.detail else []
        return f"{self.what}: {', '.join([*self._counted(), *detail, f'{duration(self.seconds)} so far'])}"

    def bar(self, columns: int) -> str:
        """Printable ASCII, shorter than the `columns` of the terminal, so that it never begins a second line.

        Where that is narrow the words give way: a time that moves says that the work goes on.
        """
        room = max(columns, 2) - 1
        cells = [self._cells()] if self.total and columns >= _BAR_COLUMNS else []
        measured = " ".join([*cells, ", ".join([*self._counted(), duration(self.seconds)])])
        text = f"{_fitted(self.what, max(room - len(measured) - 1, 1))} {measured}"
        has_room = self.detail and len(text) + _DETAIL_COLUMNS < room
        return _fitted(f"{text}: {self.detail}" if has_room else text, room)

    def end_line(self, *, is_whole: bool) -> str:
        """For something that had been spoken of."""
        became = "done in" if is_whole else "broke off after"
        return f"{self.what}: {', '.join([*self._counted(), f'{became} {self.seconds:.1f} s'])}"

    def _counted(self) -> list[str]:
        """Nothing, where there is nothing to count."""
        if self.total is not None:
            return [f"{self.done} of {self.total} {self.unit}".rstrip()]
        return [f"{self.done} {self.unit}".rstrip()] if self.done else []

    def _cells(self) -> str:
        full = min(self.done, self.total or 0) * _BAR_CELLS // (self.total or 1)
        return f"[{'#' * full}{'.' * (_BAR_CELLS - full)}]"


def pause_before_next_line(seconds: float) -> float:
    """After so many seconds. The longer it takes, the less often there is something new to say."""
    return min(max(_LEAST_PAUSE, seconds / 4), _LONGEST_PAUSE)


def duration(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    if not minutes:
        return f"{left} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s"


def _fitted(text: str, columns: int) -> str:
    """What others named, a session for one, must neither move the cursor nor take two columns for one letter."""
    plain = "".join(each if " " <= each <= "~" else "?" for each in text)
    return plain if len(plain) <= columns else plain[: columns - 1] + "~"
