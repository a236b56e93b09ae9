"""The web page, as visitors with a real browser find it."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from data_loader.images import luma, to_unit
from models.shipped import shipped
from tests.experiments.scripts import PROJECT, run

needs_page = pytest.mark.skipif(
    not shutil.which("chromium") or not shutil.which("chromedriver"),
    reason="no browser here: install Debian's chromium and chromium-driver",
)
HEADLESS = ["headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-sync"]
PATIENCE = 300  # seconds


def served(*arguments):
    """Start the page at any free port; the process and the page's address."""
    command = [sys.executable, PROJECT / "experiments" / "app.py", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told = process.stdout.readline()
    if not told.startswith("Open http"):
        pytest.fail(told + process.stderr.read()[-800:])
    return process, told.split()[1]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    pytest.importorskip("gradio")
    pytest.importorskip("selenium")
    process, address = served("--most-megapixels", 2, "--most-megabytes", 3)
    yield address
    process.send_signal(signal.SIGTERM)
    process.wait(60)


@contextmanager
def visitor(address, downloads):
    """A browser that has opened the page."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in HEADLESS:
        options.add_argument(f"--{argument}")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    try:
        browser.get(address)
        yield browser
    finally:
        browser.quit()


def wait_for(condition):
    """What a condition gives once it gives something."""
    from selenium.common.exceptions import WebDriverException

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except WebDriverException:  # the page changes as one looks
            pass
        time.sleep(0.2)
    pytest.fail("the page did not get there")


def all_of(browser, selector):
    return browser.find_elements("css selector", selector)


def drop(browser, file, told=None):
    """Upload a file, until the page tells of it; what is dropped while the page clears its box is lost."""

    def dropped():
        for box in all_of(browser, "#photograph input[type=file]"):
            box.send_keys(str(file))
        end = time.monotonic() + PATIENCE / 6
        while (told or f"{file.name}, ") not in body(browser) and time.monotonic() < end:
            time.sleep(0.2)
        return (told or f"{file.name}, ") in body(browser)

    wait_for(dropped)


def body(browser):
    return browser.find_element("css selector", "body").text


def shown(browser):
    """The addresses of the two pictures at the slider, once they are there."""
    return wait_for(lambda: len(found := all_of(browser, "#pair img")) == 2 and [x.get_attribute("src") for x in found])


def downloaded(browser, folder):
    """The file that the button gives, once its picture is ready."""

    def ready():
        button = all_of(browser, "#download")[0]
        return button.is_enabled() and not button.text.endswith("…") and button

    before = set(folder.iterdir())

    def fetched():
        # Again where the click met a button that changed at that moment.
        wait_for(ready).click()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for file in set(folder.iterdir()) - before:
                if re.search("-color[^.]*[.](?!cr)[a-z]+$", file.name):
                    return file
            time.sleep(0.2)
        return None

    return wait_for(fetched)


@pytest.fixture
def photo(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
    file = tmp_path / "my-rose.png"
    Image.fromarray(pixels).resize((270, 180)).save(file)
    return file


@needs_page
def test_a_photo_is_shown_and_taken_home_at_full_size(address, photo, tmp_path):
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    from selenium.webdriver.common.keys import Keys

    with visitor(address, downloads) as browser:
        drop(browser, photo)
        wait_for(lambda: "270 × 180 pixels" in body(browser))
        first = shown(browser)
        file = downloaded(browser, downloads)
        assert re.fullmatch(r"my-rose-color\.png", file.name)
        color, original = (to_unit(np.asarray(Image.open(path).convert("RGB"))) for path in (file, photo))
        assert np.abs(luma(color) - luma(original)).max() < 1.5 / 255
        assert np.abs(color - luma(color)).max() > 0.02
        # Without strength it is gray, and in the format asked for.
        number = all_of(browser, "#strength input[type=number]")[0]
        number.send_keys(Keys.CONTROL, "a")
        number.send_keys("0", Keys.ENTER)
        wait_for(lambda: shown(browser) != first)
        second = shown(browser)
        assert np.ptp(np.asarray(Image.open(downloaded(browser, downloads)), np.int16), axis=-1).max() == 0
        number.send_keys(Keys.CONTROL, "a")
        number.send_keys(Keys.BACKSPACE, "1", Keys.ENTER)
        wait_for(lambda: shown(browser) != second)
        downloaded(browser, downloads)
        all_of(browser, "#format input[value=jpeg]")[0].click()
        file = wait_for(lambda: (file := downloaded(browser, downloads)).suffix == ".jpg" and file)
        again = to_unit(np.asarray(Image.open(file)))
        assert np.abs(again - color).mean() < 0.02


@needs_page
def test_colorizers_are_compared(address, photo, tmp_path):
    with visitor(address, tmp_path) as browser:
        drop(browser, photo)
        shown(browser)
        wait_for(lambda: [tab for tab in all_of(browser, "button[role=tab]") if tab.text == "Compare"])[0].click()
        wait_for(lambda: all_of(browser, "#compare"))[0].click()
        # Ours, and in a checkout the paper's; each appears when it is ready.
        names = {"gray", *shipped(), "cyclegan", "capsule-mse", "stochastic"}
        wait_for(lambda: names <= set(body(browser).split()))
        assert len(all_of(browser, "#compared .grid-wrap img")) == len(names)


@needs_page
def test_what_cannot_be_used_is_told_in_a_sentence(address, tmp_path, photo):
    broken, large, heavy = tmp_path / "broken.jpg", tmp_path / "large.png", tmp_path / "heavy.bmp"
    broken.write_bytes(b"no picture")
    Image.new("L", (1500, 1500)).save(large)
    Image.new("RGB", (1024, 1024)).save(heavy)
    sentences = ["broken.jpg cannot be used: ", "large.png cannot be used: 1500x1500 pixels, more than 2,000,000."]
    with visitor(address, tmp_path) as browser:
        for file, sentence in zip((broken, large, heavy), (*sentences, "maximum"), strict=True):
            drop(browser, photo)
            assert shown(browser)
            drop(browser, file, sentence)
        # The upload of the last one was refused by Gradio, whose message stands in the place where files are dropped.
        browser.refresh()
        drop(browser, photo)
        wait_for(lambda: "270 × 180 pixels" in body(browser))
        assert shown(browser)


@needs_page
def test_two_visitors_do_not_see_each_others_photos(address, photo, tmp_path):
    other = tmp_path / "lily.png"
    Image.new("RGB", (64, 300), "gray").save(other)
    downloads = [tmp_path / "a", tmp_path / "b"]
    for folder in downloads:
        folder.mkdir()
    with visitor(address, downloads[0]) as one, visitor(address, downloads[1]) as two:
        drop(one, photo)
        drop(two, other)
        sizes = [
            Image.open(downloaded(browser, folder)).size for browser, folder in zip((one, two), downloads, strict=True)
        ]
    assert sizes == [(270, 180), (64, 300)]


def leave_while_sending(address):
    """Begin an upload, and be gone before its end."""
    line = http.client.HTTPConnection(address.split("/")[2], timeout=PATIENCE)
    line.putrequest("POST", "/gradio_api/upload")
    line.putheader("Content-Type", "multipart/form-data; boundary=x")
    line.putheader("Content-Length", "1000")
    line.endheaders()
    line.send(b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nhalf of it')
    line.close()
    time.sleep(1)


@needs_page
def test_the_page_leaves_no_file_and_calls_nobody(tmp_path, photo):
    pytest.importorskip("gradio")
    pytest.importorskip("selenium")
    process, address = served()
    (folder,) = Path(tempfile.gettempdir()).glob(f"flowers-app-{process.pid}-*")
    with visitor(address, tmp_path) as browser:
        drop(browser, photo)
        shown(browser)
        names = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
        assert {name for name in names if not name.startswith((address, "data:", "blob:"))} == set()
    assert any(folder.iterdir())
    leave_while_sending(address)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert not folder.exists()
    assert process.stderr.read() == "stopped.\n"


def test_files_are_forgotten_some_time_after_they_were_last_used(tmp_path):
    pytest.importorskip("gradio")
    from experiments.support.web_page import WebPage

    page = WebPage({"none": SimpleNamespace(has_samples=False)}, tmp_path, 1, kept=60)
    for name in ("old/a.png", "used/b.png", "used/old.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for names in (("old/a.png", "used/old.png"), ("old", "used")):
        for name in names:
            os.utime(tmp_path / name, (0, 0))
        page.forget_files()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b.png", "used"]


def test_a_number_that_was_erased_is_what_it_was_at_first(tmp_path):
    pytest.importorskip("gradio")
    from experiments.support.web_page import WebPage

    blocks = WebPage({"none": SimpleNamespace(has_samples=False)}, tmp_path, 1, kept=60).blocks.blocks.values()
    (strength,) = (block for block in blocks if getattr(block, "elem_id", None) == "strength")
    assert [strength.preprocess(number) for number in (None, 0.5, 5, -1)] == [1, 0.5, 2, 0]


def test_a_long_strip_is_coloured_too(tmp_path):
    pytest.importorskip("gradio")
    from experiments.support.web_page import WebPage
    from models import load_colorizer

    page = WebPage({"flowers": load_colorizer("flowers")}, tmp_path, 1, kept=60)
    Image.new("L", (3000, 16), 90).save(tmp_path / "strip.png")
    (small, _, _), (_, _, download) = page.color(str(tmp_path / "strip.png"), 1.0, "flowers", 0, "png")
    assert [picture.shape for picture in small] == [(8, 1280, 3)] * 2
    assert Image.open(download.value["path"]).size == (3000, 16)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--port", "70000"], "--port 70000"),
        (["--most-megabytes", "0"], "--most-megabytes 0"),
        (["--most-megapixels", "170"], "--most-megapixels 170 is too large: use at most 100"),
        (["nowhere"], "nowhere"),
        (["--host", "no-such-host.invalid"], "check --host"),
    ],
)
def test_what_was_mistyped_is_told(given, sentence, tmp_path):
    pytest.importorskip("gradio")
    done = run("app", *given, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
