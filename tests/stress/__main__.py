"""The command line of the campaign."""

import argparse
import sys

from experiments import RESULTS
from tests.stress import __doc__ as told
from tests.stress.campaign import Campaign
from tests.stress.hostile_archives import Archives
from tests.stress.hostile_images import Images
from tests.stress.hostile_records import Records
from tests.stress.kills import Kills
from tests.stress.long import Long
from tests.stress.networks import Networks
from tests.stress.no_room import NoRoom
from tests.stress.together import Together
from tests.stress.visitors import Visitors

PARTS = {
    "images": Images,
    "archives": Archives,
    "records": Records,
    "networks": Networks,
    "no-room": NoRoom,
    "kills": Kills,
    "together": Together,
    "visitors": Visitors,
    "long": Long,
}
LONGEST = 30  # minutes of a part


def main():
    """Run the campaign; status 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    add("--budget", type=float, default=60.0, metavar="MINUTES", help="of all parts together (default: 60)")
    add("--seed", type=int, default=0, metavar="N", help="of all that is random (default: 0)")
    add("--trial", type=int, metavar="N", help="do one trial of one part again")
    add("--out", default=str(RESULTS / "runs" / "stress"), metavar="FOLDER", help="where accounts are kept")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.parts if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}: name {', '.join(PARTS)}")
    names = arguments.parts or list(PARTS)
    campaign = Campaign(PARTS, arguments.out, arguments.seed)
    if arguments.trial is not None:
        if len(names) > 1:
            parser.error("--trial is of one part: name it")
        lost = campaign.repeat(names[0], arguments.trial)
        print(lost or "nothing was lost")
        return bool(lost)
    for name in names:
        campaign.run(name, min(LONGEST, arguments.budget / len(names)))
    print(f"Seed {arguments.seed}.\n\n{campaign.table()}")
    return any(account.lost for account in campaign.accounts.values())


if __name__ == "__main__":
    sys.exit(main())
