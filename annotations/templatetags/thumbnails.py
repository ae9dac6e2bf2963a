"""The tag that shows a face's thumbnail: `{% load thumbnails %}{% face_thumbnail face.pk %}`."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotations.faces.thumbnails import SIDES

register = template.Library()

_IMAGE = (
    '<img src="{}" srcset="{} 2x" alt="{}" width="{}" height="{}" loading="lazy" decoding="async">'
)


@register.simple_tag
def face_thumbnail(face: int, side: int = 180, alt: str = "") -> SafeString:
    """Return the image of a face, of a square of `side` pixels that styles may make larger.

    A screen of two dots a pixel gets the next size. Room is kept for it, so nothing jumps.

    Parameters
    ----------
    face
        The face's id.
    """
    usual, fine = _address(face, _at_least(side)), _address(face, _at_least(2 * side))
    return format_html(_IMAGE, usual, fine, alt, side, side)


def _at_least(pixels: int) -> int:
    """Return the size whose shorter side fills a square, of a usual picture of 4 to 3."""
    return next((side for side in SIDES if 3 * side >= 4 * pixels), SIDES[-1])


def _address(face: int, side: int) -> str:
    return reverse("face-thumbnail", args=[face, side])
