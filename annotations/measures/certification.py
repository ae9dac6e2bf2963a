"""A Wexler ratio held against the 0.70 of FACS certification. No Django."""

from __future__ import annotations

from dataclasses import dataclass

from annotations.measures.bootstrap import Estimate

#: The FACS Final Test is passed with this Wexler ratio against its own key: Ekman, Friesen & Hager
#: (2002), *FACS Investigator's Guide*. Between two coders it is the usual measure of reliability.
CERTIFICATION = 0.70


@dataclass(frozen=True)
class Verdict:
    """The standing of a ratio and its interval to the 0.70."""

    #: The ratio is 0.70 or more.
    reaches: bool
    #: So is, or isn't, each ratio of the interval.
    is_sure: bool

    @property
    def text(self) -> str:
        """The verdict in words.

        >>> Verdict(reaches=False, is_sure=False).text
        'below 0.70, but the interval crosses it'
        """
        side = f"{CERTIFICATION:.2f} or more" if self.reaches else f"below {CERTIFICATION:.2f}"
        return side if self.is_sure else f"{side}, but the interval crosses it"


def verdict_on(ratio: Estimate) -> Verdict | None:
    """Judge a ratio of one person.

    Parameters
    ----------
    ratio
        A Wexler ratio with its 95 % interval.

    Returns
    -------
    Verdict or None
        None where the ratio is undefined or has no interval.

    Examples
    --------
    >>> verdict_on(Estimate(0.8, 0.72, 0.88))
    Verdict(reaches=True, is_sure=True)
    """
    if not ratio.is_defined or not ratio.has_interval:
        return None
    if ratio.value >= CERTIFICATION:
        return Verdict(True, ratio.low >= CERTIFICATION)
    return Verdict(False, ratio.high < CERTIFICATION)
