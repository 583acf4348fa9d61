"""``sktl compare``: :func:`sktl.compare` on two files, told as it goes, and what is written of it."""

from sktl.cli._output import write_json, write_model, write_page, write_predictions
from sktl.cli._streams import complain
from sktl.comparison import MAX_ROWS, compare, read_model

QUICK = 1000  # rows of each table that --quick looks at


def run(source, target, options, say, progress):
    """Compare the methods on two frames, print the result, and write what was asked for.

    Parameters
    ----------
    source : DataFrame, or dict of str -> DataFrame
    target : DataFrame
    options : Namespace
        ``label``, ``task``, ``methods``, ``target_labels``, ``metric``, ``drop``, ``keep``, ``source_model``,
        ``trust_pickle``, ``quick``, ``seed``, ``n_jobs``, ``out``, ``save``, ``html``, ``json``.
    say : callable
        Takes each line of the result.
    progress : callable
        Takes each line of progress.

    Returns
    -------
    Decision
    """
    listeners = {"note": complain, "progress": progress, "result": say}
    decision = compare(
        source,
        target,
        options.label,
        task=options.task,
        methods=options.methods,
        target_labels=options.target_labels,
        metric=options.metric,
        drop=options.drop,
        keep=options.keep,
        max_rows=QUICK if options.quick else MAX_ROWS,
        source_model=options.source_model and read_model(options.source_model, options.trust_pickle),
        n_jobs=options.n_jobs,
        tell=lambda kind, line: listeners[kind](line),
        random_state=options.seed,
    )
    if options.out is not None:
        predicted = decision.predict()
        # the rows of the file: of a table that was cut, those of the target
        write_predictions(options.out, target.index, {"prediction": predicted})
        say(f"predictions of {len(predicted)} rows: {options.out}")
    if options.save is not None:
        progress("saving the model")
        write_model(options.save, decision.model)
        say(f"model: {options.save}")
    if options.html is not None:
        progress("looking for the kind of shift")
        write_page(options.html, decision)
        say(f"page: {options.html}")
    if options.json is not None:
        write_json(options.json, decision.to_dict())
        say(f"figures: {options.json}")
    return decision
