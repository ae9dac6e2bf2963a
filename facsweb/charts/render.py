"""Drawing a specification without a browser, by the wheel `vl-convert-python`. No Django.

It brings Vega in a V8 of its own: imported when the first picture is asked for, as a process then
holds some 120 MB more. One thread draws at a time; others may go on meanwhile.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Literal

PictureFormat = Literal["svg", "png"]
#: The newest Vega-Lite of the pinned wheel; `javascript_bundle` gives browsers the same.
VEGA_LITE = "6.4"


def renderer_version() -> str:
    """Return the wheel's version, without importing it."""
    return version("vl-convert-python")


@lru_cache(maxsize=64)
def drawn(spec: str, kind: PictureFormat, scale: int) -> bytes:
    """Draw a specification, given as JSON, in at most about 100 ms; the last 64 are kept.

    Raises
    ------
    ValueError
        If Vega-Lite refuses the specification, or it asks for data by an address.
    """
    import vl_convert

    if kind == "svg":
        return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[]).encode()
    return vl_convert.vegalite_to_png(spec, vl_version=VEGA_LITE, scale=scale, allowed_base_urls=[])


def browser_bundle() -> str:
    """Return a module that exports `vegaEmbed`, with all it needs: 0.9 MB, in about two seconds."""
    import vl_convert

    return vl_convert.javascript_bundle("export { vegaEmbed };", VEGA_LITE)
