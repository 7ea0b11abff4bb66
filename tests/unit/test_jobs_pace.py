"""The time that a job still takes: right within a fifth after its first minute, by a simulated clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from hyai_tui.jobs.pace import SPAN, Pace

BATCH = 16


def batches(seed: int, total: int, rate: float, spread: float) -> list[tuple[float, int]]:
    """When each batch of a build ends: pictures of very different sizes, in random order."""
    random = np.random.default_rng(seed)
    took = random.lognormal(0, spread, -(-total // BATCH))
    took *= total / rate / took.sum()
    done = np.minimum(np.arange(1, len(took) + 1) * BATCH, total)
    return list(zip(np.cumsum(took).tolist(), done.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("rate", "spread"), [(35.0, 0.5), (280.0, 1.0), (8.0, 0.3)])
def test_after_a_minute_the_time_left_is_right_within_a_fifth(seed: int, rate: float, spread: float) -> None:
    total = round(rate * 900)
    times = batches(seed, total, rate, spread)
    end = times[-1][0]
    pace = Pace()
    pace.mark(0.0, 0)
    asked = 0
    for at, done in times:
        pace.mark(at, done)
        left = pace.seconds_left(total)
        if at >= 60 and end - at > 60:
            assert left == pytest.approx(end - at, rel=0.2)
            asked += 1
    assert asked > 100


def test_a_job_that_goes_on_counts_only_what_it_does_itself() -> None:
    pace = Pace()
    pace.mark(0, 9_000)
    assert pace.seconds_left(10_000) is None
    for second in range(1, 101):
        pace.mark(second, 9_000 + 5 * second)
    assert pace.rate() == 5
    assert pace.seconds_left(10_000) == 100
    assert pace.seconds_left(None) is None


def test_what_a_job_takes_to_start_is_no_pace() -> None:
    """A network is loaded for twenty seconds, what was decoded meanwhile goes by at once, then ten pictures a second."""
    pace = Pace()
    pace.mark(0, 0)
    assert pace.seconds_left(1_000) is None
    pace.mark(20, 16)
    pace.mark(20.1, 32)
    assert pace.seconds_left(1_000) is None
    for second in range(1, 41):
        pace.mark(20 + second, 32 + 10 * second)
    assert pace.rate() == pytest.approx(10, rel=0.05)
    assert pace.seconds_left(1_000) == pytest.approx(56.8, rel=0.05)


def test_a_pace_that_changes_is_the_new_one_after_five_minutes() -> None:
    pace = Pace()
    done = 0
    for tick in range(4 * 800):
        done += 10 if tick < 4 * 300 else 1
        pace.mark(tick / 4, done)
        if tick >= 4 * (300 + SPAN + 2):
            assert pace.rate() == pytest.approx(4)
    assert len(pace._marks) <= SPAN + 2


def test_near_the_end_the_time_left_is_by_the_pace_of_the_newest_seconds() -> None:
    """Three minutes beside other programs, then three times as fast."""
    pace = Pace()
    done = 0
    for second in range(221):
        done += 10 if second < 180 else 30
        pace.mark(second, done)
    assert pace.seconds_left(done + 900) == pytest.approx(30, rel=0.05)


def told(speed: Callable[[float], float], total: int) -> Iterator[tuple[float, float]]:
    """Yield (seconds since the start, seconds left as told / as it was), each second but the last thirty, at a speed of the time."""
    done, times = 0.0, [0.0]
    while done < total:
        done += speed(len(times) - 1)
        times.append(min(done, total))
    pace = Pace()
    for second, so_far in enumerate(times[:-30]):
        pace.mark(second, int(so_far))
        left = pace.seconds_left(total)
        if left is not None:
            yield second, left / (len(times) - 1 - second)


@pytest.mark.parametrize(
    "speed",
    [lambda _: 30, lambda at: 6 if at < 10 else 30, lambda at: 15 if at < 25 else 30],
    ids=["steady", "a fifth for ten seconds", "half for twenty-five"],
)
def test_a_steady_pace_and_a_slow_start_are_told_within_a_fifth_after_a_minute(speed: Callable[[float], float]) -> None:
    found = [ratio for at, ratio in told(speed, 20_000) if at > 60]
    assert len(found) > 500
    assert found == pytest.approx([1] * len(found), abs=0.2)


@pytest.mark.parametrize("after", [15, 60])
def test_another_pace_is_believed_after_a_minute_however_long_the_first_one_was(after: int) -> None:
    found = [ratio for at, ratio in told(lambda at: 30 if at < 600 else after, 60_000) if at > 670]
    assert len(found) > 300
    assert found == pytest.approx([1] * len(found), abs=0.2)


def test_bursts_and_one_pause_are_no_other_pace() -> None:
    bursts = [ratio for at, ratio in told(lambda at: 60 if at % 10 < 5 else 10, 20_000) if 60 < at < 500]
    assert bursts == pytest.approx([1] * len(bursts), abs=0.2)
    pause = [ratio for at, ratio in told(lambda at: 0 if 200 < at < 215 else 30, 20_000) if 60 < at < 500]
    assert pause == pytest.approx([1] * len(pause), abs=0.2)
