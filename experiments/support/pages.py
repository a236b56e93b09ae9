"""The pages and tables that are written from the store of scores, and whether those that are tracked agree with it.

results/claims.md, results/scores.md, results/TIER/figures/captions.md; and between markers a section of README.md (the
systems and the claims of one tier) and one of docs/measures.md (the table of measures).
"""

from collections import Counter

import numpy as np

from data_loader.files import UserError, sha256_of_file, write_text
from evaluation.baselines import GRAY, MEAN_CHROMA, PERFECT
from evaluation.metrics import BETTER, MEASURES, OTHER_MEASURES
from evaluation.statistics import mean_with_interval, ratio_with_interval
from evaluation.verdicts import ratio_to
from experiments import PROJECT, command
from experiments.support.drawing import STRIP, captions_page, tier_captions
from experiments.support.store import PICTURE_MEASURES, interval, read_tiers
from experiments.support.tiers import TIERS, by_configuration

# Sections that are written stand between these.
BEGIN, END = "<!-- {}: begin -->", "<!-- {}: end -->"
# Columns of scores.md: measure, title, digits.
COLUMNS = (
    ("colorfulness", "colourfulness", 1),
    ("ciede2000", "CIEDE2000", 1),
    ("auc_ab_rebalanced", "AuC rebalanced", 3),
    ("ab_histogram_distance", "ab histogram distance", 3),
)
# The trivial colourings that the systems are read against first.
HEADLINE_ROWS = (PERFECT, GRAY, MEAN_CHROMA)
# Those that the class test is asked of, too, by its names for them.
CLASS_TEST_ROWS = {PERFECT: "real", GRAY: "gray"}
CLAIMS_INTRODUCTION = """# The paper's claims, and aims of our own

Written by `experiments/reproduce.py`. A verdict needs the whole 95 % interval on one side of its rule, and
several seeds of each system where errors are compared; a share of pictures with one seed is that one run's.
Differences are shares of the gray row's pixel-L1; where one of two systems has several seeds and the other a
single one, that one is taken to vary as much. What a seed, or a pair of runs of one seed, gives by itself
has an interval over pictures alone and decides nothing. Of what is undecided stands how many seeds would
decide it, four times in five, if the seeds that are there say how seeds differ. A tier is a preset and a data
set, and says nothing about another.
"""
SCORES_INTRODUCTION = """# Scores

Written by `experiments/reproduce.py`. What a measure is, `experiments/evaluate.py --help` says; how the
claims came out is in [claims.md](claims.md). A tier is a preset and a data set, and says nothing about
another. Intervals are 95 %, over pictures and, where there are several seeds, over these.
"""


def write_pages(folder):
    """Write the pages of a folder of results and, if it is the project's own, README and docs; its tiers by name."""
    tiers = read_tiers(folder)
    for file, text in _texts(folder, tiers, _project_of(folder)):
        write_text(file, text)
    return tiers


def _project_of(folder):
    """The project, where a folder of results is its own; README and docs tell of no other."""
    return PROJECT if folder.resolve() == (PROJECT / "results").resolve() else None


def _texts(folder, tiers, project):
    """Files and texts of all that is written: in a folder of results and, unless it is None, in the project's."""
    yield folder / "claims.md", claims_page(tiers)
    yield folder / "scores.md", scores_page(tiers)
    for name, tier in tiers.items():
        yield folder / name / "figures" / "captions.md", captions_page(tier_captions(folder / name, tier))
    if not project:
        return
    written = ("README.md", "headline", headline(tiers)), ("docs/measures.md", "measures", measures())
    for name, section, text in written:
        file, begin, end = project / name, BEGIN.format(section), END.format(section)
        page = file.read_text(encoding="utf-8")
        if page.count(begin) != 1 or page.count(end) != 1:
            raise UserError(f"{file} needs one line {begin} and one line {end}: restore them.")
        yield file, f"{page.split(begin)[0]}{begin}\n{text}{end}{page.split(end)[1]}"


def claims_page(tiers):
    """claims.md: every claim of every tier with its numbers, rule and verdict; `tiers` as `read_tiers` gives them."""
    titles = ("claim", "measured", "value, 95 % interval", "each shared seed by itself", "rule", "verdict")
    page = CLAIMS_INTRODUCTION
    for name, tier in tiers.items():
        table = _table(titles, [row for claim in tier.claims for row in _rows_of(claim)])
        page += f"\n## {name}\n\n{_setting(tier)}\n\n{table}"
    return page


def _rows_of(claim):
    """A row a part, the last one with the claim's verdict or, of several parts, another with it; and the caveat."""
    alone = len(claim["parts"]) == 1
    for number, part in enumerate(claim["parts"]):
        told = "" if number else f"**{claim['id']}** ({claim['section']}) {claim['text']}"
        value = interval(part["value"], 3) if part["value"] else ""
        seeds = "<br>".join(f"seed {one['seed']}: {interval(one, 3)}" for one in part["by_seed"])
        verdict = f"**{part['verdict']}**" if alone else part["verdict"]
        if (part.get("seeds_needed") or 0) > part["seeds"]:
            verdict += f"; {part['seeds_needed']:,} seeds would decide it"
        yield told, part["measure"], value, seeds, part["rule"], verdict
    if not alone:
        yield "", f"{claim['id']} as a whole", "", "", "", f"**{claim['verdict']}**"
    if "caveat" in claim:
        yield "", claim["caveat"], "", "", "", ""


def scores_page(tiers):
    """scores.md: what each tier is, and the scores of its systems; `tiers` as `read_tiers` gives them."""
    last_epoch = ("last epoch: ratio with the luma of x", "last epoch: class named")
    titles = ("", "ratio to gray", "of each seed", *(title for _, title, _ in COLUMNS), *last_epoch)
    told = "Two columns are of the last epoch alone, and empty where that was not measured by one classifier for all."
    page = SCORES_INTRODUCTION
    for name, tier in tiers.items():
        table = _table(titles, [_scores_of(tier, label, names) for label, names in tier.systems.items()])
        page += f"\n## {name}\n\n{_setting(tier)}\n\n{_how_scored(tier)}. {told}\n\n{table}"
        classifiers = _classifiers(_class_tests(tier.scored.values()))
        if len(classifiers) > 1:
            shares = " and ".join(f"{real:.3f} ({gray:.3f} when gray)" for real, gray in classifiers)
            page += f"\nClasses were named by {len(classifiers)} classifiers, which name {shares} of the originals.\n"
        if tier.setting["shipped"]:
            page += f"\n{_shipped(name, tier.setting)}"
        figures = f"[Figures]({name}/figures/captions.md)"
        page += f"\n{figures}; all measures, losses and pictures of each run: [{name}]({name}).\n"
    return page


def _scores_of(tier, label, names):
    """A system's cells in scores.md."""
    rows, gray = [tier.scored[name] for name in names], tier.scored[GRAY]
    ratio = interval(ratio_to([row.scores for row in rows], "pixel_l1", gray.scores), 3)
    each = ", ".join(f"{row.measures['ratio_to_gray']['mean']:.3f}" for row in rows) if len(rows) > 1 else ""
    # A measure may be younger than some of the runs.
    means = [
        _mean([row.measures[name]["mean"] for row in rows if name in row.measures], digits)
        for name, _, digits in COLUMNS
    ]
    put_back = [row.facts["brightness"]["luma_put_back"]["mean"] for row in rows if "brightness" in row.facts]
    put_back = _mean([error / gray.measures["pixel_l1"]["mean"] for error in put_back], 3)
    # Of trivial colourings the class test of any run tells; shares by several classifiers have no mean.
    kind = "run" if rows[0].facts else CLASS_TEST_ROWS.get(label)
    tests = _class_tests(rows) if rows[0].facts else _class_tests(tier.scored.values())[:1]
    named = [test[kind]["mean"] for test in tests if kind and len(_classifiers(tests)) == 1]
    return label, ratio, each, *means, put_back, _mean(named, 2)


def _class_tests(scored):
    return [one.facts["class_test"] for one in scored if "class_test" in one.facts]


def _classifiers(tests):
    """What tells classifiers apart: the shares of originals and of gray pictures that each names, each pair once."""
    return list(dict.fromkeys((test["real"]["mean"], test["gray"]["mean"]) for test in tests))


def _shipped(name, setting):
    """What the packed colorizers score: each is of one epoch, where the table tells of several."""
    rows = [
        (f"[`{file}`]({name}/colorizers/{file})", interval(own["ratio_to_gray"], 3), interval(own["colorfulness"], 1))
        for file, own in setting["shipped"].items()
    ]
    again = f"`evaluate.py results/{name}/colorizers/*.npz --dataset {setting['dataset'].replace('+', ',')}`"
    told = f"Shipped with the repository, the last epoch alone, in half precision ({again} scores them again):"
    return f"{told}\n\n{_table(('colorizer', 'ratio to gray', 'colourfulness'), rows)}"


def headline(tiers):
    """The README's section: the systems of the first tier that is whole, if one is, and how the claims came out."""
    tier = next((tier for tier in tiers.values() if not _missing(tier)), next(iter(tiers.values())))
    labels = {label: names for label, names in tier.systems.items() if names[0] in (*tier.runs, *HEADLINE_ROWS)}
    what = f"{tier.setting['dataset']}, {tier.setting['image_size']} pixels"
    titles = (what, "pixel-L1 error, as a multiple of gray's", "of each seed", "colourfulness")
    scored = _table(titles, [_scores_of(tier, label, names)[:4] for label, names in labels.items()])
    verdicts = [(f"**{claim['id']}** {claim['text']}", f"**{claim['verdict']}**") for claim in tier.claims]
    claims = _table(("claim, on these data and after this training", "[verdict](results/claims.md)"), verdicts)
    return f"{scored}\n{_how_scored(tier)}, with 95 % intervals.\n\n{claims}"


def measures():
    """The table of measures."""
    rows = [
        (f"`{name}`", entry.meaning, entry.unit, entry.range, BETTER[entry.better], entry.source)
        for name, entry in (MEASURES | OTHER_MEASURES).items()
    ]
    return _table(("measure", "what it is", "unit", "range", "better", "source"), rows)


def _table(titles, rows):
    """A table as text; titles and each row's cells are strings."""
    lines = (titles, ["---"] * len(titles), *rows)
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n" for cells in lines)


def _mean(values, digits):
    """A mean as text; empty where there is none."""
    return f"{sum(values) / len(values):.{digits}f}" if values else ""


def _how_scored(tier):
    """What a tier's numbers are means over."""
    epochs = tier.setting["epochs_scored"]
    over = f"over the last {epochs} epochs and over" if epochs > 1 else "of the last epoch over"
    return f"Means {over} {tier.setting['images']['test']} test pictures, one seed where none are named"


def _setting(tier):
    """What a tier is, how much it was trained, and which runs are not begun or not at their end, in a few sentences."""
    setting, pictures, plan = tier.setting, tier.setting["images"], TIERS[tier.setting["preset"]]
    changed = f", with {', '.join(setting['changed'])}" if setting["changed"] else ""
    counts = [len(runs) for runs in by_configuration(tier.runs).values()]
    seeds = f"{' to '.join(map(str, sorted({min(counts), max(counts)})))} seeds"
    if max(counts) == 1:
        seeds = "one seed: intervals are over pictures alone, and what compares errors stays undecided"
    hours = Counter()
    for run in tier.runs.values():
        parts = [_on_what(part) for part in (run["made_with"], run["made_with"].get("then")) if part]
        hours[", then ".join(parts)] += run["training_seconds"] / 3600
    trained = " and ".join(f"{count:.1f} hours ({machine})" for machine, count in sorted(hours.items()))
    missing, planned = _missing(tier), len(plan.run_names())
    ended = f"{planned - len(missing)} of {planned} runs are at their end"
    told = (
        f"Preset `{setting['preset']}`{changed} on {setting['dataset']}, {pictures['train']} training and "
        f"{pictures['test']} test pictures of {setting['image_size']} pixels, {seeds}; trained for {trained}."
    )
    return told + (f" **{ended}; still to come: {', '.join(missing)}.**" if missing else "")


def _on_what(made):
    cores = f"{made['cpus']} CPU core{'s' * (made['cpus'] > 1)}"
    return f"{made['backend']}, {'an accelerator' if made.get('accelerator') else cores}"


def _missing(tier):
    """The runs of a tier's plan that it does not have yet."""
    return [run for run in TIERS[tier.setting["preset"]].run_names() if run not in tier.runs]


def check(folder, project=None):
    """Sentences on what does not agree among a folder of results, its project's README and docs, and the code."""
    project = project or _project_of(folder)
    try:
        tiers = read_tiers(folder)
        if not tiers:
            return [f"{folder} holds no tier: run {command('reproduce')}."]
        problems = [f"{folder / name}/{told}" for name in tiers for told in _disagreements(folder / name, tiers[name])]
        return problems or [
            f"{file} is not what the stored scores and the code say"
            for file, text in _texts(folder, tiers, project)
            if file.read_text(encoding="utf-8") != text
        ]
    except (UserError, OSError) as error:
        return [str(error)]


def _disagreements(folder, tier):
    """Where the files of a tier contradict each other or are missing."""
    strips = [f"{run}/{STRIP}" for run in tier.runs]
    # Tiers from before strips have none.
    strips = strips if any((folder / name).exists() for name in strips) else []
    for name in (*(f"figures/{figure}" for figure in tier_captions(folder, tier)), *strips):
        if not (folder / name).exists():
            yield f"{name} is missing"
    shipped = tier.setting["shipped"]
    listed = {file: (one["bytes"], one["sha256"]) for file, one in shipped.items() if one["run"] in tier.runs}
    there = {file.name: (file.stat().st_size, sha256_of_file(file)) for file in (folder / "colorizers").glob("*.npz")}
    for file in sorted({*shipped, *there}):
        if file not in there or there[file] != listed.get(file):
            yield f"colorizers/{file} is not what tier.json tells of"
    for name, run in tier.runs.items():
        seconds = sum(epoch["seconds"] for epoch in tier.losses[name])
        if not np.isclose(seconds, run["training_seconds"], atol=0.1):
            yield f"{name}: the seconds in losses.csv are not those of scores.json"
    gray = tier.scored[GRAY].scores.values["pixel_l1"]
    for name, one in tier.scored.items():
        again = {measure: mean_with_interval(one.scores.values[measure]) for measure in PICTURE_MEASURES}
        again["ratio_to_gray"] = ratio_with_interval(one.scores.values["pixel_l1"], gray)
        for measure, value in again.items():
            if not _same(one.measures[measure], value):
                yield f"{name}: {measure} of scores.json is not what pictures.csv gives"


def _same(was, now):
    """Whether two means with intervals are the same, of pictures that are rounded to six digits."""
    # Ends may differ by what another version of a random generator makes of them.
    ends = 0.1 * (now["high"] - now["low"])
    return all(np.isclose(was[end], now[end], rtol=1e-4, atol=1e-4 + ends * (end != "mean")) for end in now)
