"""claims.md, the page of claims: each with its numbers, rule and verdict."""

from experiments.results_text import setting, table
from experiments.score_report import interval

TITLES = ("claim", "measured", "value, 95 % interval", "each shared seed by itself", "rule", "verdict")


def claims_page(document):
    """claims.md: every claim of every tier with its numbers, rule and verdict.

    Args:
        document: as in claims.json.
    """
    lines = [
        "# The paper's claims, and aims of our own",
        "",
        "Written by `experiments/reproduce.py`. A verdict needs the whole 95 % interval on one side of its rule, and",
        "several seeds of each system where errors are compared; a share of pictures with one seed is that one run's.",
        "Differences are shares of the gray row's pixel-L1; where one of two systems has several seeds and the other a",
        "single one, that one is taken to vary as much. What a seed, or a pair of runs of one seed, gives by itself",
        "has an interval over pictures alone and decides nothing. A tier is a preset and a data set, and says nothing",
        "about another.",
    ]
    for tier, results in document.items():
        rows = [row for claim in results["claims"] for row in _rows_of(claim)]
        lines += ["", f"## {tier}", "", setting(results), "", *table(TITLES, rows)]
    return "\n".join(lines) + "\n"


def _rows_of(claim):
    """A row a part, the last one with the claim's verdict or, of several parts, another with it; and the caveat."""
    alone = len(claim["parts"]) == 1
    for number, part in enumerate(claim["parts"]):
        told = f"**{claim['id']}** ({claim['section']}) {claim['text']}" if not number else ""
        value = interval(part["value"], 3) if part["value"] else ""
        seeds = "<br>".join(f"seed {one['seed']}: {interval(one, 3)}" for one in part["by_seed"])
        verdict = f"**{part['verdict']}**" if alone else part["verdict"]
        yield told, part["measure"], value, seeds, part["rule"], verdict
    if not alone:
        yield "", f"{claim['id']} as a whole", "", "", "", f"**{claim['verdict']}**"
    if "caveat" in claim:
        yield "", claim["caveat"], "", "", "", ""
