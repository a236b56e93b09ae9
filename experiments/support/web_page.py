"""The web page of `app.py`: what is on it, and what happens when a visitor does something.

What a visitor uploads and gets are files of one folder, removed some time after they were last used. Colourings are
shown as small pictures; behind that the one of full size is made, for download.
"""

import errno
import logging
import os
import socket
import sys
import time
import traceback
import uuid
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
from gradio import queueing
from gradio.exceptions import InvalidPathError

from data_loader import UserError
from data_loader.images import luma, to_uint8, to_unit
from data_loader.photographs import MIN_SIDE, UnusableImage, read_photograph
from experiments.support.colorings import FORMATS, UNWRITABLE, as_held, save
from models.photographs import MOST_STRENGTH

TITLE = "Colours for gray photographs"
WELCOME = f"""# {TITLE}
Drop a photograph. Its own colours, if it has any, are taken away and guessed anew; a guess is not the lost colour."""
SHOWN = 1280  # pixels, the longer side of what is shown
LAST_SEED = 19
DOWNLOAD = "Download at full size"
MOST_VISITORS = 64
# Of one kind, so that the networks run for one visitor at a time, and memory has a bound.
IN_TURN = {"concurrency_id": "network", "concurrency_limit": 1}
# None is fetched from elsewhere.
FONTS = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}


class WebPage:
    """A page that colours by `colorizers`, a mapping of names, the default one first; it writes below `folder`.

    Photographs of over `most_megapixels` are refused. Files are removed `kept` seconds after they were last used.
    """

    def __init__(self, colorizers, folder, most_megapixels, kept):
        self.colorizers, self.folder, self.kept = colorizers, Path(folder), kept
        self.most_pixels = most_megapixels * 1_000_000
        self.blocks = self.layout()

    def serve(self, host, port, most_megabytes):
        """Begin to answer, and return the page's address; a `UserError` where it cannot be had."""
        self.blocks.queue(max_size=MOST_VISITORS, api_open=False)
        logging.getLogger("uvicorn.error").addFilter(_is_the_pages)
        queueing.traceback = SimpleNamespace(**vars(traceback) | {"print_exc": _print_mistake})
        _require_free(host, port)
        try:
            _, address, _ = self.blocks.launch(
                server_name=host,
                server_port=port or None,
                max_file_size=f"{most_megabytes}mb",
                state_session_capacity=MOST_VISITORS,
                theme=gr.themes.Default(**FONTS),
                show_error=True,
                quiet=True,
                prevent_thread_lock=True,
                share=False,
                ssr_mode=False,
                footer_links=[],
            )
        except OSError as error:  # Gradio looks for a free port among a hundred
            raise UserError(f"--port left out: no port is free ({error}): name one.") from error
        return address

    def layout(self):
        """What is on the page, and which method answers to what."""
        with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
            gr.Markdown(WELCOME)
            photo = gr.State()
            file = gr.File(label="Photograph", height=130, elem_id="photograph")
            told = gr.Markdown(elem_id="told")
            with gr.Tab("Colour"):
                given, shown = self.coloring_controls()
            with gr.Tab("Compare"):
                button = gr.Button("Colour it with each colorizer", variant="primary", elem_id="compare")
                compared = gr.Gallery(label="Each colorizer", columns=3, object_fit="contain", elem_id="compared")
            pair, _, download = shown
            # "multiple": one that was broken off while a framework was imported goes on in vain, and bars no other.
            comparing = button.click(self.compare, photo, compared, trigger_mode="multiple", **IN_TURN)
            taken = file.upload(self.take, file, [photo, file, told, compared, pair, download], cancels=[comparing])
            # "multiple": a photograph that is dropped while the one before is being coloured has its turn, too.
            colored = taken.success(self.color, [photo, *given], shown, trigger_mode="multiple", **IN_TURN)
            # What is still made of the photograph before would be shown under the new one's name.
            file.upload(None, cancels=[colored])
            for control in given:
                # In the browser and so at once, that nobody takes home what was made by other settings.
                control.change(None, None, download, js="() => ({__type__: 'update', interactive: false})")
                control.change(self.color, [photo, *given], shown, trigger_mode="always_last", **IN_TURN)
        return blocks

    def coloring_controls(self):
        """What says how to colour, and what shows the colouring, as lists of components."""
        names, first = list(self.colorizers), self.colorizers[next(iter(self.colorizers))]
        with gr.Row():
            with gr.Column(scale=3):
                pair = gr.ImageSlider(
                    label="Gray and in colour", max_height=720, elem_id="pair", buttons=["fullscreen"]
                )
            with gr.Column(scale=1):
                strength = gr.Slider(0, MOST_STRENGTH, 1, step=0.05, label="Strength", elem_id="strength")
                name = gr.Dropdown(names, value=names[0], label="Colorizer", elem_id="colorizer")
                which = {"label": "Which colouring (its seed)", "elem_id": "seed", "visible": first.has_samples}
                seed = gr.Slider(0, LAST_SEED, 0, step=1, **which)
                form = gr.Radio(list(FORMATS), value="png", label="Format of the download", elem_id="format")
                download = gr.DownloadButton(DOWNLOAD, interactive=False, variant="primary", elem_id="download")
        for slider in (strength, seed):
            _let_be_erased(slider)
        return [strength, name, seed, form], [pair, seed, download]

    def take(self, path):
        """Keep an uploaded file, and tell what it is or why it cannot be used; what was shown before goes."""
        empty = None, None, gr.DownloadButton(DOWNLOAD, value=None, interactive=False)
        name = Path(path).name
        try:
            photograph = self.read(path)
        except UnusableImage as reason:
            return None, None, f"**{name} cannot be used: {reason}.**", *empty
        told = f"**{name}**, {photograph.image.width} × {photograph.image.height} pixels"
        told = " ".join([f"{told}.", *(f"It {remark}." for remark in photograph.remarks())])
        return path, None, told, *empty

    def read(self, path):
        """The `Photograph` of an uploaded file, which is then kept anew."""
        photograph = read_photograph(path, self.most_pixels)
        with suppress(FileNotFoundError):  # removed meanwhile
            os.utime(path)
        return photograph

    def read_again(self, path):
        """As `read`, of a file that was taken before; what goes wrong is told to the visitor."""
        try:
            return self.read(path)
        except UnusableImage as reason:
            raise _error(f"The photograph cannot be used any more: {reason}. Drop it again.") from None

    def color(self, photo, strength, name, seed, form):
        """Show a photograph in gray and in colour, and then have the colouring ready for download."""
        if not _is_here(photo):
            yield gr.skip()
            return
        colorizer, photograph = self.colorizers[name], self.read_again(photo)
        small = _small(photograph.image_over_white())
        colors = _colored(colorizer, small, strength, seed)
        which = gr.Slider(visible=colorizer.has_samples)
        yield (_gray(small), colors), which, gr.DownloadButton(f"{DOWNLOAD} …", interactive=False)
        file = self.folder / uuid.uuid4().hex / f"{Path(photo).stem}-color{FORMATS[form][0]}"
        file.parent.mkdir()
        photograph = as_held(photograph, file)
        try:
            save(_colored(colorizer, photograph, strength, seed), file, photograph)
        except UNWRITABLE as error:
            raise _error(f"{file.name} cannot be written: {error}.") from None
        yield gr.skip(), gr.skip(), gr.DownloadButton(DOWNLOAD, value=file, interactive=True)

    def compare(self, photo):
        """Show what each colorizer makes of a photograph, one after the other."""
        if not photo:
            gr.Info("Drop a photograph first.")
        if not _is_here(photo):
            yield gr.skip()
            return
        small = _small(self.read_again(photo).image_over_white())
        shown = [(_gray(small), "gray")]
        for name in self.colorizers:
            shown.append((_colored(self.colorizers[name], small), name))
            yield shown

    def forget_files(self):
        """Remove what was last used longer ago than files are kept."""
        for file in sorted(self.folder.rglob("*"), reverse=True):
            # A folder may still hold something, and a file be gone by now.
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > self.kept:
                    file.rmdir() if file.is_dir() else file.unlink()


def _require_free(host, port):
    """A `UserError` where nothing can answer at an address: Gradio would try one port after the other."""
    try:
        (family, kind, *_, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        with socket.socket(family, kind) as answering:
            # As a server does, which need not wait for the last one's connections to be forgotten.
            answering.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            answering.bind(address)
    except OSError as error:
        told = "choose another port, or end what answers there" if error.errno == errno.EADDRINUSE else "check --host"
        given = f"--host {host} --port {port or 'left out'}"
        raise UserError(f"{given} cannot be had ({error.strerror}): {told}.") from error


def _is_the_pages(record):
    """Whether a message of the server is of the page, and not of a visitor who left while sending or sends nonsense."""
    has_left = record.exc_info and type(record.exc_info[1]).__name__ == "ClientDisconnect"
    return not (has_left or "Invalid HTTP request" in record.getMessage())


def _print_mistake():
    """What Gradio calls for each exception: those of visitors who ask for files that are not theirs stay unprinted."""
    error = sys.exc_info()[1]
    if not (isinstance(error, InvalidPathError) and "not uploaded by a user" in str(error)):
        traceback.print_exc()


def _let_be_erased(slider):
    """Let a slider have the value that it began with where its number was erased, and its end for one beyond it.

    Gradio would say a mistake.
    """
    read = slider.preprocess
    slider.preprocess = lambda value: read(
        slider.value if value is None else min(max(value, slider.minimum), slider.maximum)
    )


def _is_here(photo):
    """Whether there is a photograph to work on; of one that was removed meanwhile the visitor is told."""
    if photo and not Path(photo).exists():
        gr.Info("The photograph is no longer here: drop it again.")
    return bool(photo) and Path(photo).exists()


def _small(image):
    """A copy of an image that is no larger than what is shown."""
    scale = min(1, SHOWN / max(image.size))
    # Of a panorama, too, the shorter side is long enough for a photograph.
    return image.resize([max(min(side, MIN_SIDE), round(side * scale)) for side in image.size])


def _gray(image):
    return to_uint8(luma(to_unit(np.asarray(image)))).repeat(3, axis=-1)


def _colored(colorizer, photograph, strength=1.0, seed=0):
    """A colouring, RGB bytes; of a colorizer that has several, one by its seed."""
    try:
        if colorizer.has_samples:
            return colorizer.colorize(photograph, strength=strength, samples=1, seed=seed)[0]
        return colorizer.colorize(photograph, strength=strength)
    except (UserError, UnusableImage) as error:
        raise _error(f"{str(error).rstrip('.')}.") from None


def _error(sentence):
    """What shows a sentence to the visitor until it is closed, and nothing to whoever runs the page."""
    return gr.Error(sentence, duration=None, print_exception=False)
