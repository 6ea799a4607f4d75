"""Makes the dark pictures from the light ones, which are drawn by hand.

Run ``python docs/pictures/dark.py`` after a change. The two differ in these colours alone.
"""

from pathlib import Path

COLOURS = {
    "#f6f8fa": "#171b22",  # the ground
    "#ffffff": "#222832",  # a box
    "#eaf1fe": "#15294d",  # the guard
    "#d5dbe3": "#3a4350",  # edges
    "#6b7785": "#8b96a5",  # lines
    "#1b2430": "#e8ecf2",  # text
    "#4c5866": "#b3bcc8",  # text beside it
    "#1750b8": "#8db8ff",  # what the guard does
    "#0a6b3b": "#74d6a0",  # accepted
    "#b0201a": "#ff9a8f",  # refused
}


def darkened(light: str) -> str:
    """A light picture in the dark colours."""
    for here, there in COLOURS.items():
        light = light.replace(here, there)
    return light


if __name__ == "__main__":
    for picture in Path(__file__).parent.glob("*-light.svg"):
        dark = picture.with_name(picture.name.replace("-light", "-dark"))
        dark.write_text(darkened(picture.read_text("utf-8")), "utf-8")
