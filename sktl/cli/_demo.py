"""``sktl demo``: a story on handwritten digits of two origins, in seconds and offline."""

from sktl._checks import import_extra
from sktl.comparison import compare
from sktl.datasets import load_digits_domains
from sktl.inspection.report import distance_words, table_lines

METHODS = "source-only,kmm,tca,scaled,coral"  # no trees: of ten classes on 64 columns they take minutes
#: What each method does here, and why that helps or hurts on these tables.
WHY = {
    "kmm": "weights the source rows that look like target rows; here hardly any does, so few carry all the weight",
    "tca": "keeps only directions in which both tables look alike: pen and scanner drop out, the digits stay",
    "scaled": "puts each table on its own scale, so that dark and light mean the same in both",
    "coral": "also turns the source's correlations to the target's, beyond what scaling alone does",
}
COMMANDS = """sktl report OLD.csv NEW.csv --html page.html
sktl compare OLD.csv NEW.csv --label COLUMN --save model.skops --html page.html
sktl predict model.skops NEXT.csv --out predictions.csv"""


def demo(options, say, progress):
    """Tell the story.

    Parameters
    ----------
    options : Namespace
        ``seed``, ``n_jobs``.
    say : callable
        Takes each line of the result.
    progress : callable
        Takes each line of progress.
    """
    frames = import_extra("pandas", "cli", "The command line")
    digits = load_digits_domains(source="mnist")
    table = frames.DataFrame(digits.X, columns=digits.feature_names).assign(digit=digits.y_true)
    target = digits.sample_domain == "target"
    found = compare(
        table[~target],
        table[target],
        "digit",
        task="classification",
        methods=METHODS,
        target_labels="hide",
        max_rows=None,
        n_jobs=options.n_jobs,
        tell=lambda kind, line: progress(line) if kind == "progress" else None,
        random_state=options.seed,
    )
    for line in story(found):
        say(line)


def story(found):
    """What came of it, told in order: one line each."""
    choice = found.choice
    first, *reasons = choice.words()
    return [
        "Labels are in one place, the work is in another: a model of MNIST's digits is to read those of scikit-learn,",
        "written and scanned elsewhere. Their labels are used only to score.",
        "",
        "1. How far apart are they?",
        *found.comparison.words(),
        *distance_words(found.distance),
        "",
        "2. What does that cost?",
        *cost_words(choice),
        "",
        "3. What does each method bring?",
        *table_lines(*choice.cells()),
        *gain_words(found.table),
        "",
        "4. What is chosen?",
        first,
        *(f"  {line}" for line in reasons if "--drop" not in line),  # pixels of the edge are dark in any digit
        "",
        "5. Go on with your own tables:",
        *(f"  {line}" for line in COMMANDS.splitlines()),
    ]


def cost_words(choice):
    """What the plain model loses on its way."""
    usual = choice.outcomes[0]
    here, there = (100 * outcome.score for outcome in (choice.source[usual.name], usual))
    return [
        f"A plain model ({usual.model}) is right on {here:.1f} % of the source's digits (cross-validated), and on",
        f"{there:.1f} % of the target's: the move costs {here - there:.1f} points.",
    ]


def gain_words(table):
    """What each method brings, the best first, and why."""
    rows = table[table["method"].isin(WHY)].sort_values("gain", ascending=False, kind="stable")
    for name, gain, error in zip(rows["method"], rows["gain"], rows["standard_error"], strict=True):
        word = "helps" if gain > 2 * error else "hurts" if gain < -2 * error else "changes little"
        yield f"  {name} {word} ({100 * gain:+.1f} points): it {WHY[name]}."
