"""Files of every kind become pictures: upright, in sRGB, on their own scale; and what belongs to them is kept."""

import contextlib
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from data_loader.files import quiet_libraries
from data_loader.photographs import UnusableImage, is_picture, read_image, read_photograph

RAMP = np.tile(np.arange(256), (9, 1))


def save_mode(path, mode):
    pixels = np.zeros((20, 20, 3), np.uint8) + np.array([200, 100, 50], np.uint8)
    image = Image.fromarray(pixels)
    if mode == "I;16":
        image = Image.fromarray(np.full((20, 20), 200 * 257, np.uint16))
    elif mode == "RGBA":
        image.putalpha(0)
    else:
        image = image.convert(mode)
    image.save(path)


@pytest.mark.parametrize(
    ("mode", "suffix", "expected"),
    [
        ("P", "png", (200, 100, 50)),
        ("CMYK", "tif", (200, 100, 50)),
        ("L", "png", (124, 124, 124)),
        ("I;16", "png", (200, 200, 200)),
        ("RGBA", "png", (255, 255, 255)),
    ],
)
def test_other_modes_become_rgb(tmp_path, mode, suffix, expected):
    save_mode(tmp_path / f"a.{suffix}", mode)
    image = np.asarray(read_image(tmp_path / f"a.{suffix}")).astype(int)
    assert image.shape == (20, 20, 3)
    assert np.abs(image[10, 10] - expected).max() <= 8


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert np.asarray(read_image(tmp_path / "a.gif"))[5, 5].tolist() == [255, 0, 0]


def test_exif_orientation_is_applied(tmp_path):
    image = Image.new("RGB", (40, 20))
    exif = image.getexif()
    exif[0x112] = 6
    image.save(tmp_path / "a.jpg", exif=exif)
    assert read_image(tmp_path / "a.jpg").size == (20, 40)


def test_unusable_files_say_why(tmp_path):
    (tmp_path / "text.jpg").write_text("this is no picture")
    whole = tmp_path / "whole.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)).save(whole)
    (tmp_path / "truncated.jpg").write_bytes(whole.read_bytes()[:1500])
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    # A file that says it is huge, in its header with the header's checksum; to make one would take seconds.
    huge = bytearray((tmp_path / "dot.png").read_bytes())
    huge[16:24] = struct.pack(">II", 30000, 30000)
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    (tmp_path / "huge.png").write_bytes(huge)
    reasons = {}
    for name in ("text.jpg", "truncated.jpg", "dot.png", "huge.png"):
        with pytest.raises(UnusableImage) as caught:
            read_image(tmp_path / name)
        reasons[name] = str(caught.value)
    assert "identify" in reasons["text.jpg"]
    assert reasons["truncated.jpg"] == "the file ends early"
    assert "1x1" in reasons["dot.png"]
    assert "more pixels than" in reasons["huge.png"]


def scan(path, compression, mode):
    """A compressed TIFF with 40 bytes of other content among its pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 150, 3), np.uint8)
    Image.fromarray(noise).convert(mode).save(path, compression=compression)
    content = bytearray(path.read_bytes())
    content[600:640] = b"\xaa" * 40
    path.write_bytes(content)


def test_of_a_damaged_scan_what_can_be_read_is_and_it_says_so(tmp_path, capfd):
    scan(tmp_path / "fax.tif", "group4", "1")
    photograph = read_photograph(tmp_path / "fax.tif")
    assert photograph.is_damaged
    assert any("is damaged" in remark for remark in photograph.remarks())
    scan(tmp_path / "colors.tif", "tiff_adobe_deflate", "RGB")
    with pytest.raises(UnusableImage, match="the file is damaged"):
        read_photograph(tmp_path / "colors.tif")
    Image.new("RGB", (20, 20)).save(tmp_path / "whole.tif")
    assert not read_photograph(tmp_path / "whole.tif").is_damaged
    assert capfd.readouterr().err == ""


def test_an_opened_image_that_is_damaged_is_told_as_its_file_is(tmp_path, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:1500])
    with Image.open(tmp_path / "a.jpg") as image, pytest.raises(UnusableImage, match="the file ends early"):
        read_photograph(image)
    scan(tmp_path / "fax.tif", "group4", "1")
    with Image.open(tmp_path / "fax.tif") as image:
        assert read_photograph(image).is_damaged
    assert capfd.readouterr().err == ""


def test_an_array_may_have_opacity_of_its_own():
    gray = np.random.default_rng(0).integers(0, 256, (20, 30, 2), np.uint8)
    photograph = read_photograph(gray)
    assert (np.asarray(photograph.image) == gray[..., :1]).all()
    assert (np.asarray(photograph.alpha) == gray[..., 1]).all()


def test_what_others_write_meanwhile_damages_no_file(tmp_path, monkeypatch):
    Image.new("RGB", (20, 20)).save(tmp_path / "a.tif")
    opened = Image.open
    monkeypatch.setattr(Image, "open", lambda file: os.write(2, b"ValueError: another thread's\n") and opened(file))
    assert not read_photograph(tmp_path / "a.tif").is_damaged
    with quiet_libraries() as heard:
        os.write(2, b"a word\n" * 20_000)
    assert heard[0] == "a word"
    assert len(heard) < 10_000


def test_pages_that_are_broken_off_behind_the_first_are_told(tmp_path):
    pages = [Image.fromarray(np.full((20, 20, 3), level, np.uint8)) for level in (10, 200)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: len(content) // 2 + 40])
    photograph = read_photograph(tmp_path / "a.tif")
    assert (photograph.pages, photograph.is_damaged) == (1, True)
    assert np.asarray(photograph.image)[5, 5].tolist() == [10, 10, 10]


def middle(path, column=128):
    return np.asarray(read_image(path))[4, column].tolist()


def with_one(values, value):
    changed = values.copy()
    changed[0, 0] = value
    return changed


@pytest.mark.parametrize(
    "values",
    [
        (RAMP / 255).astype("float32"),
        np.where(RAMP > 200, 1.5, RAMP / 255).astype("float32"),
        with_one(RAMP / 255, 1.001).astype("float32"),
        with_one(RAMP / 255, np.nan).astype("float32"),
        with_one(RAMP / 255, np.inf).astype("float32"),
        RAMP.astype("float32"),
        RAMP.astype("int32"),
        with_one(RAMP * 16, 70000).astype("int32"),
        (RAMP * 257).astype("int32"),
        (RAMP * 257).astype("uint16"),
    ],
)
def test_numbers_without_a_scale_have_the_smallest_that_holds_them(tmp_path, values):
    Image.fromarray(values).save(tmp_path / "ramp.tif")
    assert middle(tmp_path / "ramp.tif") == pytest.approx([128] * 3, abs=1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (RAMP > 100, 255),
        (RAMP.astype("int16"), 128),
        ((RAMP * 128).astype("int16"), 128),
        (RAMP.astype("int64"), 128),
        (RAMP.astype("uint8"), 128),
        ((RAMP * 257).astype("uint16"), 128),
    ],
)
def test_arrays_have_their_own_scale(values, expected):
    assert np.asarray(read_image(values))[4, 128].tolist() == [expected] * 3


@pytest.mark.parametrize(
    "nothing", [None, ["a.png"], np.zeros((9, 9), complex), np.zeros((9, 9, 5)), np.full((9, 9), "a")]
)
def test_what_is_no_picture_is_told(nothing):
    with pytest.raises(UnusableImage):
        read_image(nothing)


def test_what_cannot_even_be_looked_at_is_told(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for file in (tmp_path / "pipe.png", tmp_path / f"{'b' * 300}.png"):
        with pytest.raises(UnusableImage):
            read_photograph(file)


def test_what_is_no_number_is_black(tmp_path):
    Image.fromarray(with_one(RAMP / 255, np.nan).astype("float32")).save(tmp_path / "ramp.tif")
    assert np.asarray(read_image(tmp_path / "ramp.tif"))[0, 0].tolist() == [0, 0, 0]


def tiff(path, values, **tags):
    import tifffile

    extra = [(code, dtype, 1, value, True) for code, dtype, value in tags.pop("extra", [])]
    tifffile.imwrite(path, values, extratags=extra, **tags)


def twelve_bits(path, value):
    """A gray TIFF of 12 bits a sample, two samples in three bytes, all of one value."""
    side = 16
    pixels = bytes([value >> 4, (value & 15) << 4 | value >> 8, value & 255]) * (side * side // 2)
    entries = [(256, 4, side), (257, 4, side), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1)]
    entries += [(278, 4, side), (279, 4, len(pixels))]
    table = b"".join(struct.pack("<HHII", code, kind, 1, number) for code, kind, number in entries)
    head = b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels
    path.write_bytes(head + struct.pack("<H", len(entries)) + table + struct.pack("<I", 0))


def test_twelve_bits_are_twelve_bits(tmp_path):
    twelve_bits(tmp_path / "a.tif", 2048)
    assert middle(tmp_path / "a.tif", 8)[0] in (127, 128)


def test_a_files_own_scale_counts(tmp_path):
    tiff(tmp_path / "a.tif", (RAMP * 4).astype("float32"), extra=[(340, "f", 0.0), (341, "f", 1020.0)])
    assert middle(tmp_path / "a.tif") == [128] * 3
    tiff(tmp_path / "b.tif", (RAMP * 4).astype("uint16"), extra=[(341, "H", 1020)])
    assert middle(tmp_path / "b.tif") == [128] * 3
    # The largest value of all, where it says how many bits there are, and where it is a statistic.
    tiff(tmp_path / "c.tif", (RAMP * 16).astype("uint16"), extra=[(281, "H", 4095)])
    assert middle(tmp_path / "c.tif") == [128] * 3
    tiff(tmp_path / "d.tif", (RAMP * 257).astype("uint16"), extra=[(281, "H", 40000)])
    assert middle(tmp_path / "d.tif") == [128] * 3


def test_white_may_be_zero_at_any_depth(tmp_path):
    for name, values in {"a": RAMP.astype("uint8"), "b": (RAMP * 257).astype("uint16")}.items():
        tiff(tmp_path / f"{name}.tif", values, photometric="miniswhite")
        assert middle(tmp_path / f"{name}.tif", 55) == pytest.approx([200] * 3, abs=1)


# How EXIF says that a picture lies, and how it is brought upright.
TURNS = {1: lambda a: a, 3: lambda a: np.rot90(a, 2), 6: lambda a: np.rot90(a, -1), 8: np.rot90}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize(
    ("kind", "colors"), [("uint8", 1), ("uint16", 1), ("float32", 1), ("uint8", 3), ("uint16", 3), ("float32", 3)]
)
def test_scans_are_brought_upright_pixel_by_pixel(tmp_path, kind, colors, compression, turn):
    values = np.random.default_rng(0).integers(0, 256, (20, 40, colors)[: 2 if colors == 1 else 3])
    scaled = (values * (257 if kind == "uint16" else 1) / (255 if kind == "float32" else 1)).astype(kind)
    photometric = "minisblack" if colors == 1 else "rgb"
    tiff(tmp_path / "a.tif", scaled, photometric=photometric, compression=compression, extra=[(274, "H", turn)])
    pixels = np.asarray(read_image(tmp_path / "a.tif")).astype(int)
    expected = TURNS[turn](values)
    assert np.abs(pixels - (expected[..., None] if colors == 1 else expected)).max() == 0


@pytest.mark.parametrize("plane", ["contig", "separate"])
def test_colours_of_sixteen_bits_keep_them(tmp_path, plane):
    values = np.random.default_rng(0).integers(0, 65536, (20, 40, 3)).astype("uint16")
    stored = np.moveaxis(values, -1, 0) if plane == "separate" else values
    tiff(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=plane)
    photograph = read_photograph(tmp_path / "a.tif")
    assert np.abs(np.asarray(photograph.image) - values / 257).max() <= 0.5
    assert np.abs(photograph.fine - values @ np.array([0.299, 0.587, 0.114])).max() <= 1


def test_whole_numbers_of_thirty_two_bits_need_no_sign(tmp_path):
    tiff(tmp_path / "a.tif", np.full((9, 9), 3_000_000_000, "uint32"), photometric="minisblack")
    assert middle(tmp_path / "a.tif", 4) == [178] * 3


def test_what_is_no_number_is_black_where_white_is_zero_too(tmp_path):
    values = with_one(RAMP / 255, np.nan).astype("float32")
    tiff(tmp_path / "a.tif", values, photometric="miniswhite")
    assert np.asarray(read_image(tmp_path / "a.tif"))[0, :2].tolist() == [[0] * 3, [254] * 3]


@pytest.mark.parametrize("shape", [(400, 400, 40), (40, 400, 400)])
def test_a_tiff_of_many_samples_or_layers_is_not_decoded(tmp_path, shape):
    kind = {"volumetric": True, "tile": (16, 16, 16)} if shape[0] < shape[-1] else {"planarconfig": "contig"}
    tiff(tmp_path / "a.tif", np.zeros(shape), photometric="minisblack", compression="zlib", **kind)
    with pytest.raises(UnusableImage):
        read_image(tmp_path / "a.tif")


def gray_profile(gamma):
    """A profile of gray pictures with a power for a curve."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"wtpt": white, b"kTRC": curve}
    head, body, place = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        head += struct.pack(">4sII", name, place + len(body), len(data))
        body += data
    start = struct.pack(">I4sI4s4s4s", place + len(body), b"lcms", 0x02100000, b"mntr", b"GRAY", b"XYZ ")
    return (start + bytes(12) + b"acsp" + bytes(28) + white[8:]).ljust(128, b"\0") + head + body


def test_sixteen_bits_of_gray_follow_their_profile(tmp_path):
    values = np.tile(np.arange(65536, step=64).astype("uint16"), (9, 1))
    tiff(tmp_path / "a.tif", values, photometric="minisblack", iccprofile=gray_profile(1.0))
    photograph = read_photograph(tmp_path / "a.tif")
    fine = photograph.fine[4].astype(int)
    # Linear light: much brighter in sRGB.
    assert np.abs(fine / 257 - np.asarray(photograph.image)[4, :, 0]).max() <= 14
    assert fine[256] / 65535 == pytest.approx(0.537, abs=0.004)
    assert (np.diff(fine) >= 0).all()
    assert len(np.unique(fine)) > 700


def test_of_an_animation_that_breaks_off_the_first_frame_is_taken(tmp_path):
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "b.gif").write_bytes((tmp_path / "a.gif").read_bytes()[:-30])
    assert np.asarray(read_image(tmp_path / "b.gif"))[5, 5].tolist() == [255, 0, 0]


def test_colours_may_be_floats(tmp_path):
    tiff(tmp_path / "a.tif", np.full((9, 9, 3), (0.2, 0.4, 1.0), "float32"), photometric="rgb")
    assert middle(tmp_path / "a.tif", 4) == [51, 102, 255]


def swapped_profile():
    """An sRGB profile whose red and blue primaries are exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = {bytes(profile[place : place + 4]): place for place in range(132, 132 + 12 * profile[131], 12)}
    at = {name: place for name, place in at.items() if name in (b"rXYZ", b"bXYZ")}
    red, blue = (bytes(profile[at[name] + 4 : at[name] + 12]) for name in (b"rXYZ", b"bXYZ"))
    profile[at[b"rXYZ"] + 4 : at[b"rXYZ"] + 12], profile[at[b"bXYZ"] + 4 : at[b"bXYZ"] + 12] = blue, red
    return bytes(profile)


def test_colours_are_what_their_profile_says(tmp_path):
    Image.new("RGB", (9, 9), (200, 60, 60)).save(tmp_path / "a.png", icc_profile=swapped_profile())
    assert middle(tmp_path / "a.png", 4) == pytest.approx([60, 60, 200], abs=3)
    assert "icc_profile" not in read_photograph(tmp_path / "a.png").metadata


def test_a_profile_of_srgb_changes_nothing_and_a_broken_one_neither(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, profile in {"a": srgb, "b": b"no profile", "c": srgb[:200]}.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png", icc_profile=profile)
        assert (np.asarray(read_image(tmp_path / f"{name}.png")) == pixels).all()
    assert read_photograph(tmp_path / "a.png").metadata["icc_profile"] == srgb


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_broken_exif_block_costs_nothing(tmp_path, suffix):
    Image.new("RGB", (40, 20), (90, 90, 90)).save(
        tmp_path / f"a.{suffix}", exif=b"Exif\0\0no TIFF header", dpi=(72, 72)
    )
    photograph = read_photograph(tmp_path / f"a.{suffix}")
    assert photograph.image.size == (40, 20)
    assert "exif" not in photograph.metadata


def test_long_texts_cost_nothing(tmp_path):
    text = PngImagePlugin.PngInfo()
    text.add_text("story", "x" * 3_000_000, zip=True)
    Image.new("RGB", (20, 20), "red").save(tmp_path / "a.png", pnginfo=text)
    assert middle(tmp_path / "a.png", 5) == [255, 0, 0]


def test_what_belongs_to_a_photograph_is_kept(tmp_path):
    image = Image.new("RGB", (40, 20), "red")
    exif = image.getexif()
    exif[0x112], exif[0x10F] = 6, "Box camera"
    image.save(tmp_path / "a.jpg", exif=exif, dpi=(300, 300))
    photograph = read_photograph(tmp_path / "a.jpg")
    assert photograph.image.size == (20, 40)
    photograph.image.save(tmp_path / "b.png", **photograph.metadata)
    with Image.open(tmp_path / "b.png") as again:
        assert again.getexif()[0x112] == 1
        assert again.getexif()[0x10F] == "Box camera"
        assert again.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_opacity_is_kept_apart(tmp_path):
    pixels = np.zeros((9, 9, 4), np.uint8) + np.array([200, 100, 50, 80], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    photograph = read_photograph(tmp_path / "a.png")
    assert photograph.image.getpixel((4, 4)) == (200, 100, 50)
    assert photograph.alpha.getpixel((4, 4)) == 80


def test_an_array_may_have_opacity():
    photograph = read_photograph(np.full((9, 9, 4), (0.2, 0.4, 1.0, 0.6), "float32"))
    assert photograph.image.getpixel((4, 4)) == (51, 102, 255)
    assert photograph.alpha.getpixel((4, 4)) == 153


def test_pages_are_counted(tmp_path):
    pages = [Image.new("RGB", (9, 9), color) for color in ("red", "blue", "green")]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert read_photograph(tmp_path / "a.tif").pages == 3


def test_a_profile_of_gray_or_a_broken_one_does_not_go_along(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("L", (9, 9), 90).save(tmp_path / "a.png", icc_profile=srgb)
    Image.new("RGB", (9, 9), "red").save(tmp_path / "b.png", icc_profile=b"no profile")
    for name in ("a.png", "b.png"):
        assert "icc_profile" not in read_photograph(tmp_path / name).metadata


@pytest.mark.parametrize(
    ("values", "how", "level", "opacity"),
    [
        (np.full((20, 30, 2), 32768, "uint16"), {"extrasamples": ["unassalpha"]}, 128, 128),
        (np.full((2, 20, 30), 32768, "uint16"), {"extrasamples": ["unassalpha"]}, 128, 128),
        (np.full((20, 30, 2), 0.5, "float32"), {"extrasamples": ["unassalpha"]}, 128, 128),
        (np.full((20, 30, 4), 0.5, "float32"), {"extrasamples": ["unassalpha"]}, 128, 128),
        # Colours that were multiplied by their opacity.
        (np.full((20, 30, 4), 0.25, "float32") * [1, 1, 1, 2], {"extrasamples": ["assocalpha"]}, 128, 128),
        (np.full((20, 30, 4), 16448) * [1, 1, 1, 2], {"extrasamples": ["assocalpha"]}, 128, 128),
        (np.full((20, 30), 64, "int8"), {}, 129, None),
        (np.full((20, 30), 16384, "int16"), {}, 128, None),
        (np.full((20, 30, 3), 16384, "int16"), {}, 128, None),
    ],
)
def test_rare_scans_have_their_levels_and_their_opacity(tmp_path, values, how, level, opacity):
    if values.dtype.itemsize == 8:  # what NumPy makes of a product
        values = values.astype("float32" if values.dtype.kind == "f" else "uint16")
    colors = 3 if values.ndim == 3 and values.shape[-1] in (3, 4) else 1
    plane = ({"planarconfig": "separate" if values.shape[0] == 2 else "contig"}) if values.ndim == 3 else {}
    tiff(tmp_path / "a.tif", values, photometric="rgb" if colors == 3 else "minisblack", **plane, **how)
    photograph = read_photograph(tmp_path / "a.tif")
    assert np.asarray(photograph.image)[10, 10].tolist() == pytest.approx([level] * 3, abs=1)
    assert (np.asarray(photograph.alpha)[10, 10] if opacity else photograph.alpha) == opacity
    if photograph.fine is not None:
        assert photograph.fine[10, 10] / 257 == pytest.approx(level, abs=1)


def test_of_rare_scans_all_that_belongs_to_them_is_kept(tmp_path):
    import tifffile

    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(3):
            page = np.full((20, 30, 3), (0.8, 0.2, 0.2), "float32")
            told = {"resolution": (300, 300), "resolutionunit": "INCH", "iccprofile": swapped_profile()}
            file.write(page, photometric="rgb", contiguous=False, **told)
    photograph = read_photograph(tmp_path / "a.tif")
    assert (photograph.metadata["dpi"], photograph.pages) == ((300, 300), 3)
    red, _, blue = np.asarray(photograph.image)[10, 10]
    assert blue > red + 100


@pytest.mark.parametrize("what", [{"dtype": "complex64"}, {"extra": [(274, "H", (6, 6))], "dtype": "float32"}])
def test_a_scan_that_nothing_can_be_made_of_is_told_or_read(tmp_path, what):
    values = np.full((20, 30), 0.5, what.pop("dtype"))
    tiff(tmp_path / "a.tif", values, photometric="minisblack", **what)
    try:
        assert min(read_photograph(tmp_path / "a.tif").image.size) == 20
    except UnusableImage as reason:
        assert values.dtype == "complex64" and str(reason)


def test_what_lies_over_white_is_white_in_sixteen_bits_too(tmp_path):
    values = np.full((20, 30, 4), 16448, "uint16")
    values[:10, :, 3] = 0
    values[10:, :, 3] = 65535
    tiff(tmp_path / "a.tif", values, photometric="rgb", extrasamples=["unassalpha"])
    photograph = read_photograph(tmp_path / "a.tif").over_white()
    assert photograph.fine[0, 0] == 65535 and photograph.fine[15, 0] == 16448
    assert np.asarray(photograph.image)[0, 0, 0] == 255 and np.asarray(photograph.image)[15, 0, 0] == 64


def test_sixteen_bits_of_png_have_their_own_scale(tmp_path):
    for name in ("a.png", "a.pgm"):
        Image.fromarray(np.full((20, 20), 300, "uint16")).save(tmp_path / name)
        assert middle(tmp_path / name, 4) == [1] * 3


@pytest.mark.parametrize("read", [read_photograph, is_picture])
def test_what_libraries_say_of_a_damaged_file_is_not_told_to_the_terminal(tmp_path, capfd, read):
    file = tmp_path / "a.tif"
    values = np.random.default_rng(0).integers(0, 60000, (32, 32), dtype=np.uint16)
    Image.fromarray(values).save(file, compression="tiff_adobe_deflate")
    whole = file.read_bytes()
    # Pixels that cannot be unpacked, tags that lead nowhere, and an end that is missing.
    for damaged in (
        whole.replace(whole[20:60], bytes(40)),
        whole[:-20],
        whole[:8] + whole[8:].replace(b"\x00", b"\x07"),
    ):
        file.write_bytes(damaged)
        with contextlib.suppress(UnusableImage):
            read(file)
    assert capfd.readouterr() == ("", "")
