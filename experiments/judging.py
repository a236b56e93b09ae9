"""From evidence to verdicts: every claim's numbers, each judged by its rule."""

from evaluation.verdicts import NOT_RUN, UNDECIDED, combined, enough_seeds


def judged(claims, evidence):
    """Claims with their numbers and verdicts, as for JSON; without its runs a claim is "not run".

    Args:
        claims: of `Claim`.
        evidence: `Evidence`.
    """
    found = []
    for claim in claims:
        parts = [_part(part, evidence) for part in claim.parts]
        found.append(facts(claim) | {"parts": parts, "verdict": combined([part["verdict"] for part in parts])})
    return found


def facts(claim):
    """What a claim says, whatever was measured."""
    told = {"id": claim.id, "section": claim.section, "text": claim.text, "runs": list(claim.runs)}
    return told | ({"caveat": claim.caveat} if claim.caveat else {})


def _told(part):
    nothing = {"value": None, "seeds": 0, "by_seed": [], "verdict": NOT_RUN}
    return {"measure": part.measure, "rule": str(part.rule)} | nothing


def _part(part, evidence):
    """A part with its number, if its runs are there; a claim may still wait for those of another part."""
    if not set(part.runs) <= set(evidence.scores):
        return _told(part)
    value = part.value(evidence)
    seeds = min(len(evidence.scores[name]) for name in part.runs)
    decided = not part.compares or enough_seeds(seeds)
    verdict = part.rule.verdict(value) if decided else UNDECIDED
    return _told(part) | {"value": value, "seeds": seeds, "by_seed": _by_seed(part, evidence), "verdict": verdict}


def _by_seed(part, evidence):
    """The number of each seed that all runs of a part have, where one of them has several; no rule judges these."""
    seeds = [evidence.seeds[name] for name in part.runs]
    if max(map(len, seeds)) == 1:
        return []
    shared = sorted(set(seeds[0]).intersection(*seeds[1:]))
    return [{"seed": seed} | part.value(evidence.of_seed(seed)) for seed in shared]
