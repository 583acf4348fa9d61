"""``sktl plan``: write which rows of a table to label next."""

from sktl.cli._output import write_predictions
from sktl.comparison import plan_labels


def plan(source, target, options, say):
    """Choose rows of the second of two frames, and write their numbers.

    Parameters
    ----------
    source, target : DataFrame
        The tables.
    options : Namespace
        ``label``, ``task``, ``n``, ``purpose``, ``id``, ``drop``, ``out``, ``seed``, ``n_jobs``.
    say : callable
        Takes each line of the result.
    """
    found = plan_labels(
        source,
        target,
        options.label,
        n=options.n,
        purpose=options.purpose,
        id=options.id,
        task=options.task,
        drop=options.drop,
        n_jobs=options.n_jobs,
        random_state=options.seed,
    )
    columns = {name: found.table[name].to_numpy() for name in found.table}
    write_predictions(options.out, columns.pop("row"), columns)
    for line in [*found.words, f"plan: {options.out}"]:
        say(line)
