"""Photos are read as a viewer shows them."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from lapa_annotator.domain.errors import InputError
from lapa_annotator.formats.photo import probe_photo, read_photo, read_thumbnail, write_picture

ORIENTATION = 274
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def _corners(width: int = 48, height: int = 32) -> Image.Image:
    """Four flat quarters: red, green above blue, white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    h, w = height // 2, width // 2
    pixels[:h, :w], pixels[:h, w:], pixels[h:, :w], pixels[h:, w:] = RED, GREEN, BLUE, WHITE
    return Image.fromarray(pixels)


def _quarters(pixels: np.ndarray) -> list[tuple[int, ...]]:
    h, w = pixels.shape[:2]
    places = ((h // 4, w // 4), (h // 4, 3 * w // 4), (3 * h // 4, w // 4), (-h // 4, -w // 4))
    return [tuple(int(v) for v in pixels[y, x]) for y, x in places]


def _close(found: list[tuple[int, ...]], expected: list[tuple[int, ...]], within: int = 6) -> bool:
    return bool(np.abs(np.array(found) - np.array(expected)).max() <= within)


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "webp", "bmp", "tif", "TIFF", "JPG"])
def test_every_usual_kind_of_photo_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    _corners().save(path)
    photo = read_photo(path)
    assert photo.pixels.shape == (32, 48, 3)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.writeable
    assert _close(_quarters(photo.pixels), [RED, GREEN, BLUE, WHITE])
    assert (photo.path, photo.orientation) == (path, 1)


def test_heic_is_read_where_its_decoder_is_installed(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    path = tmp_path / "x.heic"
    heif.from_pillow(_corners(96, 64)).save(path, quality=95)
    photo = read_photo(path)
    assert photo.pixels.shape == (64, 96, 3)
    assert _close(_quarters(photo.pixels), [RED, GREEN, BLUE, WHITE], within=12)


def test_heic_without_its_decoder_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "x.heic"
    path.write_bytes(b"something")
    with pytest.raises(InputError, match="install the extra 'heif' or save the photo as JPEG"):
        read_photo(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied(tmp_path: Path, suffix: str, orientation: int) -> None:
    # How each orientation stores the upright picture, as the EXIF standard defines it.
    stored = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = _corners()
    path = tmp_path / f"x.{suffix}"
    (upright if stored is None else upright.transpose(stored)).save(path, exif=_exif(orientation))
    photo = read_photo(path)
    assert _close(_quarters(photo.pixels), [RED, GREEN, BLUE, WHITE])
    assert photo.orientation == orientation
    info = probe_photo(path)
    assert (info.width, info.height, info.orientation) == (48, 32, orientation)
    assert photo.pixels.shape == (info.height, info.width, 3)


@pytest.mark.parametrize("orientation", [0, 9, 4711])
def test_an_orientation_that_makes_no_sense_is_none(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "x.jpg"
    _corners().save(path, exif=_exif(orientation))
    assert read_photo(path).orientation == 1
    assert read_photo(path).pixels.shape == (32, 48, 3)


def test_damaged_exif_does_not_stop_a_whole_picture(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    _corners().save(path, exif=b"Exif\0\0garbage")
    assert read_photo(path).pixels.shape == (32, 48, 3)


def test_probing_reads_no_pixels(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 80, 3)).astype(np.uint8)).save(
        path
    )
    path.write_bytes(path.read_bytes()[:600])
    assert (probe_photo(path).width, probe_photo(path).height) == (80, 64)
    with pytest.raises(InputError):
        read_photo(path)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_grey_is_scaled_not_clipped(tmp_path: Path, suffix: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(ramp).save(path)
    expected = np.repeat(np.round(ramp / 257.0)[..., None], 3, axis=2)
    np.testing.assert_array_equal(read_photo(path).pixels, expected)


def test_big_endian_16_bit_grey_is_scaled(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(">u2"), (32, 1))
    path = tmp_path / "x.tif"
    Image.frombytes("I;16B", (64, 32), ramp.tobytes()).save(path)
    found = read_photo(path).pixels[..., 0]
    np.testing.assert_array_equal(found, np.round(ramp.astype(float) / 257))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_colour_is_scaled_not_clipped(tmp_path: Path, suffix: str) -> None:
    cv2 = pytest.importorskip("cv2")
    rgb = np.zeros((32, 64, 3), np.uint16)
    rgb[..., 0] = np.linspace(0, 65535, 64)
    rgb[..., 2] = 32896
    path = tmp_path / f"x.{suffix}"
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    np.testing.assert_allclose(read_photo(path).pixels, rgb / 257.0, atol=1)


def test_grey_palette_and_one_bit_become_rgb(tmp_path: Path) -> None:
    for mode in ("L", "P", "1"):
        path = tmp_path / f"{mode}.png"
        picture = _corners().convert(mode)
        picture.save(path)
        np.testing.assert_array_equal(read_photo(path).pixels, np.array(picture.convert("RGB")))


def test_transparent_parts_lie_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((32, 48, 4), np.uint8)
    rgba[:16, :24] = (10, 20, 30, 255)
    rgba[:16, 24:] = (0, 0, 0, 128)
    path = tmp_path / "x.png"
    Image.fromarray(rgba).save(path)
    found = _quarters(read_photo(path).pixels)
    assert found == [(10, 20, 30), (127, 127, 127), WHITE, WHITE]


def test_transparency_of_grey_and_palette_pictures_lies_on_white(tmp_path: Path) -> None:
    grey = Image.merge("LA", [Image.new("L", (32, 32), 9), Image.new("L", (32, 32), 0)])
    grey.save(tmp_path / "la.png")
    indexed = _corners(32, 32).quantize(4)
    red = indexed.getpixel((0, 0))
    indexed.save(tmp_path / "p.png", transparency=red)
    assert (read_photo(tmp_path / "la.png").pixels == 255).all()
    assert _quarters(read_photo(tmp_path / "p.png").pixels) == [WHITE, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_with_inverted_inks_or_without_shows_its_colours(tmp_path: Path, suffix: str) -> None:
    # Pillow writes a CMYK JPEG as Adobe does: with an Adobe marker and inverted inks.
    path = tmp_path / f"x.{suffix}"
    _corners(64, 64).convert("CMYK").save(path)
    if suffix == "jpg":
        assert b"Adobe" in path.read_bytes()
    assert _close(_quarters(read_photo(path).pixels), [RED, GREEN, BLUE, WHITE])


def _wide_gamut_profile() -> bytes:
    """A profile whose red and green channels are swapped sRGB: cannot be mistaken for it."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(srgb[128:132])
    tags = {bytes(srgb[132 + 12 * k : 136 + 12 * k]): 132 + 12 * k for k in range(count)}
    red, green = (slice(tags[t] + 4, tags[t] + 12) for t in (b"rXYZ", b"gXYZ"))
    srgb[red], srgb[green] = srgb[green], srgb[red]
    place = tags[b"desc"]
    offset = int.from_bytes(srgb[place + 4 : place + 8])
    size = int.from_bytes(srgb[place + 8 : place + 12])
    text = bytes(srgb[offset : offset + size])
    srgb[offset : offset + size] = text.replace(b"s\0R\0G\0B", b"X\0R\0G\0B")
    return bytes(srgb)


def test_an_embedded_profile_brings_the_colours_to_srgb(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    _corners().save(path, icc_profile=_wide_gamut_profile())
    found = _quarters(read_photo(path).pixels)
    assert _close(found, [GREEN, RED, BLUE, WHITE])


def test_a_profile_is_applied_beneath_transparency(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    picture = _corners().convert("RGBA")
    picture.putpixel((2, 2), (0, 0, 0, 0))
    picture.save(path, icc_profile=_wide_gamut_profile())
    pixels = read_photo(path).pixels
    assert tuple(pixels[2, 2]) == WHITE
    assert _close(_quarters(pixels), [GREEN, RED, BLUE, WHITE])


@pytest.mark.parametrize("profile", [b"no profile at all", None])
def test_a_profile_that_does_not_fit_is_passed_over(tmp_path: Path, profile: bytes | None) -> None:
    path = tmp_path / "x.png"
    grey = Image.new("L", (32, 32), 77)
    grey.save(path, icc_profile=profile or _wide_gamut_profile())
    assert (read_photo(path).pixels == 77).all()


@pytest.mark.parametrize(
    "name", ["two words.jpg", "Émile Zoë.jpg", "人脸 照片.jpg", "😀👩🏽‍🦱.jpg", "a%20b#c&d.jpg"]
)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    _corners().save(tmp_path / name)
    assert read_photo(tmp_path / name).pixels.shape == (32, 48, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "bmp"])
def test_a_cut_file_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"x\.\w+: .*; .*leave it out\.$"):
        read_photo(path)


def test_a_damaged_file_is_one_sentence_whatever_byte_is_wrong(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for suffix in ("jpg", "png", "webp", "bmp"):
        path = tmp_path / f"x.{suffix}"
        _corners().save(path)
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(40):
            flipped = whole.copy()
            flipped[rng.integers(0, min(300, len(whole)), 4)] = rng.integers(0, 256, 4)
            path.write_bytes(flipped.tobytes())
            try:
                read_photo(path)
            except InputError as error:
                assert "\n" not in str(error)


def test_bad_files_are_told_by_name_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("I am no photo, whatever my name says.")
    Image.new("RGB", (1, 1)).save(tmp_path / "tiny.png")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "folder.jpg").mkdir()
    Image.new("F", (32, 32)).save(tmp_path / "float.tif")
    sentences = {
        "empty.jpg": "the file is empty; copy it again",
        "text.jpg": "it holds no picture of a kind that can be read; open it in a picture viewer",
        "tiny.png": "1x1 pixels are too few for a face; use a photo of at least 16 pixels a side",
        "link.jpg": "it is a link to nothing; mend the link or remove it",
        "folder.jpg": "it is a folder, not a file; name a file",
        "gone.jpg": "there is no such file; check the name and the folder",
        "float.tif": "no fixed black and white (F); save it with 8 or 16 bits a channel",
    }
    for name, sentence in sentences.items():
        with pytest.raises(InputError) as caught:
            read_photo(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")
        assert sentence in str(caught.value)


def test_a_photo_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.jpg"
    _corners().save(path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="it may not be read; give yourself the right to read it"):
        read_photo(path)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (20_000, 20_000)).save(path)
    for read in (read_photo, probe_photo):
        with pytest.raises(InputError, match="20000x20000 pixels are more than the 300 megapixels"):
            read(path)


def test_the_limit_is_the_callers_and_no_warning_leaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.png"
    _corners(100, 100).save(path)
    with pytest.raises(InputError, match=r"more than the 0\.009 megapixels"):
        read_photo(path, most_pixels=9_000)
    assert read_photo(path, most_pixels=10_000).pixels.shape == (100, 100, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_picture_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"x.{suffix}"
    pixels = np.array(_corners())
    write_picture(path, pixels)
    assert _close(_quarters(read_photo(path).pixels), [RED, GREEN, BLUE, WHITE])
    if suffix == "png":
        np.testing.assert_array_equal(read_photo(path).pixels, pixels)


def test_a_picture_is_written_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        write_picture(tmp_path / name, np.array(_corners()))
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_pictures_of_another_kind_or_shape_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"use \.jpg or \.png"):
        write_picture(tmp_path / "x.gif", np.array(_corners()))
    with pytest.raises(ValueError, match="uint8"):
        write_picture(tmp_path / "x.png", np.zeros((4, 4), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_the_profile_of_the_test_is_a_real_one() -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(_wide_gamut_profile()))
    assert not ImageCms.getProfileDescription(profile).startswith("sRGB")


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_thumbnail_is_the_photo_as_displayed_but_small(tmp_path, suffix):
    wide = np.zeros((200, 800, 3), np.uint8)
    wide[:, :400] = (250, 10, 10)
    path = tmp_path / f"turned{suffix}"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: shown turned by 90 degrees clockwise
    Image.fromarray(wide).save(path, exif=exif)
    small = read_thumbnail(path, 100).pixels
    assert small.shape == (100, 25, 3)
    assert small[10, 12, 0] > 200, "the red half is on top"
    assert small[90, 12, 0] < 50
