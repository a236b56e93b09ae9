"""A web page to colour photographs: drop one, see it in gray and in colour, take the colouring home at full size.

python experiments/app.py                      the page is at http://127.0.0.1:7860, for this machine alone
python experiments/app.py RUN_DIR FILE.npz     your own runs and packed colorizers beside those that come along
python experiments/app.py --host 0.0.0.0       for everybody who can reach this machine

Needs pip install -e '.[app]'. Photographs and colourings are kept in a private folder, for about ten minutes after they
were last used; the folder goes when the page ends. Nothing is sent elsewhere.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import os
import shutil
import signal
import tempfile
import threading
import time
from collections import UserDict

from data_loader import UserError
from data_loader.photographs import MAX_PIXELS
from experiments import PROJECT, require_numbers, run_script
from experiments.support.runs import opened_colorizer, run_names
from models.shipped import DEFAULT, default, named, shipped, soonest

PAPER = PROJECT / "results" / "reduced-oxford17" / "colorizers"
MOST_MEGAPIXELS, MOST_MEGABYTES = 30, 60
KEPT = 600  # seconds


def main():
    """Serve the page until Ctrl-C."""
    arguments = _parser().parse_args()
    if not 0 <= arguments.port < 2**16:
        raise UserError(f"--port {arguments.port} is none: use a number up to 65535, or leave it out.")
    require_numbers(arguments, most_megapixels=1, most_megabytes=1)
    if arguments.most_megapixels > (most := MAX_PIXELS // 1_000_000):
        raise UserError(f"--most-megapixels {arguments.most_megapixels} is too large: use at most {most}.")
    folder = Path(tempfile.mkdtemp(prefix=f"flowers-app-{os.getpid()}-"))
    # Gradio reads them when it is imported: where files go, and that it calls nobody.
    os.environ |= {"GRADIO_TEMP_DIR": str(folder), "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        page = _page_class()(_colorizers(arguments.colorizers), folder, arguments.most_megapixels, KEPT)
        address = page.serve(arguments.host, arguments.port, arguments.most_megabytes)
        print(f"Open {address} in a browser; Ctrl-C ends the page.", flush=True)
        while True:
            time.sleep(KEPT / 10)
            page.forget_files()
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr, flush=True)
        while folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        # Not by Python's own way out: a photograph that a thread still colours would make it crash.
        os._exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _page_class():
    try:
        from experiments.support.web_page import WebPage
    except ImportError as error:
        raise UserError(f"{error.name} is not installed, which the web page needs: pip install -e '.[app]'.") from None
    return WebPage


class Colorizers(UserDict):
    """Colorizers by name, made of a dict of their paths; each is opened when it is first asked for."""

    lock = threading.Lock()  # one for all, as a process serves one page

    def __getitem__(self, name):
        with self.lock:
            if isinstance(self.data[name], Path):
                self.data[name] = opened_colorizer(soonest(self.data[name]))
            return self.data[name]


def _colorizers(given):
    """What comes along, what is `given`, which is opened at once so that mistakes show, and the paper's systems."""
    paths = [named(source) for source in given]
    own = dict(zip(run_names(paths), paths, strict=True))
    paper = {file.stem: file for file in sorted(PAPER.glob("*.npz"))}
    # Where two have a name, the user's own is meant.
    first = {DEFAULT: default()} | shipped() | own
    colorizers = Colorizers(first | {name: file for name, file in paper.items() if name not in first})
    for name in own:
        colorizers[name]
    return colorizers


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("colorizers", nargs="*", metavar="COLORIZER", help="directories of trainings, packed files or .onnx files")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="who may come (default: this machine alone)")
    add("--port", type=int, default=0, metavar="N", help="default: 7860, or the first behind it that is free")
    add("--most-megapixels", type=int, default=MOST_MEGAPIXELS, metavar="N", help="of a photo (default: %(default)s)")
    add("--most-megabytes", type=int, default=MOST_MEGABYTES, metavar="N", help="of its file (default: %(default)s)")
    return parser


if __name__ == "__main__":
    run_script(main)
