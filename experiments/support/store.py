"""The store of scores: what runs and the trivial colourings scored, from which verdicts, pages and figures are derived.

    results/TIER/tier.json      data, split and settings that all runs of a tier share, and the shipped colorizers
    results/TIER/trivial/       scores of the trivial colourings
    results/TIER/RUN/           scores of a run, losses.csv (its metrics.csv) and coloring.png (a strip of pictures)
    results/TIER/colorizers/    packed colorizers, SYSTEM.npz
    results/TIER/left-out/      runs of earlier results that cannot be compared with later ones

Scores are two files. scores.json: what the run is (model, options, ...), its mean of each measure, and what else was
measured. pictures.csv: picture by picture, the measures that verdicts need.
"""

import csv
import io
import json
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from data_loader.files import UserError, sha256_of_text, write_text
from evaluation.baselines import GRAY, PERFECT
from evaluation.claims import Evidence, judged
from evaluation.scores import Scores
from experiments.support.runs import read_metrics, understood
from experiments.support.tiers import TIERS, by_configuration, place_of, with_start_by_name
from models.presets import whole_options

PICTURE_MEASURES = ("pixel_l1", "ab_spread", "colorfulness")
IDENTITY = ("model", "preset", "options", "training", "precision", "made_with")
TRIVIAL, LEFT_OUT = "trivial", "left-out"
# What two runs must share to stand in one table.
SAME_PICTURES = ("dataset", "digest", "split", "images", "image_size", "epochs_scored")
DIGESTS = "digests_of_other_decoders"  # under which runs of a tier know its images, too
ROUNDING = 2e-5  # of trivial scores, by what another decoder makes of training pictures
SETTING = {"preset", "changed", "shipped", *SAME_PICTURES}
SHIPPED = {"run", "image_size", "bytes", "sha256", "ratio_to_gray", "colorfulness"}


def identity_of(config):
    """What a run is, of its config: the `IDENTITY`, with no path of the machine that it was trained on."""
    return {key: config[key] for key in IDENTITY} | {"training": with_start_by_name(config["training"])}


@dataclass(frozen=True)
class Scored:
    """What a run or a trivial colouring scored.

    `measures` is name to dict of mean, low, high; `scores` are as `as_stored` makes them. `facts` are of a run its
    `IDENTITY`, training_seconds, and what else was measured; of a trivial colouring nothing.
    """

    measures: dict
    scores: Scores
    facts: dict = field(default_factory=dict)


def as_stored(scores):
    """`Scores` as pictures.csv gives them back: of the `PICTURE_MEASURES`, with six digits."""
    return Scores(
        {name: np.array([float(f"{value:.6g}") for value in scores.values[name]]) for name in PICTURE_MEASURES}
    )


def write_scored(folder, scored):
    """Write a run or all trivial colourings, name to `Scored`, into a folder."""
    facts = next(iter(scored.values())).facts
    measures = {name: one.measures for name, one in scored.items()}
    lines = [("coloring", "picture", *PICTURE_MEASURES)]
    for name, one in scored.items():
        pictures = zip(*(one.scores.values[measure] for measure in PICTURE_MEASURES), strict=True)
        lines += [(name, number, *(f"{value:.6g}" for value in values)) for number, values in enumerate(pictures)]
    if facts:
        (measures,), lines = measures.values(), [line[1:] for line in lines]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    write_text(Path(folder) / "pictures.csv", text.getvalue())
    # A write that was broken off in between is found by the digest.
    digest = {"pictures_sha256": sha256_of_text(text.getvalue())}
    write_text(Path(folder) / "scores.json", json.dumps(facts | digest | {"measures": measures}, indent=1) + "\n")


def read_scored(folder, images=None):
    """Name to `Scored` of all trivial colourings, or of the one run, named as its folder.

    A `UserError`: a file is missing or damaged, or of another number of images than the given one.
    """
    folder, scored = Path(folder), {}
    with _whole(folder / "scores.json") as text:
        facts = json.loads(text)
        measures, digest = facts.pop("measures"), facts.pop("pictures_sha256")
        if facts:
            _require({*IDENTITY, "training_seconds"} <= set(facts))
            # Options that came after the run stand at their defaults.
            facts["options"] = whole_options(facts["model"], facts["options"])
            measures = {folder.name: measures}
        _require(facts or {PERFECT, GRAY} <= set(measures))
        for row in measures.values():
            _require(set(PICTURE_MEASURES) <= set(row))
            _require(all(set(value) == {"mean", "low", "high"} for value in row.values()))
    with _whole(folder / "pictures.csv") as text:
        _require(sha256_of_text(text) == digest)
        lines = list(csv.DictReader(text.splitlines()))
        images = images or len(lines) / len(measures)
        _require(images and len(lines) == images * len(measures))
        for name, row in measures.items():
            own = [line for line in lines if line.get("coloring", folder.name) == name]
            values = np.array([[float(line[measure]) for line in own] for measure in PICTURE_MEASURES])
            _require(len(own) == images and np.isfinite(values).all())
            scored[name] = Scored(row, Scores(dict(zip(PICTURE_MEASURES, values, strict=True))), facts)
    return scored


@contextmanager
def _whole(file):
    """A block that understands a file's text, or else tells in one sentence that it is missing or damaged."""
    if not file.exists():
        raise UserError(f"{file} is missing: restore it, or move its folder away.")
    with understood(file, "restore it, or move its folder away and type the same command again"):
        yield file.read_text(encoding="utf-8")


def _require(condition):
    if not condition:
        raise ValueError


def interval(value, digits):
    """A mean with its interval as text, as in 0.920 [0.871, 0.972]."""
    return f"{value['mean']:,.{digits}f} [{value['low']:,.{digits}f}, {value['high']:,.{digits}f}]"


@dataclass
class StoredTier:
    """A tier's scores: `setting` as in tier.json; each trivial colouring, then each run to `Scored`; runs to losses.

    Losses are rows as `read_metrics` gives them.
    """

    setting: dict
    scored: dict
    losses: dict

    @property
    def rows(self):
        """Names, as in `scored`, to measures."""
        return {name: one.measures for name, one in self.scored.items()}

    @property
    def runs(self):
        """Name of each run to what it is, and what was measured of it beside its row."""
        return {name: one.facts for name, one in self.scored.items() if one.facts}

    @cached_property
    def claims(self):
        """The claims with their numbers and verdicts, as `evaluation.claims.judged` gives them."""
        runs = {
            name: {place_of(run)[1]: self.scored[run] for run in runs}
            for name, runs in by_configuration(self.runs).items()
        }
        evidence = Evidence(runs, {name: one.scores for name, one in _trivial(self.scored).items()})
        return judged(TIERS[self.setting["preset"]].claims, evidence)

    @cached_property
    def systems(self):
        """The label of each line of a table to the names of its rows: the seeds of one system go together."""
        systems = {name: [name] for name in _trivial(self.scored)} | by_configuration(self.runs)
        return {f"{label}, {len(names)} seeds" if len(names) > 1 else label: names for label, names in systems.items()}

    def systems_in(self, table):
        """The systems of which a table (name to what there is of it) has something: label to names."""
        systems = {label: [name for name in names if table.get(name)] for label, names in self.systems.items()}
        return {label: names for label, names in systems.items() if names}


def _trivial(scored):
    """Those of `scored`, name to `Scored`, that are trivial colourings."""
    return {name: one for name, one in scored.items() if not one.facts}


def read_tiers(folder):
    """Name to `StoredTier` of all tiers in a folder of results; those that say more come first."""
    tiers = {path.name: read_tier(path) for path in sorted(folder.glob("*/")) if _has_tier(path)}
    return dict(sorted(tiers.items(), key=lambda entry: -list(TIERS).index(entry[1].setting["preset"])))


def _has_tier(folder):
    """Whether something of a tier is there."""
    return any((folder / name).exists() for name in ("tier.json", TRIVIAL))


def read_tier(folder):
    """A `StoredTier` of its folder; a file that is missing or damaged is a `UserError`."""
    with _whole(folder / "tier.json") as text:
        setting = json.loads(text)
        _require(set(setting) >= SETTING and setting["preset"] in TIERS)
        _require(all(set(entry) >= SHIPPED for entry in setting["shipped"].values()))
        images = setting["images"][setting["split"]]
    runs = [path.name for path in folder.glob("*-seed*/")]
    try:
        runs.sort(key=place_of)
    except ValueError:
        problem = f"{folder} holds a run of another version of the code"
        raise UserError(f"{problem}, one of {', '.join(sorted(runs))}: move it away.") from None
    scored = {}
    for name in (TRIVIAL, *runs):
        scored |= read_scored(folder / name, images)
    return StoredTier(setting, scored, {run: read_metrics(folder / run / "losses.csv") for run in runs})


def write_tier(folder, setting, scored, run_dirs, is_of_tier):
    """Write what was scored; runs of earlier results stay if they can be compared with these, or are moved aside.

    `setting` and `scored` are as in `StoredTier`, of the runs scored now, `run_dirs` their directories by name.
    `is_of_tier` tells of a run's name and facts whether it is trained as these are.
    """
    if _has_tier(folder):
        earlier, left_out = read_tier(folder), []
        same = _same_pictures(earlier, setting, scored)
        for run, facts in earlier.runs.items():
            if run not in scored and not (same and is_of_tier(run, facts)):
                print(f"{run} of the earlier results was trained or scored otherwise and is left out.", file=sys.stderr)
                (folder / LEFT_OUT).mkdir(exist_ok=True)
                # In the place of what was moved there before.
                shutil.rmtree(folder / LEFT_OUT / run, ignore_errors=True)
                shutil.move(folder / run, folder / LEFT_OUT / run)
                left_out.append(run)
        shipped = {file: entry for file, entry in earlier.setting["shipped"].items() if entry["run"] not in left_out}
        shipped |= setting["shipped"]
        shipped = {file: entry for file, entry in shipped.items() if (folder / "colorizers" / file).exists()}
        setting = setting | {"shipped": shipped}
        if same and (digests := {*earlier.setting.get(DIGESTS, ()), earlier.setting["digest"]} - {setting["digest"]}):
            setting[DIGESTS] = sorted(digests)
    write_scored(folder / TRIVIAL, _trivial(scored))
    for run, run_dir in run_dirs.items():
        write_scored(folder / run, {run: scored[run]})
        metrics = Path(run_dir) / "metrics.csv"
        if metrics.exists():
            write_text(folder / run / "losses.csv", metrics.read_text(encoding="utf-8"))
    write_text(folder / "tier.json", json.dumps(setting, indent=1) + "\n")


def _same_pictures(earlier, setting, scored):
    """Whether the scores of an earlier tier are of the same pictures, and its runs of the same training pictures.

    Another version of a decoder may round some pixels of these otherwise, so that the digest of all is another. Then
    the trivial colourings tell, which are made of either: of the scored pictures alone, to the digits that are stored.
    """
    if any(earlier.setting[name] != setting[name] for name in SAME_PICTURES if name != "digest"):
        return False
    if earlier.setting["digest"] == setting["digest"]:
        return True
    for name, one in _trivial(scored).items():
        if name not in earlier.scored:
            return False
        before, tolerance = earlier.scored[name].scores, 0 if name in (PERFECT, GRAY) else ROUNDING
        pairs = [(before.values[measure], one.scores.values[measure]) for measure in PICTURE_MEASURES]
        if not all(np.allclose(*pair, rtol=tolerance, atol=tolerance) for pair in pairs):
            return False
    print("The images have another digest than the earlier results', and all trivial scores agree.", file=sys.stderr)
    return True
