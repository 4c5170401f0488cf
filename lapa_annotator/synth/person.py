"""A face to render as plain values: who, what expression, how turned, how dressed and lit.

Drawing these values from a seed (``draw.py``) is apart from building the scene from them, so a
face can be told, stored, varied and rendered again.
"""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Body:
    """Shape: phenotypes in [0, 1] and local changes, about -1 to 1."""

    phenotype: dict[str, float]
    changes: dict[str, float]


@dataclass(frozen=True)
class Pose:
    """Degrees. The head turns on the body, the camera goes round the rest.

    Attributes:
        yaw: to the image's right.
        pitch: chin up.
        roll: clockwise in the picture.
        neck_yaw, neck_pitch, neck_roll: the share that the neck turns.
        gaze: eyes to the image's right and up, relative to the head.
    """

    yaw: float
    pitch: float
    roll: float
    neck_yaw: float
    neck_pitch: float
    neck_roll: float
    gaze: tuple[float, float]


@dataclass(frozen=True)
class Skin:
    """Colours are linear RGB.

    Attributes:
        tone: 0 very light to 1 very dark.
        colour: of the cheeks.
        lips: colour of the lips; make-up or not.
        blush, freckles, spots, wrinkles, shine: strengths, 0 to 1.
        eyeshadow: its strength and colour.
        stubble: density of shaved beard, 0 to 1.
    """

    tone: float
    colour: Colour
    lips: Colour
    blush: float
    freckles: float
    spots: float
    shine: float
    shadow: float
    shadow_colour: Colour
    stubble: float


@dataclass(frozen=True)
class Brows:
    """Shape (see ``points.BrowShape``), density of hairs 0 to 1, and colour."""

    thickness: float
    raised: float
    arch: float
    length: float
    density: float
    colour: Colour


@dataclass(frozen=True)
class Hair:
    """A hair style of the head or a beard.

    Attributes:
        style: a row of the table of styles.
        colour: linear RGB.
        length: factor on the style's length.
        curl: radius of curls in metres.
        part: where it is parted: -1 right to 1 left in the picture.
        seed: of the single strands.
    """

    style: str
    colour: Colour
    length: float
    curl: float
    part: float
    seed: int


@dataclass(frozen=True)
class Wear:
    """What a person wears or holds; an empty string is nothing."""

    glasses: str
    glasses_colour: Colour
    lens: float
    hat: str
    hat_colour: Colour
    mask: str
    mask_colour: Colour
    scarf: str
    clothes: str
    clothes_colour: Colour
    held: str
    held_place: tuple[float, float, float]
    held_colour: Colour


@dataclass(frozen=True)
class View:
    """Camera and light.

    Attributes:
        distance: in metres.
        face_share: height of the face as a share of the picture.
        offset: of the face from the middle, in shares of the picture.
        aperture: f-stop, 0 for none.
        lighting: a row of the table of lightings.
        light_turn: degrees by which the lights are turned round the person.
        exposure: in stops.
        tint: of the light.
        background: a row of the table of backgrounds.
        background_seed: of its details.
    """

    distance: float
    face_share: float
    offset: tuple[float, float]
    aperture: float
    lighting: str
    light_turn: float
    exposure: float
    tint: Colour
    background: str
    background_seed: int


@dataclass(frozen=True)
class Film:
    """What the camera adds: all strengths 0 for a perfect picture.

    Attributes:
        noise: standard deviation in grey levels of 255.
        motion: length of the blur in pixels, at ``motion_angle`` degrees.
        quality: of a JPEG in between, 100 for none.
        shrink: the picture is made this many times smaller and enlarged again.
        grey: black and white.
        contrast, saturation: factors.
    """

    noise: float
    motion: float
    motion_angle: float
    quality: int
    shrink: float
    grey: bool
    contrast: float
    saturation: float


@dataclass(frozen=True)
class Person:
    """Everything that one seed draws."""

    seed: int
    body: Body
    expression: str
    actions: dict[str, float]
    pose: Pose
    skin: Skin
    eye_colour: Colour
    eye_red: float
    pupil: float
    lashes: float
    brows: Brows
    hair: Hair
    beard: Hair | None
    wear: Wear
    view: View
    film: Film
