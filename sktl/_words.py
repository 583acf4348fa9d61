"""Words that messages share; imports next to nothing, so that the command line can use them before anything else."""

from difflib import get_close_matches


def did_you_mean(name, names):
    """Suggest the one of ``names`` that is spelt most like ``name``: a sentence, or nothing."""
    plain = {other.strip().casefold(): other for other in names}
    close = get_close_matches(name.strip().casefold(), plain, n=1)  # case and blanks are what differs most often
    return f" Did you mean {plain[close[0]]!r}?" if close else ""
