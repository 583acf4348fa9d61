"""A report on two domains: how far apart they are, in which columns, in which way, and what to try first."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm

from sktl._checks import N_JOBS, SEED, Interval, checked, import_extra
from sktl._files import replacing
from sktl._tables.columns import encode, expand_dates, read_columns
from sktl._threads import limited_threads
from sktl.inspection._domains import domains_of
from sktl.inspection.report._columns import empty_columns
from sktl.inspection.report._distance import distance_of_rows
from sktl.inspection.report._evidence import gather
from sktl.inspection.report._features import compare_columns
from sktl.inspection.report._kinds import Findings, advise, method
from sktl.inspection.report._labels import read_labels
from sktl.inspection.report._loss import loss_words
from sktl.inspection.report._map import picture_of_domains
from sktl.inspection.report._page import page, section
from sktl.inspection.report._pictures import picture_of_column
from sktl.inspection.report._remarks import find_suspects, only_missing, remarks
from sktl.inspection.report._sample import Rows, Sample
from sktl.inspection.report._sources import source_distances
from sktl.inspection.report._tests import MIN_ROWS
from sktl.inspection.report._text import headline, text
from sktl.inspection.report._verdict import decide
from sktl.model_selection.evidence import MIN_LABELS

N_PICTURES = 3  # columns that get one
POWER = 0.8
SIDES = "source", "target"


@dataclass(frozen=True, eq=False, repr=False)
class DomainReport:
    """Report on two domains: the kind of shift, the evidence for it, and which methods to try first.

    Make it by :meth:`from_data`. ``print`` shows it as text, a notebook as a page, :meth:`to_html` writes that page,
    and :meth:`to_frame` returns the columns' figures.

    *What it decides*, the first of these that applies:

    - "none": no test finds a difference (:func:`~sktl.metrics.mmd_test`,
      :func:`~sktl.metrics.classifier_two_sample_test`, :func:`~sktl.metrics.feature_shift_test` of the values and
      missing shares of each column, and with target labels tests of the labels and of p(y|x)).
    - "label": the class shares differ, and little difference is left within the classes (without target labels: once
      the source is resampled to the target's estimated shares), both for a kernel and in the scores of a source model.
      For numbers as labels: little is left between rows with the same label. Besides, p(y|x) differs, or different
      shares predict a row's domain better than a shift of the columns.
    - "scale": target labels depend on the domain beyond what the features say, and no longer once the source's numeric
      columns are given the target's means and covariances; the rows are alike then, and the columns that have moved
      keep their shape.
    - "concept": target labels depend on the domain beyond what the features say, or differ though the features do not.
    - "covariate": any other difference of the features.

    Where two of these explain the data as well, the kind names both: "label or covariate" (neither predicts a row's
    domain better than the other), "scale or covariate" (nothing shows that the same values mean a different label; so
    always without target labels), "label or concept" (too few labels to see whether the rows moved with them).

    Columns that the remarks advise to drop (identifiers, times, periods) are not used to decide. *What it can't know*
    without target labels: whether p(y|x) is the same, and whether a unit changed or what was measured. With few rows,
    ``limits`` says which shifts go unseen.

    Parameters
    ----------
    kind : {"none", "covariate", "label", "scale", "concept"} or two of them, such as "label or covariate"
        The kind of shift, or the two that these data can't tell apart.
    suggestion : str
        One paragraph: what to fix, what to try first, and what to compare with it. None of it was run: ``sktl compare``
        tries such steps on the tables.
    points : list of str
        The parts of ``suggestion``.
    remarks : list of str
        The sentences of ``suggestion`` on what to fix before any adaptation.
    method : str
        The sentences of ``suggestion`` on what to try first, and what to compare with it.
    lost : str
        With target labels, and only where a part is certain: how much a linear model of the source's labels loses on
        the target, and what of it other rows and another relation cost (:func:`shift_attribution`, on at most 1,000
        labelled rows of each domain); else "".
    limits : str
        How small a shift this many rows can show.
    n_source, n_target, n_target_labeled : int
        Rows.
    distance : Distance
        ``mmd``, ``proxy_a``, their noise floors ``floor``, ``proxy_a_floor`` (95 % of pairs of random halves of the
        source stay below; that of MMD^2 is scaled to the domains' sizes), and the tests ``kernel_test`` and
        ``classifier_test`` with their p-values.
    questions : list of Question
        The tests: ``question``, ``statistic``, ``pvalue``, ``answer``.
    features : list of FeatureShift
        One per column, the one that differs most first: ``feature``, ``measure``, ``difference``, ``pvalue`` and
        ``adjusted_pvalue`` (Holm, over all tests of columns), ``psi``, ``wasserstein``, ``mean_shift``,
        ``scale_ratio``, ``importance``, ``missing_source``, ``missing_target``, ``missing_pvalue`` and
        ``missing_adjusted_pvalue``, ``unseen`` and ``unseen_values``.
    sources : list of SourceDistance
        One per source, the nearest first: ``source``, ``n_rows``, and ``mmd`` and ``proxy_a`` (NaN below 10 rows).
    shares : ClassShares or None
        ``classes``, ``source``, ``mlls``, ``bbse``, ``counted``. The estimates hold only under label shift: the text
        leaves them out unless ``kind`` is "none" or names "label".
    effective_sample_size : float
        Effective sample size of the source under density-ratio weights (by a
        :class:`~sktl.instance.DiscriminatorWeighter` on at most 5,000 rows of each domain, scaled to all).
    overlap : float
        How much of the target the source covers: the mean of that ratio over held-out source rows, 1 where it covers
        all. Where it is small, only target labels can show how good a model is there.
    map : Picture
        The rows of both domains on two components, as SVG.
    pictures : list of Picture
        The columns that differ most, as SVG.
    notes : list of str
        What was left out, and values of the target that the source never has.
    empty : list of str
        Columns that have values in one domain only; they are left out of every comparison.

    See Also
    --------
    FeatureShiftDisplay : The columns as a matplotlib figure.
    sktl.metrics.mmd_test, sktl.metrics.classifier_two_sample_test, sktl.metrics.feature_shift_test : Its tests.

    Notes
    -----
    Distances use at most 5,000 random rows of each domain and the kernel tests 1,000, so that the cost is bounded
    except for O(n) passes over the columns: 2,000 + 2,000 rows of 20 columns take 4 seconds of processor time, and 7
    with target labels. For the distances missing numbers are replaced by medians; single columns are
    compared without that. The decision is a rule of thumb on tests that share ``alpha``, not a proof: ``questions`` has
    all the evidence. What is left of a difference is measured at the kernel width at which the domains differ most.

    Measured on simulated data (``benchmarks/shift_kinds.py``: 5 and 20 columns, normal, of heavy tails, discrete and
    with gaps, a linear and a wavy response, classes and numbers, all target labels, 100 and none), on seeds that the
    rules were not set on. One distribution of 500 rows, 100 draws in each of 96 cells: taken for a shift in 4.1 % of
    9,600 verdicts, the worst cell 11 of 100; of 2,000 rows, 18 draws a cell: 5 %. Halves of 22 real tables,
    with all labels, 100 and none: 5.2, 4.5 and 2.6 % of 308 each. Kinds of shift were drawn a few times a cell; see
    there. Without target labels a concept shift shows as what the features alone do; stretched columns, like changed
    units, as "scale or covariate". Columns of the target in other units stay so even with labels, in 49 of 64 made
    worlds of 500 rows; ten were called "covariate", five "scale" (``benchmarks/shift_kinds.py``).

    Examples
    --------
    >>> import numpy as np
    >>> from sktl import stack_domains
    >>> from sktl.inspection import DomainReport
    >>> rng = np.random.default_rng(0)
    >>> X_source, X_target = rng.normal(size=(300, 2)), rng.normal(size=(200, 2)) + [0, 1]
    >>> y_source = X_source[:, 0] + rng.normal(size=300) > 0
    >>> X, y, sample_domain = stack_domains(source=(X_source, y_source), target=X_target)
    >>> report = DomainReport.from_data(X, y, sample_domain)
    >>> report.kind, report.features[0].feature
    ('covariate', 'x1')
    >>> print(report)  # doctest: +ELLIPSIS
    covariate shift: 300 source rows, 200 target rows (0 of them with a label), 2 columns
    ...
    """

    kind: str
    suggestion: str
    points: list
    remarks: list
    method: str
    lost: str
    limits: str
    n_source: int
    n_target: int
    n_target_labeled: int
    distance: object
    questions: list
    features: list
    sources: list
    shares: object
    effective_sample_size: float
    overlap: float
    map: object
    pictures: list
    notes: list
    empty: list

    @classmethod
    @checked(alpha=(Interval(low=0, high=1, closed="neither"),), n_jobs=N_JOBS, random_state=SEED)
    def from_data(cls, X, y=None, sample_domain=None, *, alpha=0.05, n_jobs=None, random_state=0):
        """Compare the domains of one table.

        Parameters
        ----------
        X : array-like, pandas or polars frame of shape (n_samples, n_features)
            Rows of all domains; numbers, times, texts and missing values.
        y : array-like of shape (n_samples,), default=None
            Labels; rows without one are target rows unless ``sample_domain`` says otherwise. Booleans and texts are
            classes, and whole numbers of at most 10 values, unless these thin out towards both ends as grades do.
        sample_domain : array-like of shape (n_samples,), default=None
            Domains, as ``fit`` takes them.
        alpha : float in (0, 1), default=0.05
            Level of all tests together: how often chance may pass for a shift. Below 0.04 the tests use more
            permutations, which takes longer.
        n_jobs : int, default=None
            Parallel jobs of the distances and of the classifiers.
        random_state : int, default=0
            Seed of the random halves, the folds and the permutations.

        Returns
        -------
        DomainReport

        Raises
        ------
        ValueError
            If there is only one domain, one has fewer than 10 rows, or no column can be compared.
        TypeError
            If ``X`` is sparse.
        """
        domains = domains_of(X, y, sample_domain)
        if domains.single:
            raise ValueError(
                "A report needs two domains, but no row is marked as target: leave the labels of target rows missing, "
                "or pass sample_domain."
            )
        target, labels = domains.target, None if y is None else read_labels(y, domains.target)
        _check_rows(target)
        X, times = expand_dates(X)
        columns, notes = read_columns(X, target, times)
        empty = empty_columns(X, target)
        suspects = find_suspects(columns, empty, target)
        features, unseen = compare_columns(X, columns, target)
        judged = [column for column in columns if column.name not in suspects.rowwise] or columns
        sample = make_sample(make_rows(judged, features, target, alpha, n_jobs, random_state), labels)
        with limited_threads(*sample.X.shape):
            (shares, more), weighting = sample.shares, sample.rows.weighting
            distance = distance_of_rows(sample.X, target, sample.rows.tests, random_state, n_jobs)
            decision = decide(gather(sample))
            lost = loss_words(sample, [column.name for column in judged])
        n_known = 0 if labels is None else int((target & sample.labeled).sum())
        numbers = labels is not None and labels.classes is None
        found = _findings(
            sample,
            weighting,
            decision,
            has_target_labels=n_known >= MIN_LABELS,
            numbers=numbers,
            only_missing=only_missing(features, alpha),
            remarks=remarks(suspects, features, alpha),
            n_sources=len(domains.sources),
        )
        by_name = {column.name: column for column in columns}
        points = advise(decision.kind, found)
        return cls(
            kind=decision.kind,
            suggestion=" ".join(points),
            points=points,
            remarks=found.remarks,
            method=method(decision.kind, found),
            lost=lost,
            limits=_limits(target, n_known, len(columns), alpha, numbers),
            n_source=int((~target).sum()),
            n_target=int(target.sum()),
            n_target_labeled=n_known,
            distance=distance,
            questions=decision.questions,
            features=features,
            sources=source_distances(sample.X, domains, distance, n_jobs, random_state),
            shares=shares,
            effective_sample_size=float(found.effective_share * (~target).sum()),
            overlap=float(found.overlap),
            map=picture_of_domains(sample.X, target, random_state),
            pictures=[picture_of_column(by_name[row.feature], target) for row in features[:N_PICTURES]],
            notes=notes + more + unseen,
            empty=[name for name, _ in empty],
        )

    def __str__(self):
        """The report as text."""
        return text(self)

    def __repr__(self):
        """One line; print shows the whole."""
        return f"<DomainReport: {headline(self)}, {self.n_source} source rows, {self.n_target} target rows>"

    def _repr_html_(self):
        """The report in a notebook."""
        return section(self)

    @property
    def headline(self):
        """The kind of shift in a few words, and columns that no model can use."""
        return headline(self)

    def section(self, extra=(), lead=None):
        """The report as a part of a page.

        Parameters
        ----------
        extra, lead
            As for :meth:`to_html`.

        Returns
        -------
        str
            HTML, whose style and script know nothing of the rest.
        """
        return section(self, extra, lead)

    def to_html(self, path, extra=(), lead=None):
        """Write the report as one page that needs no other file and no network.

        Parameters
        ----------
        path : str or path
            File to write, completely or not at all; an existing file is replaced.
        extra : list of (str, str or list of str, list, list), default=()
            Further tables to show before the evidence: title, words (a paragraph, or points), header, rows.
        lead : Lead, default=None
            What stands on top. None: the kind of shift, and what to try.
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"There is no folder {str(path.parent)!r} to write {path.name!r} into.")
        with replacing(path) as beside:
            beside.write_text(page(self, extra, lead), encoding="utf-8")

    def to_frame(self):
        """The figures of the columns as a pandas frame, the column that differs most first.

        Returns
        -------
        DataFrame
            One row a column: what :attr:`features` holds.
        """
        frames = import_extra("pandas", "cli", "DomainReport.to_frame")
        return frames.DataFrame([vars(row) for row in self.features])


def make_rows(columns, features, target, alpha=0.05, n_jobs=None, seed=0):
    """What the verdict looks at without labels: :class:`Rows` of the ``columns``."""
    encoded, owners = encode(columns)
    names = {column.name for column in columns}
    numeric = np.array([columns[j].is_number for j in owners])
    missing = np.column_stack([columns[j].missing for j in owners]) & numeric
    features = [row for row in features if row.feature in names]
    return Rows(encoded, numeric, missing, target, features, alpha, seed, n_jobs, owners)


def make_sample(rows, labels):
    """:class:`Rows` with a :class:`LabelColumn`, or None."""
    if labels is None:
        return Sample(rows, np.full(len(rows.target), np.nan), None)
    return Sample(rows, labels.codes, labels.classes)


def _findings(sample, weighting, decision, **known):
    """What the advice is made of: how the rows are covered, what the decision rests on, and what else is ``known``."""
    return Findings(
        effective_share=weighting.effective_share,
        overlap=weighting.overlap,
        n_columns=sample.X.shape[1],
        labels_fit=decision.labels_fit,
        turned=decision.turned,
        ruled_out=decision.ruled_out,
        weights_mend=decision.weights_mend,
        labels_differ=decision.labels_differ,
        **known,
    )


def _check_rows(target):
    """Refuse domains of too few rows."""
    for role, n in zip(SIDES, (int((~target).sum()), int(target.sum())), strict=True):
        if n < MIN_ROWS:
            raise ValueError(f"The {role} has {n} row(s); a report needs at least {MIN_ROWS} in each domain.")


def _limits(target, n_known, n_columns, alpha, numbers):
    """What so many rows allow to conclude."""
    n_source, n_target = int((~target).sum()), int(target.sum())
    # a two-sided test of the difference of two means, in units of the columns' deviation
    found = (norm.isf(alpha / 2) + norm.isf(1 - POWER)) * np.sqrt(1 / n_source + 1 / n_target)
    # Bonferroni
    corrected = (norm.isf(alpha / n_columns / 2) + norm.isf(1 - POWER)) * np.sqrt(1 / n_source + 1 / n_target)
    words = (
        f"With {n_source} source and {n_target} target rows, a shift in the mean of one column is found in four cases "
        f"of five if it is {found:.2g} standard deviations ({corrected:.2g} when all {n_columns} columns are tested); "
        "much smaller shifts mostly go unseen."
    )
    if n_known < MIN_LABELS:
        unseen = "neither label shift nor concept shift" if numbers else "concept shift"
        can = "can be seen" if numbers else "can't be seen"
        return f"{words} With {n_known} target labels (at least {MIN_LABELS} are needed), {unseen} {can}."
    return f"{words} With {n_known} target labels, concept shift is tested."
