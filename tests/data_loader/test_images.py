import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from data_loader.images import (
    UnusableImage,
    from_network,
    in_gamut,
    luma,
    read_image,
    resize,
    to_network,
    to_uint8,
    to_unit,
)


def test_luma_is_bt601_in_whatever_range():
    color = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], np.uint8)
    assert luma(color)[:, 0] == pytest.approx([76.245, 149.685, 29.07, 255], abs=1e-3)
    assert luma(to_unit(color))[:, 0] == pytest.approx([0.299, 0.587, 0.114, 1], abs=1e-6)
    assert luma(color).shape == (4, 1)


def test_ranges_there_and_back():
    values = np.arange(256, dtype=np.uint8)
    assert to_network(values).min() == -1
    assert to_network(values).max() == 1
    assert (to_uint8(from_network(to_network(values))) == values).all()
    assert from_network(np.array([-2.0, 3.0])).tolist() == [0, 1]


def test_gray_of_the_network_range_is_the_network_range_of_gray():
    color = np.random.default_rng(0).integers(0, 256, (5, 3), np.uint8)
    assert luma(to_network(color)) == pytest.approx(to_network(luma(to_unit(color))), abs=1e-6)


def test_in_gamut_keeps_the_luma_and_the_range():
    rng = np.random.default_rng(0)
    gray = rng.random((100, 1))
    chroma = rng.normal(size=(100, 3))
    chroma -= luma(chroma)
    color = in_gamut(gray, chroma)
    assert luma(color) == pytest.approx(gray, abs=1e-6)
    assert color.min() >= -1e-9
    assert color.max() <= 1 + 1e-9
    assert in_gamut(np.array([[0.5]]), np.zeros((1, 3))).tolist() == [[0.5, 0.5, 0.5]]


def test_resize_is_pillows_bilinear_without_crop(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 60, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    expected = np.asarray(Image.fromarray(pixels).resize((16, 16), Image.Resampling.BILINEAR))
    assert (resize(tmp_path / "a.png", 16) == expected).all()


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
    assert "truncated" in reasons["truncated.jpg"]
    assert "1x1" in reasons["dot.png"]
    assert "more pixels than" in reasons["huge.png"]
