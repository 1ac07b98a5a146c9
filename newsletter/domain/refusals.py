"""When a campaign stops itself: too many of its readers' servers have refused it for good.

Receivers judge a sender by how many dead addresses he writes to. Amazon SES, for one, puts an account under review
from 5 % of hard bounces on, and stops it from 10 % on; a list that was never confirmed, or has lain for years, shows
20 % and more within its first hundred emails. So the campaign stops before the receivers stop the sender.

A share alone would stop a small list for three dead mailboxes in fifty, which are nobody's fault. So each share needs
a number of refusals as well: for a list with 3 in 100 dead, which is well kept, both are reached together in less than
3 of 100 campaigns. With fewer refusals than ten nothing stops: those addresses get no more mail anyway.
"""

LIMITS = ((10, 10), (20, 5))
"""A campaign stops with so many refusals, when they are more than so many percent of what was answered."""


def are_too_many(refused: int, answered: int) -> bool:
    """Whether a campaign shall stop itself; `answered` counts what was accepted and what was refused for good."""
    return any(refused >= least and 100 * refused > percent * answered for least, percent in LIMITS)


def look_again_at(refused: int, answered: int) -> int:
    """With how many refusals they may be too many at the earliest, which spares counting the answers until then.

    That is if every further answer were a refusal; an acceptance only puts it off.
    """
    return min(
        max(least, refused + 1, refused + 1 + (percent * answered - 100 * refused) // (100 - percent))
        for least, percent in LIMITS
    )
