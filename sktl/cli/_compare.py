"""``sktl compare``: print what comes of trying every method."""

from sktl.cli._output import table_lines, write_model, write_page, write_predictions
from sktl.cli._streams import complain
from sktl.comparison import Comparison, SavedModel
from sktl.inspection.report import distance_words


def compare(source, target, options, say, progress):
    """Compare the methods on two frames and print the result.

    Parameters
    ----------
    source, target : DataFrame
        The tables.
    options : Namespace
        ``label``, ``task``, ``methods``, ``target_labels``, ``metric``, ``drop``, ``seed``, ``n_jobs``,
        ``out``, ``save``, ``html``.
    say : callable
        Takes each line of the result.
    progress : callable
        Takes each line of progress.
    """
    comparison = Comparison.from_tables(
        source,
        target,
        options.label,
        task=options.task,
        methods=options.methods,
        target_labels=options.target_labels,
        metric=options.metric,
        drop=options.drop,
        random_state=options.seed,
    )
    for note in comparison.notes:
        complain(note)
    for line in comparison.words():
        say(line)
    progress("measuring the distance between the tables")
    for line in [*distance_words(comparison.distance(options.n_jobs)), ""]:
        say(line)
    choice = comparison.run(options.n_jobs, progress)
    # before the scores are printed: if the final fit fails, that is the one thing to say
    predicted = None if options.out is None else choice.predict()
    for line in [*table_lines(*choice.cells()), *choice.remarks(), ""]:
        say(line)
    for indent, line in zip(["", *["  "] * len(choice.words())], choice.words(), strict=False):
        say(indent + line)
    if options.out is not None:
        problem = comparison.problem
        write_predictions(options.out, problem.row[problem.target], {"prediction": predicted})
        say(f"predictions of {len(predicted)} rows: {options.out}")
    if options.save is not None:
        progress("saving the model")
        write_model(options.save, SavedModel.of_choice(choice))
        say(f"model: {options.save}")
    if options.html is not None:
        progress("looking for the kind of shift")
        write_page(options.html, choice.report(options.n_jobs), [choice.block()])
        say(f"page: {options.html}")
