"""Photographs, folders and patterns through `colorize.py`: what is written, what is left, what is told."""

import errno
import os

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from data_loader import UserError
from data_loader.images import luma, to_unit
from experiments.support.photo_jobs import Photo, find_photos, targets_of
from models import CycleGAN, StochasticCycleGAN
from models.colorizing import pack
from tests.experiments.scripts import call, run


@pytest.fixture(scope="module")
def ours(tiny, tmp_path_factory):
    """A packed colorizer that colours by chance."""
    file = tmp_path_factory.mktemp("colorizer") / "ours.npz"
    pack(CycleGAN(**tiny).colorizer, file)
    return file


def photo(path, size=(50, 40), color="gray"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


def written(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_photo_keeps_its_size_and_luminance(ours, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 13, 3), np.uint8)
    Image.fromarray(pixels).resize((130, 90)).save(tmp_path / "photo.png")
    done = run("colorize", ours, "photo.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.splitlines() == ["photo-color.png"]
    assert done.stderr.splitlines()[-1] == "1 coloured."
    color, original = (to_unit(np.asarray(Image.open(tmp_path / name))) for name in ("photo-color.png", "photo.png"))
    assert color.shape == (90, 130, 3)
    assert np.abs(luma(color) - luma(original)).max() < 1.5 / 255


def test_a_folder_keeps_its_tree_and_a_second_call_goes_on(ours, tmp_path):
    for name in ("a.jpg", "a.png", "deep/er/b.png", ".hidden/c.png"):
        photo(tmp_path / "album" / name)
    (tmp_path / "album" / "broken.jpg").write_text("no picture")
    (tmp_path / "album" / "empty.png").touch()
    (tmp_path / "album" / "notes.txt").touch()
    done = call("colorize", ours, "album", "--out", "out", cwd=tmp_path)
    assert written(tmp_path / "out") == {"a.jpg-color.png", "a.png-color.png", "deep/er/b-color.png"}
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "3 coloured, 2 could not be used.")
    assert done.stderr.count("cannot be used") == 2
    (tmp_path / "out" / "deep" / "er" / "b-color.png").unlink()
    left = (tmp_path / "out" / "a.jpg-color.png").stat().st_mtime_ns
    again = call("colorize", ours, "album", "--out", "out", cwd=tmp_path)
    assert again.stderr.splitlines()[-1].startswith("1 coloured, 2 there already")
    assert (tmp_path / "out" / "a.jpg-color.png").stat().st_mtime_ns == left
    redone = call("colorize", ours, "album", "--out", "out", "--overwrite", cwd=tmp_path)
    assert redone.stderr.splitlines()[-1].startswith("3 coloured, 2 could")


def test_what_was_written_beside_the_photos_is_not_coloured_again(ours, tmp_path):
    photo(tmp_path / "album" / "rose.png")
    photo(tmp_path / "album" / "off-color.png")
    for _ in range(2):
        done = call("colorize", ours, "album", cwd=tmp_path)
    assert written(tmp_path / "album") == {"rose.png", "rose-color.png", "off-color.png", "off-color-color.png"}
    assert "2 there already" in done.stderr
    assert "2 left out: written by this command" in done.stderr


@pytest.mark.parametrize(
    "named", ["album", "album/*", ["album/rose.jpg", "album/rose.jpg-color.png", "album/rose.png"]]
)
def test_a_second_call_colours_no_result(named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "rose.jpg",
        "rose.png",
        "rose.jpg-color.png",
        "tulip.png",
        "out/tulip-color.png",
        "out/x-rose-color.png",
    ):
        photo(tmp_path / "album" / name)
    paths = named if isinstance(named, list) else [named]
    found = {str(photo.file) for photo in find_photos(paths, "album/out").found}
    assert found == {"album/rose.jpg", "album/rose.png"} | ({"album/tulip.png"} if paths == [named] else set())


@pytest.mark.parametrize(
    ("named", "out"),
    [("album", "."), ("album", "album"), ("album/*", "."), ("album/**/*.png", "album"), ("album/../album", "..")],
)
def test_out_may_be_the_photos_folder_or_above_it(named, out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photo(tmp_path / "album" / "rose.png")
    assert [found.file.name for found in find_photos([named], out).found] == ["rose.png"]


def test_a_colouring_says_so_and_is_not_coloured_wherever_it_lies(ours, tmp_path):
    photo(tmp_path / "album" / "rose.png")
    photo(tmp_path / "album" / "green" / "off-color.png")
    options = [["--format", form] for form in ("png", "jpeg", "webp", "tiff")] + [["--bit-depth", 16]]
    for number, words in enumerate(options):
        done = call("colorize", ours, "album", "--out", f"album/{number}", *words, cwd=tmp_path)
        assert done.stderr.splitlines()[-1] == "2 coloured.", done.stderr
    assert call("colorize", ours, "album", cwd=tmp_path).stderr.splitlines()[-1] == "2 coloured."


def test_what_is_hidden_is_named_by_a_pattern_that_says_so(tmp_path):
    for name in ("a.png", "._a.png"):
        photo(tmp_path / name)
    assert [found.file.name for found in find_photos([tmp_path / "*.png"]).found] == ["a.png"]
    assert [found.file.name for found in find_photos([tmp_path / ".*.png"]).found] == ["._a.png"]


def test_patterns_are_expanded_and_a_file_is_done_once(tmp_path):
    for name in ("a.png", "b.png", "c.jpg", "deep/d.png"):
        photo(tmp_path / name)
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    found = find_photos([str(tmp_path / "*.png"), str(tmp_path / "a.png"), str(tmp_path / "**" / "*.png")])
    assert [photo.file.name for photo in found.found] == ["a.png", "b.png", "d.png"]


def test_a_link_does_not_take_the_name_of_its_photograph(tmp_path):
    photo(tmp_path / "rose.png")
    (tmp_path / "a.png").symlink_to("rose.png")
    found = find_photos([tmp_path])
    assert [photo.file.name for photo in found.found] == ["rose.png"]
    assert found.notes == [f"{tmp_path / 'a.png'} leads to {tmp_path / 'rose.png'}, which is done once."]


def test_a_colorizer_that_is_not_there_is_told_where_nothing_is_to_do(ours, tmp_path):
    photo(tmp_path / "a.png")
    assert call("colorize", ours, "a.png", cwd=tmp_path).returncode == 0
    done = call("colorize", "nothing.npz", "a.png", cwd=tmp_path)
    assert (done.returncode, "nothing.npz does not exist" in done.stderr) == (2, True)
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "config.json").touch()
    photo(tmp_path / "runs" / "mine" / "sample.png")
    done = call("colorize", "runs", "a.png", cwd=tmp_path)
    assert (done.returncode, "name one, such as runs/mine" in done.stderr) == (2, True)


def test_links_that_go_round_end_and_names_may_be_any_bytes(tmp_path):
    photo(tmp_path / "a.png")
    (tmp_path / "round").symlink_to(tmp_path)
    odd = os.fsdecode(b"r\xf6se.png")
    photo(tmp_path / odd)
    assert {photo.file.name for photo in find_photos([tmp_path]).found} == {"a.png", odd}


def test_a_name_is_told_apart_from_its_sibling_by_a_later_call_too(tmp_path):
    for name in ("rose.jpg", "rose.png", "tulip.jpg"):
        photo(tmp_path / name)
    named = {}
    for name in ("rose.jpg", "rose.png", "tulip.jpg"):
        (files,) = targets_of([Photo(tmp_path / name)], None, None, None).values()
        named[name] = files[0].name
    expected = {name: f"{name}-color.png" for name in ("rose.jpg", "rose.png")}
    assert named == expected | {"tulip.jpg": "tulip-color.png"}


def test_thousands_that_were_coloured_are_found_at_once(tmp_path, monkeypatch):
    for number in range(300):
        (tmp_path / f"{number}.png").touch()
        (tmp_path / f"{number}-color.png").touch()
    looked = []
    listed = type(tmp_path).iterdir
    monkeypatch.setattr(type(tmp_path), "iterdir", lambda folder: looked.append(folder) or listed(folder))
    assert len(find_photos([tmp_path]).found) == 300
    assert len(looked) <= 1


def test_what_cannot_be_read_or_written_ends_nothing(ours, tmp_path):
    album = tmp_path / "album"
    photo(album / "a.png")
    photo(album / f"{'b' * 248}.png")
    photo(album / os.fsdecode(b"caf\xe9.png"))
    photo(album / "z.png")
    (album / "loop.png").symlink_to("loop.png")
    os.mkfifo(album / "pipe.png")
    # What a call that was killed leaves behind is no photograph.
    (album / ".0123456789abcdef.writing.png").touch()
    done = call("colorize", ours, "album", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "3 coloured, 2 could not be used.")
    assert "File name too long" in done.stderr
    assert "loop.png cannot be used: it is a link that leads to itself." in done.stderr


def test_below_home_is_below_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    photo(tmp_path / "a.png")
    (found,) = find_photos(["~/a.png"]).found
    assert targets_of([found], "~/out", "png", None) == {found: [tmp_path / "out" / "a-color.png"]}


@pytest.mark.parametrize(
    ("names", "out", "form", "expected"),
    [
        (["a.jpg"], None, "png", ["a-color.png"]),
        (["a.jpg"], None, "same", ["a-color.jpg"]),
        (["a.gif"], "out", "same", ["out/a-color.png"]),
        (["a.jpg"], "red.webp", None, ["red.webp"]),
        (["a.jpg"], "red.jpeg", "jpeg", ["red.jpeg"]),
        (["x/a.jpg", "y/a.jpg", "b.png"], "out", "tiff", ["out/x-a-color.tif", "out/y-a-color.tif", "out/b-color.tif"]),
        (
            ["a.jpg", "a.png", "a-jpg.tif"],
            "out",
            None,
            [f"out/{name}-color.png" for name in ("a.jpg", "a.png", "a-jpg")],
        ),
        (["z/x/a.jpg", "x/a.jpg"], "out", None, ["out/x-a-color.png", "out/x-a-2-color.png"]),
    ],
)
def test_names_of_what_is_written(names, out, form, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    targets = targets_of([Photo(Path(name)) for name in names], out, form, None)
    assert [str(file) for files in targets.values() for file in files][: len(expected)] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.png", "b.png", "--out", "c.png"], "--out c.png is one file, and there will be more"),
        (["a.png", "--out", "a.png"], "a.png would become a.png, which is a photo itself"),
        (["a.png", "--out", "c.jpg", "--format", "png"], "--out c.jpg and --format png say two formats"),
        (["a.png", "--out", "c.gif"], "--out c.gif cannot be written: use one of .png, .jpg"),
        (["a.png", "--out", "notes.txt"], "is a file: name a folder"),
        (["a.png", "--format", "bmp"], "--format bmp does not exist: use one of png, jpeg, webp, tiff, same"),
        (["none.png"], "none.png does not exist"),
        (["*.gif"], "*.gif does not exist"),
        (["**.png"], "**.png is no pattern"),
        ([""], "a word of the command line is empty"),
        (["empty"], "empty holds no photograph"),
        (["a.png", "--size", "64"], "this colorizer sees 32x32 pixels and nothing else"),
        (["a.png", "--strength", "3"], "--strength 3 is beyond 0 to 2"),
        (["a.png", "--samples", "0"], "--samples 0 is too small"),
        (["-dash.png"], "before photos whose names begin with a dash write --"),
        (["a.png", "b.png", "--out", "notes.txt/new"], "notes.txt/new/a-color.png: Not a directory: check the path"),
        (["a.png", "b.png", "--out", "astray/new"], "astray/new/a-color.png: File exists: check the path"),
    ],
)
def test_mistakes_are_a_sentence(ours, arguments, message, tmp_path):
    for name in ("a.png", "b.png"):
        photo(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "astray").symlink_to("nowhere/at-all")
    (tmp_path / "-dash.png").touch()
    done = call("colorize", ours, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 or "usage:" in done.stderr
    assert message in done.stderr
    assert written(tmp_path) == {"-dash.png", "a.png", "b.png", "notes.txt"}


def test_what_no_decoder_is_here_for_is_counted(tmp_path):
    photo(tmp_path / "a.png")
    for number in range(6):
        (tmp_path / f"{number}.JXL").touch()
    (note,) = find_photos([tmp_path]).notes
    assert "6 with .jxl left out: export them as JPEG or TIFF" in note


@pytest.mark.parametrize(("form", "ending"), [("png", "png"), ("webp", "webp"), ("tiff", "tif"), ("jpeg", "jpg")])
def test_opacity_resolution_and_exif_go_along(ours, tmp_path, form, ending):
    image = Image.new("RGBA", (40, 20), (90, 90, 90, 128))
    exif = image.getexif()
    exif[0x10F] = "Box camera"
    exif.get_ifd(0x8769)[0x9003] = "1951:06:01 12:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    image.save(tmp_path / "a.png", dpi=(300, 300), exif=exif)
    done = call("colorize", ours, "a.png", "--format", form, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / f"a-color.{ending}") as again:
        assert again.getexif()[0x10F] == "Box camera"
        assert again.getexif().get_ifd(0x8769)[0x9003] == "1951:06:01 12:00:00"
        assert again.getexif().get_ifd(0x8825)[1] == "N"
        assert (again.mode == "RGBA") == (form != "jpeg")
        # WebP has no other place for it.
        dpi = [again.getexif()[tag] for tag in (0x011A, 0x011B)] if form == "webp" else again.info["dpi"]
        assert dpi == pytest.approx((300, 300), abs=0.5)


def test_what_a_format_cannot_hold_is_told_and_ends_nothing(ours, tmp_path):
    photo(tmp_path / "a.png", (17000, 9))
    photo(tmp_path / "b.png")
    done = call("colorize", ours, "a.png", "b.png", "--format", "webp", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "1 coloured, 1 could not be used.")
    assert "a-color.webp cannot be written" in done.stderr
    assert written(tmp_path) == {"a.png", "b.png", "b-color.webp"}


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGB", "I;16"])
def test_a_tiff_may_become_a_tiff(ours, tmp_path, mode):
    image = (
        Image.fromarray(np.full((20, 30), 40000, "uint16")) if mode == "I;16" else Image.new("RGB", (30, 20), "gray")
    )
    image = image if mode == "I;16" else image.convert(mode)
    image.save(tmp_path / "a.tif", dpi=(300, 300))
    assert call("colorize", ours, "a.tif", "--format", "same", cwd=tmp_path).returncode == 0
    with Image.open(tmp_path / "a-color.tif") as again:
        assert np.asarray(again).shape == (20, 30, 3)


def test_gray_and_colours_stand_side_by_side_and_strength_0_is_gray(ours, tmp_path):
    Image.new("RGBA", (50, 40), (200, 100, 50, 128)).save(tmp_path / "a.png")
    assert call("colorize", ours, "a.png", "--compare", "--strength", 0, cwd=tmp_path).returncode == 0
    pixels = np.asarray(Image.open(tmp_path / "a-color.png"))
    assert pixels.shape == (40, 100, 4)
    assert (pixels[..., 3] == 128).all()
    pixels = pixels[..., :3]
    assert (pixels[:, :50] == pixels[:, 50:]).all()
    assert np.ptp(pixels, axis=-1).max() == 0


def test_of_several_pages_it_says_so(ours, tmp_path):
    pages = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    done = call("colorize", ours, "a.tif", cwd=tmp_path)
    assert "has 2 pages or frames: the first is coloured" in done.stderr


def test_nothing_to_color_is_an_error():
    with pytest.raises(UserError, match="does not exist"):
        find_photos(["/no/such/photo.jpg"])


def test_a_colouring_that_is_missing_is_made_and_the_others_stay(tiny, tmp_path):
    pack(StochasticCycleGAN(**tiny).colorizer, tmp_path / "noisy.npz")
    photo(tmp_path / "rose.png")
    command = ["colorize", "noisy.npz", "rose.png", "--samples", "3"]
    assert call(*command, cwd=tmp_path).returncode == 0
    (tmp_path / "rose-color-2.png").unlink()
    (tmp_path / "rose-color-1.png").write_bytes(b"my own")
    assert call(*command, cwd=tmp_path).stdout.split() == ["rose-color-2.png"]
    assert (tmp_path / "rose-color-1.png").read_bytes() == b"my own"
    # What is not of this command is not lost even so.
    assert "rose-color-1.png is not of this command" in call(*command, "--overwrite", cwd=tmp_path).stderr
    assert (tmp_path / "rose-color-1.png").read_bytes() == b"my own"
    (tmp_path / "rose-color-1.png").unlink()
    assert len(call(*command, "--overwrite", cwd=tmp_path).stdout.split()) == 3


def test_pictures_without_an_ending_and_empty_files(ours, tmp_path):
    photo(tmp_path / "album" / "rose.png").rename(tmp_path / "album" / "rose")
    (tmp_path / "album" / "notes").write_text("no picture")
    (tmp_path / "album" / "empty.png").touch()
    done = call("colorize", ours, "album", "--out", "out", cwd=tmp_path)
    assert written(tmp_path / "out") == {"rose-color.png"}
    assert "empty.png cannot be used: it is empty." in done.stderr


def test_sixteen_bits_stay_sixteen(ours, tmp_path):
    ramp = np.linspace(20_000, 30_000, 64 * 48).astype(np.uint16).reshape(48, 64)
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    Image.fromarray(ramp).save(tmp_path / "scan.png", exif=turned, dpi=(300, 300))
    done = call("colorize", ours, "scan.png", "--bit-depth", "16", "--compare", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    pair = tifffile.imread(tmp_path / "scan-color.tif")
    assert (pair.shape, pair.dtype) == ((64, 96, 3), np.uint16)
    gray, color = pair[:, :48], pair[:, 48:]
    assert (gray == np.rot90(ramp, -1)[..., None]).all()
    assert np.abs(luma(color) - np.rot90(ramp, -1)[..., None]).max() < 2
    assert np.abs(color - gray.astype(float)).max() > 300
    assert Image.open(tmp_path / "scan-color.tif").info["dpi"] == pytest.approx((300, 300), rel=1e-4)
    again = call("colorize", ours, "scan.png", "--bit-depth", "16", "--format", "same", cwd=tmp_path)
    assert again.stderr.startswith("0 coloured, 1 there already")
    plain = call("colorize", ours, "scan.png", "--strength", "0", cwd=tmp_path)
    assert plain.stdout.split() == ["scan-color.png"]
    assert np.asarray(Image.open(tmp_path / "scan-color.png")).dtype == np.uint8


def test_sixteen_bits_of_colours_with_opacity_and_of_floats(ours, tmp_path):
    see_through = np.random.default_rng(0).integers(0, 256, (40, 50, 4), np.uint8)
    Image.fromarray(see_through).save(tmp_path / "a.png")
    bright = np.random.default_rng(1).random((40, 50, 3), np.float32)
    tifffile.imwrite(tmp_path / "b.tif", bright, photometric="rgb")
    done = call("colorize", ours, "a.png", "b.tif", "--bit-depth", "16", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tifffile.imread(tmp_path / "a-color.tif")[..., 3] == see_through[..., 3] * np.uint16(257)).all()
    found = luma(tifffile.imread(tmp_path / "b-color.tif")) / 65535
    assert np.abs(found - luma(bright)).max() < 2 / 65535


@pytest.mark.parametrize("given", [["--format", "jpeg"], ["--out", "a.png"]])
def test_sixteen_bits_are_tiff_alone(ours, given, tmp_path):
    photo(tmp_path / "rose.png")
    done = call("colorize", ours, "rose.png", "--bit-depth", "16", *given, cwd=tmp_path)
    assert (done.returncode, "--bit-depth 16 is written as tiff and not as" in done.stderr) == (2, True)


def test_photos_of_one_name_from_two_calls_do_not_pass_for_each_other(ours, tmp_path):
    for folder, side in (("a", 40), ("b", 50)):
        (tmp_path / folder).mkdir()
        photo(tmp_path / folder / "rose.png", (side, 20))
    for source, summary in (("a", "1 coloured."), ("b", "1 coloured."), ("b", "0 coloured, 1 there already")):
        done = call("colorize", ours, f"{source}/rose.png", "--out", "all", cwd=tmp_path)
        assert done.stderr.startswith(summary), (source, done.stderr)
    (tmp_path / "all").rename(tmp_path / "moved")
    assert written(tmp_path / "moved") == {"rose-color.png", "rose-2-color.png"}
    assert {Image.open(tmp_path / "moved" / name).width for name in written(tmp_path / "moved")} == {40, 50}


def test_no_two_photos_have_one_target(tmp_path):
    files = [tmp_path / name for name in ("x/d/rose.jpg", "y/d/rose.jpg", "z/d-rose-2.jpg")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.touch()
    targets = targets_of([Photo(file) for file in files], tmp_path / "out", None, None)
    assert len({target for (target,) in targets.values()}) == 3


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "tiff"])
def test_an_absurd_resolution_ends_nothing(ours, tmp_path, form):
    tifffile.imwrite(tmp_path / "a.tif", np.full((20, 30), 90, "uint8"), resolution=(300_000_000, 1))
    photo(tmp_path / "b.png")
    done = call("colorize", ours, "a.tif", "b.png", "--format", form, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "2 coloured.\n")


def test_a_jpeg_shows_white_where_a_photo_is_transparent(ours, tmp_path):
    Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(tmp_path / "a.png")
    call("colorize", ours, "a.png", "--format", "jpeg", cwd=tmp_path)
    assert np.asarray(Image.open(tmp_path / "a-color.jpg")).min() > 250


def test_a_name_that_is_too_long_ends_nothing(ours, tmp_path):
    photo(tmp_path / "a.png")
    for names in (("b" * 300 + ".png", "a.png"), ("a.png", "b" * 300 + ".png")):
        done = call("colorize", ours, *names, "--overwrite", cwd=tmp_path)
        assert "its name is too long" in done.stderr
        assert done.stderr.endswith("1 coloured, 1 could not be used.\n")


def test_a_folder_that_is_closed_is_noted(tmp_path, monkeypatch):
    photo(tmp_path / "a.png")
    (tmp_path / "closed").mkdir()
    look = os.scandir

    def refuse(folder):
        if str(folder).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return look(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    photos = find_photos([tmp_path])
    assert [found.file.name for found in photos.found] == ["a.png"]
    assert "closed is left out (Permission denied)" in photos.notes[0]


def test_a_colouring_is_known_by_any_name(ours, tmp_path):
    photo(tmp_path / "a.png")
    call("colorize", ours, "a.png", "--out", "red.jpg", cwd=tmp_path)
    assert [found.file.name for found in find_photos([tmp_path]).found] == ["a.png"]
    # One that is named is meant.
    assert len(find_photos([tmp_path / "red.jpg"]).found) == 1


def test_a_file_has_the_name_of_its_own_folder(tmp_path):
    photo(tmp_path / "b" / "deep" / "a.png")
    (tmp_path / "a-link").symlink_to("b", target_is_directory=True)
    (tmp_path / "b" / "circle").symlink_to("..", target_is_directory=True)
    assert [found.below.as_posix() for found in find_photos([tmp_path]).found] == ["b/deep"]


def test_more_bits_than_are_written_are_told(ours, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((20, 30, 3), 30000, "uint16"), photometric="rgb")
    done = call("colorize", ours, "a.tif", "--format", "same", cwd=tmp_path)
    assert "--bit-depth 16 keeps them" in done.stderr
    Image.fromarray(np.full((20, 30), 30000, "uint16")).save(tmp_path / "b.png")
    assert "--bit-depth 16 keeps them" in call("colorize", ours, "b.png", "--format", "same", cwd=tmp_path).stderr


def test_a_picture_without_an_ending_may_stay_what_it_is(ours, tmp_path):
    Image.new("RGB", (40, 30)).save(tmp_path / "a", format="JPEG")
    call("colorize", ours, "a", "--format", "same", cwd=tmp_path)
    assert written(tmp_path) == {"a", "a-color.jpg"}


def test_films_are_told_what_to_do_about_and_end_nothing(ours, tmp_path):
    photo(tmp_path / "album" / "a.png")
    (tmp_path / "album" / "b.mp4").write_bytes(b"film")
    told = "take the pictures out by 'mkdir frames && ffmpeg -i FILM frames/%05d.png', and use the folder frames."
    named = call("colorize", ours, "album/a.png", "album/b.mp4", "--out", "out", cwd=tmp_path)
    assert (named.returncode, written(tmp_path / "out")) == (2, {"a-color.png"})
    assert f"error: album/b.mp4 cannot be used: there is no decoder for .mp4 here: {told}" in named.stderr
    (note,) = find_photos([tmp_path / "album"]).notes
    assert note.endswith(f"1 with .mp4 left out: {told}")


def test_where_nothing_is_left_it_says_what_was_left_out(ours, tmp_path):
    photo(tmp_path / "a.png")
    assert call("colorize", ours, "a.png", "--out", "out", cwd=tmp_path).returncode == 0
    (tmp_path / "out" / "b.heic").touch()
    done = call("colorize", ours, "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "out holds no photograph: out: 1 with .heic left out: pip install pillow-heif" in done.stderr
    assert "1 left out: written by this command" in done.stderr


def test_the_same_format_is_what_a_file_is_and_not_what_it_is_called(tmp_path):
    for name, form, ending in (
        ("a.png", "JPEG", "jpg"),
        ("b.jpg", "PNG", "png"),
        ("c.jpg", "MPO", "jpg"),
        ("d.jpg", "GIF", "png"),
    ):
        photo(tmp_path / "x.png")
        with Image.open(tmp_path / "x.png") as image:
            image.save(tmp_path / name, form)
        (files,) = targets_of(find_photos([tmp_path / name]).found, None, "same", None).values()
        assert files == [tmp_path / f"{name[0]}-color.{ending}"]


def test_a_scan_of_one_bit_is_told_that_gray_would_do_more(ours, tmp_path):
    dots = np.random.default_rng(0).random((40, 50)) < 0.5
    Image.fromarray(dots).save(tmp_path / "a.png")
    photo(tmp_path / "b.png")
    done = call("colorize", ours, "a.png", "b.png", cwd=tmp_path)
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if "two shades alone" in line] == [done.stderr.splitlines()[0]]
    assert done.stderr.startswith("note: a.png")


def test_files_for_other_programs_colour_nothing(tmp_path):
    photo(tmp_path / "a.png")
    done = call("colorize", "flowers.tflite", "a.png", cwd=tmp_path)
    assert (done.returncode, written(tmp_path)) == (2, {"a.png"})
    assert "flowers.tflite is for other programs" in done.stderr


def test_a_photo_that_was_changed_has_its_colouring_still(ours, tmp_path):
    photo(tmp_path / "a.png")
    call("colorize", ours, "a.png", cwd=tmp_path)
    photo(tmp_path / "a.png", (60, 50))
    done = call("colorize", ours, "a.png", "a-color.png", cwd=tmp_path)
    assert "1 there already" in done.stderr
    assert written(tmp_path) == {"a.png", "a-color.png"}


def test_scans_of_one_length_are_told_apart(ours, tmp_path):
    for folder, color in (("a", "gray"), ("b", "white")):
        photo(tmp_path / folder / "scan.bmp", color=color)
        call("colorize", ours, f"{folder}/scan.bmp", "--out", "all", cwd=tmp_path)
    assert len(written(tmp_path / "all")) == 2
