"""Which precision `--precision auto` takes."""

import json

import pytest

from experiments.support.training_command import parsed
from models import precision
from models.precision import automatic_precision, instruction_sets
from models.presets import PRESETS
from tests.experiments.scripts import QUICK, call

PLAIN, DEPTHWISE = {"generator": "unet", "discriminator": "patch-zoo"}, {"generator": "unet", "capsule": "projected"}
CAPSULES = {"generator": "unet", "capsule": "published"}
AVX, AMX = {"avx512_bf16"}, {"avx512_bf16", "amx_bf16"}


@pytest.mark.parametrize(
    ("options", "instructions", "backend", "expected"),
    [
        (PLAIN, AVX, "tensorflow", "mixed_bfloat16"),
        (PLAIN, AMX, "tensorflow", "mixed_bfloat16"),
        (DEPTHWISE, AMX, "tensorflow", "float32"),
        (DEPTHWISE, AVX, "tensorflow", "float32"),
        ({"generator": "pretrained"}, AMX, "tensorflow", "float32"),
        (CAPSULES, AVX, "tensorflow", "mixed_bfloat16"),
        (CAPSULES, AVX, "torch", "float32"),
        (PLAIN | {"discriminator": "patch-capsule"}, AMX, "tensorflow", "mixed_bfloat16"),
        (PLAIN, set(), "tensorflow", "float32"),
        (PLAIN, AMX, "jax", "float32"),
    ],
)
def test_bfloat16_is_taken_where_it_was_measured_to_be_faster(options, instructions, backend, expected, monkeypatch):
    monkeypatch.setattr(precision, "instruction_sets", lambda: instructions)
    monkeypatch.setattr(precision, "has_card", lambda backend: False)
    chosen, reason = automatic_precision(options, backend)
    assert chosen == expected
    kinds = {"plain": PLAIN, "depthwise": DEPTHWISE, "capsules": CAPSULES}
    assert [kind for kind in kinds if kind in reason] == [precision.kind_of_network(options).split(" ")[0]]


def test_on_a_card_nothing_was_measured(monkeypatch):
    monkeypatch.setattr(precision, "instruction_sets", lambda: AMX)
    monkeypatch.setattr(precision, "has_card", lambda backend: True)
    assert automatic_precision(PLAIN, "tensorflow") == ("float32", "cards were not measured")


def test_without_onednn_nothing_was_measured(monkeypatch):
    monkeypatch.setattr(precision, "instruction_sets", lambda: AMX)
    monkeypatch.setattr(precision, "has_card", lambda backend: False)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert automatic_precision(PLAIN, "tensorflow")[0] == "float32"


def test_the_processor_is_asked_and_no_other_word_is_taken_for_it(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags\t\t: fpu avx2 avx512_bf16x amx_bf16 amx_int8\n", encoding="utf-8")
    assert instruction_sets(cpuinfo) == {"amx_bf16"}
    assert instruction_sets(tmp_path / "none") == set()


def test_the_presets_for_our_own_use_choose_by_themselves_and_the_papers_do_not():
    chosen = {preset: parsed("cyclegan", ["--preset", preset])[0].precision for preset in PRESETS["cyclegan"]}
    assert {preset for preset, name in chosen.items() if name == "auto"} == {"best", "quick"}
    assert parsed("cyclegan", ["--preset", "quick", "--precision", "float32"])[0].precision == "float32"


def test_a_run_goes_on_in_the_precision_that_it_began_with(tmp_path, monkeypatch):
    words = [*QUICK, "--preset", "quick", "--dataset", "synthetic", "--run-dir", "run", "--precision"]
    begun = call("cyclegan", *words, "mixed_bfloat16", "--max-steps", 1, cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    monkeypatch.setattr(precision, "instruction_sets", set)
    again = call("cyclegan", *words, "auto", "--max-steps", 2, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "mixed_bfloat16 as before" in again.stdout
    assert ("slow on this processor" in again.stdout) == (not instruction_sets())
    assert json.loads((tmp_path / "run" / "config.json").read_text())["precision"] == "mixed_bfloat16"
    fresh = call("cyclegan", *words, "auto", "--max-steps", 1, "--fresh", cwd=tmp_path)
    assert "float32 (" in fresh.stdout
