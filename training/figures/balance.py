"""A run's label balance as values ready to draw: tables, heat maps, words. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from annotations.facs import ACTION_UNITS, EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.groups import DIMENSIONS
from annotations.measures.support import FEWEST_TO_TRUST
from training.figures.bars import (
    Whisker,
    emotion_query,
    percent_of,
    percent_text,
    unit_query,
    with_sign,
)
from training.ml.balance import Balance, BalanceFlag, Part, Spread, Together
from training.ml.imbalance import ckplus_together
from training.ml.imbalance_flags import RULES, Rule

MAPS = {"data": "These labels", "ckplus": "CK+", "difference": "Difference"}
#: How a heat map's shades follow its values: whole shares, and differences from CK+.
_SHADES, _STEPS, _STEP = 9, 4, 0.1
CKPLUS_FACES = 327


@dataclass(frozen=True)
class SpreadRow:
    """A class or unit in the table of all faces."""

    name: str
    meaning: str
    spread: Spread
    percent: float
    text: str
    whisker: Whisker | None
    interval: str
    ratio: str
    few: bool
    faces: str


@dataclass(frozen=True)
class PartCell:
    text: str
    shown: int
    shade: int
    few: bool
    faces: str


@dataclass(frozen=True)
class PartTable:
    """Shares of each class and unit, by split or by group."""

    name: str
    title: str
    parts: Sequence[Part]
    rows: list[tuple[str, list[PartCell]]]


@dataclass(frozen=True)
class MapCell:
    """A cell of a heat map: `words` is what it says when read aloud."""

    text: str
    words: str
    shade: str = ""
    few: bool = False
    is_self: bool = False
    faces: str = ""


@dataclass(frozen=True)
class HeatMap:
    title: str
    caption: str
    columns: list[str]
    rows: list[tuple[str, list[MapCell]]]


@dataclass(frozen=True)
class FlagLine:
    flag: BalanceFlag
    faces: str


@dataclass(frozen=True)
class FlagGroup:
    """The flags that broke one rule."""

    rule: Rule
    severity: str
    lines: list[FlagLine] = field(default_factory=list)


@dataclass(frozen=True)
class BalanceBoard:
    faces: int
    subjects: int
    flags: list[FlagGroup]
    rows: list[SpreadRow]
    tables: list[PartTable]
    maps: list[HeatMap]


def balance_board(balance: Balance, which: str) -> BalanceBoard:
    """Draw up a run's balance.

    Parameters
    ----------
    balance
        As the run stores it.
    which
        The heat maps' values, one of MAPS.
    """
    overall = balance.overall
    own, theirs = balance.together, ckplus_together()
    tables = [_part_table("split", "Split", balance.splits, "split")] if balance.splits else []
    tables += [
        _part_table(dimension, title.capitalize(), balance.groups[dimension], dimension)
        for dimension, title in DIMENSIONS.items()
        if balance.groups.get(dimension)
    ]
    return BalanceBoard(
        overall.faces,
        overall.subjects,
        _flag_groups(balance.flags),
        [_spread_row(name, spread) for name, spread in overall.targets.items()],
        tables,
        [_unit_map(own, theirs, which), _emotion_map(own, theirs, which)] if own.both else [],
    )


def query_of(name: str, **more: str) -> str:
    """Return the gallery's query for a class or unit, as flags call it, and for what else is asked.

    >>> query_of("AU12", gender="female"), query_of("surprise"), query_of("AU1, AU2")
    ('au=12&gender=female', 'emotion=surprise', 'au=1&au_also=2')
    """
    first, _, second = name.partition(", ")
    query = emotion_query(first) if first in EMOTIONS else unit_query(int(first[2:]))
    also = {"au_also": second[2:]} if second else {}
    rest = urlencode(also | more)
    return f"{query}&{rest}" if rest else query


def _spread_row(name: str, spread: Spread) -> SpreadRow:
    share = spread.share
    whisker, interval = None, ""
    if share.low is not None and share.high is not None:
        whisker = Whisker(percent_of(share.low), percent_of(share.high))
        interval = f"{percent_text(share.low)} to {percent_text(share.high)}"
    return SpreadRow(
        name=name,
        meaning="" if name in EMOTIONS else ACTION_UNITS[int(name[2:])].name,
        spread=spread,
        percent=percent_of(share.value),
        text=percent_text(share.value),
        whisker=whisker,
        interval=interval,
        ratio="–" if spread.ratio is None else f"1 : {spread.ratio:.1f}",
        few=spread.shown < FEWEST_TO_TRUST,
        faces=query_of(name),
    )


def _part_table(name: str, title: str, parts: Sequence[Part], key: str) -> PartTable:
    targets = list(parts[0].targets)
    rows = [(target, [_part_cell(part, target, key) for part in parts]) for target in targets]
    return PartTable(name, title, parts, rows)


def _part_cell(part: Part, target: str, key: str) -> PartCell:
    spread = part.targets[target]
    share = spread.share.value or 0.0
    return PartCell(
        percent_text(spread.share.value),
        spread.shown,
        round(_SHADES * share),
        spread.shown < FEWEST_TO_TRUST,
        query_of(target, **{key: part.name}),
    )


def _flag_groups(flags: Sequence[BalanceFlag]) -> list[FlagGroup]:
    groups = []
    for key, rule in RULES.items():
        broken = [flag for flag in flags if flag.rule == key]
        if broken:
            lines = [FlagLine(flag, _flag_query(flag)) for flag in broken]
            groups.append(FlagGroup(rule, broken[0].severity, lines))
    return groups


def _flag_query(flag: BalanceFlag) -> str:
    tag = {flag.dimension: flag.group} if flag.dimension else {}
    return urlencode(tag) if flag.subject == flag.group else query_of(flag.subject, **tag)


def _unit_map(own: Together, theirs: Together, which: str) -> HeatMap:
    names = [f"AU{au}" for au in MODEL_ACTION_UNITS]
    rows = []
    for i, row in enumerate(names):
        cells = []
        for j, column in enumerate(names):
            counts = own.both[i][j], own.shown[i][j]
            published = theirs.both[i][j], theirs.shown[i][j]
            query = query_of(row) if i == j else query_of(f"{row}, {column}")
            cells.append(_map_cell(counts, published, which, (row, column), query))
        rows.append((row, cells))
    return HeatMap(
        "Units with units",
        "Of the faces that show the row’s unit, per cent that show the column’s too.",
        [str(au) for au in MODEL_ACTION_UNITS],
        rows,
    )


def _emotion_map(own: Together, theirs: Together, which: str) -> HeatMap:
    rows = []
    for i, emotion in enumerate(EMOTIONS):
        cells = []
        for j, au in enumerate(MODEL_ACTION_UNITS):
            counts = own.of_emotion[i][j], own.emotion_coded[i][j]
            published = theirs.of_emotion[i][j], theirs.emotion_coded[i][j]
            query = query_of(f"AU{au}", emotion=emotion)
            cells.append(_map_cell(counts, published, which, (emotion, f"AU{au}"), query))
        rows.append((emotion, cells))
    return HeatMap(
        "Units with emotions",
        "Of the faces of the row’s emotion, per cent that show the column’s unit.",
        [str(au) for au in MODEL_ACTION_UNITS],
        rows,
    )


def _map_cell(
    own: tuple[int, int], published: tuple[int, int], which: str, names: tuple[str, str], query: str
) -> MapCell:
    """Draw one cell of (faces that show both, faces of the row), of these labels and of CK+."""
    row, column = names
    if row == column:
        return MapCell("", f"{row} itself", is_self=True)
    used = {"data": (own,), "ckplus": (published,), "difference": (own, published)}[which]
    few = min(of for _, of in used) < FEWEST_TO_TRUST
    both, of = used[0]
    if not of or (few and which == "difference"):
        return MapCell("–", f"{row} with {column}: too few faces to say", few=True)
    share = both / of
    faces = query if which != "ckplus" and own[0] else ""
    if which != "difference":
        words = f"{column} on {both} of {of} faces with {row}"
        return MapCell(
            f"{100 * share:.0f}", words, f"shade-{round(_SHADES * share)}", few, faces=faces
        )
    gap = share - published[0] / published[1]
    steps = min(_STEPS, round(abs(gap) / _STEP))
    shade = f"{'more' if gap > 0 else 'less'}-{steps}" if steps else "shade-0"
    words = f"{column} with {row}: {100 * share:.0f} %, in CK+ {100 * (share - gap):.0f} %"
    return MapCell(with_sign(100 * gap, 0), words, shade, few, faces=faces)
