"""Times in words, for a bar, a page and a card."""

from __future__ import annotations


def in_words(seconds: float | None) -> str:
    """Return the time that is left as people say it; empty where it isn't known.

    Parameters
    ----------
    seconds
        How many are left.

    Examples
    --------
    >>> in_words(3), in_words(44), in_words(170), in_words(5000), in_words(None)
    ('a few seconds left', 'about 40 s left', 'about 3 min left', 'about 1 h 25 min left', '')
    """
    if seconds is None:
        return ""
    if seconds < 8:
        return "a few seconds left"
    return f"about {spoken(seconds)} left"


def lasted(seconds: float) -> str:
    """Return how long something took, to the second.

    Parameters
    ----------
    seconds
        How many.

    Examples
    --------
    >>> lasted(44.2), lasted(644), lasted(5025)
    ('44 s', '10 min 44 s', '1 h 23 min 45 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    told = f"{hours} h " if hours else ""
    return f"{told}{minutes} min {rest} s" if minutes or hours else f"{rest} s"


def spoken(seconds: float) -> str:
    """Return a time as people say it: no more exact than a forecast is.

    Parameters
    ----------
    seconds
        How many.

    Examples
    --------
    >>> spoken(4), spoken(52), spoken(170), spoken(5000)
    ('10 s', '50 s', '3 min', '1 h 25 min')
    """
    if seconds < 95:
        return f"{max(1, round(seconds / 10)) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(round(minutes / 5) * 5, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
