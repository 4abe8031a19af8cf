"""matplotlib as all charts use it: its own defaults and our settings, whatever the user or a folder has set.

Principle: the same analysis gives the same bytes, on whichever machine and in whichever folder it is drawn.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from abtest.process.seclusion import secluded_drawing


def load_matplotlib() -> None:
    """Import matplotlib; to be called before any other import of it."""
    with secluded_drawing():
        import matplotlib.font_manager  # noqa: F401


@contextmanager
def drawing(settings: Mapping[str, object]) -> Iterator[None]:
    """Draw in the block with ``settings``, and matplotlib's defaults for what they leave out."""
    load_matplotlib()
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)  # type: ignore[arg-type]  # matplotlib checks them
        yield
