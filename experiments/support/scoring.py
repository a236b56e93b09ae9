"""Scores of runs, packed colorizers and the trivial colourings on one split, and the report of them for JSON.

What a run scored stays in RUN_DIR/scores/QUESTION/, as `store` writes it. There an entry `scored` says what the scores
were made of: as long as that is the same, they are read instead of made again.
"""

import ast
import importlib
import json
import sys
import zipfile
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from importlib.metadata import version
from pathlib import Path

from data_loader.files import progress_bar, sha256_of_file, sha256_of_text, write_text
from data_loader.synthetic_flowers import SYNTHETIC_SETS
from evaluation.baselines import GRAY, PERFECT, ab_prior, color_means, known_split, law_report, trivial_colorings
from evaluation.classifier import class_accuracy, trained_classifier
from evaluation.metrics import MEASURES, OTHER_MEASURES
from evaluation.petals import petal_colors
from evaluation.probes import brightness, cycle_errors, diversity, hidden_color
from evaluation.scores import mean_scores, score, summarize
from evaluation.statistics import over_seeds
from experiments import PROJECT, import_keras
from experiments.support.runs import coloring_by, opened_run, read_metrics, run_names
from experiments.support.store import Scored, as_stored, identity_of, read_scored, write_scored
from experiments.support.tiers import configuration_of
from models.presets import MODELS
from models.same_run import CONFIG

LIBRARIES = ("keras", "numpy", "pillow", "scipy", "scikit-image")
MOST_BYTES = 10_000_000


@dataclass(frozen=True)
class Question:
    """What is asked of runs, as by the options of evaluate.py; in words it names the folder of an answer.

    With `last` the mean over the colorizers of so many last epochs is scored; all else is of the last checkpoint.
    """

    split: str
    samples: int = 10
    probes: bool = False
    class_test: bool = False
    last: int = 0

    def __str__(self):
        last, samples = f"last{self.last}" * bool(self.last), f"samples{self.samples}" * bool(self.samples)
        words = (self.split, last, "probes" * self.probes, "class_test" * self.class_test, samples)
        return "-".join(filter(None, words))


class Answer:
    """What a run scored, kept in its directory; `classifier` is the digest of the one that is asked, if one is."""

    def __init__(self, run_dir, flowers, question, classifier=None):
        self.run_dir, self.last, self.images = Path(run_dir), question.last, len(flowers.split(question.split))
        self.folder = self.run_dir / "scores" / str(question)
        self.pictures = (flowers.digest, flowers.split_of.tolist(), flowers.labels.tolist(), classifier)
        self.made_of = self._made_of()

    def read(self):
        """The run's `Scored`; None where it was made of something else, is damaged or missing."""
        try:
            (scored,) = read_scored(self.folder, self.images).values()
        except (ValueError, OSError):
            return None
        return scored if self.made_of and scored.facts.pop("scored", None) == self.made_of else None

    def write(self, scored):
        """Keep an answer in the place of an earlier one, unless the run has changed since the scoring began."""
        if not self.made_of or self._made_of() != self.made_of:
            return
        try:
            write_scored(self.folder, {"": replace(scored, facts=scored.facts | {"scored": self.made_of})})
        except OSError as error:
            print(f"{error.filename}: {error.strerror}, so the scores are not kept for the next call.", file=sys.stderr)

    def _made_of(self):
        """What the scores depend on; None where a file of the run is damaged or vanishes, as in a training."""
        backend = import_keras().backend.backend()
        from models.colorizing import generators_of

        files = [self.run_dir / "checkpoints" / "last.npz"]
        files += generators_of(self.run_dir)[-self.last :] if self.last else []
        try:
            run = [(self.run_dir / CONFIG).read_text(encoding="utf-8"), *map(_members, files)]
        except (OSError, zipfile.BadZipFile):
            return None
        libraries = {backend: importlib.import_module(backend).__version__}
        return {
            "run": sha256_of_text(json.dumps(run)),
            "pictures": sha256_of_text(json.dumps(self.pictures)),
            "libraries": libraries | {name: version(name) for name in LIBRARIES},
            "code": _code(),
            "measures": [*MEASURES, *OTHER_MEASURES],
        }


@cache
def _code():
    """SHA-256 of the code that makes scores, without comments and docstrings: an edit of these changes no score."""
    rooms = [file for room in ("data_loader", "models", "evaluation") for file in (PROJECT / room).glob("*.py")]
    trees = []
    for file in (*sorted(rooms), PROJECT / "experiments/support/runs.py", Path(__file__)):
        trees.append(ast.parse(file.read_text(encoding="utf-8")))
        for node in ast.walk(trees[-1]):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
                del node.body[0]
    return sha256_of_text("\n".join(map(ast.dump, trees)))


def _members(file):
    """Names, checksums and sizes of what an archive holds, but for the time of day that Keras notes there."""
    with zipfile.ZipFile(file) as archive:
        return [(one.filename, one.CRC, one.file_size) for one in archive.infolist() if one.filename != "metadata.json"]


class Scoring:
    """Scores colorizers on one split, beside the trivial colourings, whose scores are `trivial`: name to `Scored`."""

    def __init__(self, flowers, question):
        self.flowers, self.question, self.split = flowers, question, flowers.split(question.split)
        reference = known_split(flowers, question.split)
        self.prior = ab_prior(reference)
        self.colorings = trivial_colorings(self.split, *color_means(reference))
        self.trivial_scores = score(self.colorings, self.split, self.prior, _bar("scoring trivial colourings"))
        rows = summarize(self.trivial_scores)
        self.trivial = {name: Scored(row, as_stored(self.trivial_scores[name])) for name, row in rows.items()}

    @cached_property
    def law(self):
        """An entry on what the law of synthetic colours makes possible; empty of photographs."""
        return {"law": law_report(self.split)} if self.flowers.source in SYNTHETIC_SETS else {}

    def measure(self, name, colorings, facts):
        """`Scored` with these facts, as the mean over several colorings: functions of (which, originals)."""
        each = score(dict(enumerate(colorings)), self.split, self.prior, _bar(f"scoring {name}"))
        scores = mean_scores(list(each.values()))
        return Scored(summarize(self.trivial_scores | {name: scores}, [name])[name], as_stored(scores), facts)

    def packed(self, name, coloring, samples=None):
        """`Scored` of a colorizer of which nothing is known but these functions, as a `TrainedRun` has them."""
        facts = {"brightness": brightness(coloring, self.split, _bar(f"{name}, brightness"))}
        return self.measure(name, [coloring], facts | self._several(name, samples))

    def runs(self, configs):
        """Name to `Scored` of runs; `configs` are directory to config."""
        scored, last = {}, self.question.last
        classifier = trained_classifier(self.flowers) if self.question.class_test and configs else None
        for name, (run_dir, config) in zip(run_names(configs), configs.items(), strict=True):
            answer = Answer(run_dir, self.flowers, self.question, classifier and classifier.digest)
            scored[name] = answer.read()
            if scored[name]:
                print(f"{name}: scored before, with the same run, pictures and question.", file=sys.stderr)
                continue
            seconds = sum(epoch["seconds"] for epoch in read_metrics(Path(run_dir) / "metrics.csv"))
            facts = identity_of(config) | {"training_seconds": round(seconds, 1)}
            with opened_run(run_dir) as trained:
                colorings = trained.last_colorings(last) if last else [trained.coloring]
                facts |= self._other_measures(name, trained, classifier)
                scored[name] = self.measure(name, colorings, facts)
            answer.write(scored[name])
        return scored

    def _other_measures(self, name, trained, classifier):
        """What is measured of an opened run in addition to what `summarize` gives."""
        split, question = self.split, self.question
        measured = {"brightness": brightness(trained.coloring, split, _bar(f"{name}, brightness"))}
        if hasattr(trained.model, "F"):
            translate = (trained.to_color, trained.to_gray, split)
            measured["cycle"] = cycle_errors(*translate, _bar(f"{name}, cycles"))
            if question.probes:
                measured["hidden_color"] = hidden_color(*translate, _bar(f"{name}, probes"))
        if classifier:
            shown = {"real": self.colorings[PERFECT], "gray": self.colorings[GRAY], "run": trained.coloring}
            measured["class_test"] = class_accuracy(classifier, shown, split, _bar(f"{name}, class test"))
        return measured | self._several(name, trained.samples)

    def _several(self, name, samples):
        """What is measured of a colorizer's several colourings, `samples`; nothing where that is None, or not asked."""
        count = self.question.samples
        if not (samples and count):
            return {}
        measured = {"diversity": {"samples": count} | diversity(samples, self.split, count, _bar(f"{name}, samples"))}
        if self.flowers.source in SYNTHETIC_SETS:
            measured["petals"] = petal_colors(samples, self.split, count, _bar(f"{name}, petals"))
        return measured

    def report(self, scored):
        """Name to `Scored` as a dict for JSON, with what they were scored on."""
        report = {
            "dataset": self.flowers.name,
            "digest": self.flowers.digest,
            "split": self.question.split,
            "images": len(self.split),
            "image_size": self.flowers.image_size,
            "epochs_scored": self.question.last or 1,
            "rows": {name: one.measures for name, one in scored.items()},
            "runs": {name: one.facts for name, one in scored.items() if one.facts},
        }
        return report | self.law | {"configurations": _configurations(scored)}

    def write_reports(self, scored, configs):
        """Write RUN_DIR/scores.json of each run: a report of it and of the trivial colourings."""
        for name, run_dir in zip(run_names(configs), configs, strict=True):
            report = self.report(self.trivial | {name: scored[name]})
            write_text(Path(run_dir) / "scores.json", json.dumps(report, indent=2) + "\n")


def _configurations(scored):
    """Runs that differ by their seed alone, with their means over seeds."""
    groups = {}
    for name, one in scored.items():
        if "options" in one.facts:
            learned = {key: one.facts[key] for key in ("model", "training", "precision")}
            learned["options"] = one.facts["options"] | {"seed": None}
            groups.setdefault(json.dumps(learned, sort_keys=True), []).append(name)
    configurations = []
    for names in groups.values():
        seeds = [scored[name].facts["options"]["seed"] for name in names]
        if len(set(seeds)) == len(names) > 1:
            rows = [scored[name].measures for name in names]
            means = {measure: over_seeds([row[measure]["mean"] for row in rows]) for measure in rows[0]}
            configurations.append({"runs": names, "seeds": seeds} | means)
    return configurations


def ship(folder, configs, systems, measure):
    """Pack and score the last colorizer of seed 0 of some systems, if it is small enough to ship with the project.

    `configs` are of runs, by directories named SYSTEM-seedN; `measure` is of a `Scoring`. A packed colorizer that is
    too large now is taken away from the folder. Returns name of each packed file to its entry in tier.json.
    """
    from models.colorizing import load_network, pack, unpack

    shipped = {}
    for run_dir, config in configs.items():
        run, system = Path(run_dir).name, configuration_of(Path(run_dir).name)
        if system not in systems or run != f"{system}-seed0":
            continue
        file, network = Path(folder) / f"{system}.npz", load_network(run_dir, MODELS[config["model"]][0])
        # Half precision, before compression.
        if 2 * network.count_params() > MOST_BYTES:
            file.unlink(missing_ok=True)
            continue
        pack(network, file)
        size = {"image_size": config["options"]["image_size"], "bytes": file.stat().st_size}
        measures = measure(file.name, [partial(coloring_by, unpack(file))], {}).measures
        scores = {name: measures[name] for name in ("ratio_to_gray", "colorfulness")}
        shipped[file.name] = {"run": run} | size | {"sha256": sha256_of_file(file)} | scores
    return shipped


def _bar(what):
    """A progress bar around the pieces of a split."""
    return lambda pieces: progress_bar(pieces, desc=what)
