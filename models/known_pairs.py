"""Semi-supervised training (§5): a share of the photographs whose gray image may look at its own colours."""

from data_loader.errors import UserError


def pair_draws(options, batches, step):
    """The originals of a step's gray images, and which of them are known.

    Args:
        options: `UnpairedOptions`; without a paired weight nothing is drawn.
        batches: `data_loader.Batches`.
        step: number of the batch.

    Returns:
        dict of original (n, S, S, 3) in [-1, 1] and known (n, 1), 0 or 1.

    Raises:
        UserError: the data has no pairs, or the share is less than one image.
    """
    if not options.paired_weight:
        return {}
    if batches.gray_split is not batches.color_split:
        raise UserError("--pairing disjoint leaves no pairs for --paired-weight: use --pairing shuffled.")
    known = batches.known_pairs(options.paired_fraction)
    if not known.any():
        raise UserError(
            f"--paired-fraction {options.paired_fraction} of {len(known)} images is none: use a larger share."
        )
    which = batches.gray_positions(step)
    return {"original": batches.originals(step), "known": known[which].astype("float32")[:, None]}


def list_pairs(options, batches):
    """The ids of the known pairs, as the text of a run's pairs.txt; None without a paired weight."""
    if not options.paired_weight:
        return None
    known = batches.known_pairs(options.paired_fraction)
    return "".join(f"{name}\n" for name, is_known in zip(batches.gray_split.ids, known, strict=True) if is_known)
