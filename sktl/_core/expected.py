"""The score of a classifier on rows without labels: one formula a method, of held-out source rows and target rows."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from sktl._core.calibration import fit_calibration_map
from sktl._core.kernels import canonical_order, subsample
from sktl._core.label_shift import correct_prior, em_prior, fit_calibration
from sktl._core.soft_scores import Answers, Score, expected_confusion, one_hot

# Groups of the jackknife: its deviation is known to 1 / sqrt(2 GROUPS) of itself, 8 %. That error is the same in all
# tables of one size, since which places of the sorted rows make a group is fixed, so that few groups (20: 16 %) would
# be wrong the same way each time, and Student's quantile would not make up for it.
GROUPS = 80
LEFT_ROWS = 4_000  # of a domain that the jackknife looks at: 80 x 4,000 rows take less time than 20 x 20,000
MOST_ROWS = 20_000  # of the target that the class shares look at: their error is then below .004
LEAST_RATIO = 1e-12  # so that some weight is left where the ratio is 0 at all held-out rows


@dataclass(frozen=True)
class ClassEvidence:
    """What is known of a classifier without target labels.

    Attributes
    ----------
    held : Answers
        Of n_source held-out rows of the source.
    codes : ndarray of shape (n_source,)
        Their classes.
    ratio : ndarray of shape (n_source,)
        Density of the target over that of the source at these rows.
    new : Answers
        Of rows of the target.
    """

    held: Answers
    codes: np.ndarray
    ratio: np.ndarray
    new: Answers

    def at(self, source, target):
        """The evidence of some source rows and some target rows."""
        return ClassEvidence(self.held.at(source), self.codes[source], self.ratio[source], self.new.at(target))

    @property
    def sizes(self):
        """Numbers of source rows and of target rows."""
        return len(self.codes), len(self.new.decided)

    @property
    def n_classes(self):
        """Number of classes."""
        return self.held.proba.shape[1]

    def known(self):
        """The mass of the source's labels."""
        return one_hot(self.codes, self.n_classes)

    def columns(self):
        """Numbers of each source row and of each target row that decide what they say, for an order of the rows."""
        return np.column_stack([self.held.proba, self.held.decided, self.codes, self.ratio]), np.column_stack(
            [self.new.proba, self.new.decided]
        )

    def sureness(self):
        """The largest probability of each source row and of each target row."""
        return self.held.proba.max(axis=1), self.new.proba.max(axis=1)

    def chance(self, score: Score) -> float:
        """The score where the classes have nothing to do with the answers, and all are as frequent."""
        return score(self.new, np.full(self.new.proba.shape, 1 / self.n_classes))


# --- source rows, weighted ---


def by_source(evidence, score):
    """The source's score: what is expected if nothing differs."""
    return score(evidence.held, evidence.known())


def by_importance(evidence, score):
    """The score of source rows weighted by p_t(x) / p_s(x)."""
    return score(evidence.held, evidence.known() * (evidence.ratio + LEAST_RATIO)[:, None])


def class_weights(evidence):
    """p_t(y) / p_s(y) by the confusion matrix: w >= 0 of C w = the shares of the target's predictions.

    Least squares take the place of a matrix that can't be inverted. Classes without source rows weigh nothing.
    """
    n_classes, (n_source, n_target) = evidence.n_classes, evidence.sizes
    confusion = expected_confusion(evidence.held.decided, evidence.known()).T / n_source
    shares = np.bincount(evidence.new.decided, minlength=n_classes) / n_target
    weights, _ = nnls(confusion, shares)
    return weights / max(float(weights @ confusion.sum(axis=0)), LEAST_RATIO)


def by_label(evidence, score):
    """The score of source rows weighted by p_t(y) / p_s(y): exact where the classes alone are more or less frequent."""
    return score(evidence.held, evidence.known() * (class_weights(evidence) + LEAST_RATIO))


# --- target rows, with probabilities in place of labels ---


def by_confidence(evidence, score):
    """The expected score if the classifier's own probabilities were right."""
    return score(evidence.new, evidence.new.proba)


def calibrated(evidence, weights):
    """Probabilities of the target's rows by staircases of the weighted source rows (isotonic, a class)."""
    staircases = fit_calibration_map("isotonic", evidence.held.proba, evidence.codes, weights)
    return staircases(evidence.new.proba)


def by_cbpe(evidence, score):
    """The expected score by probabilities that are calibrated on the source."""
    return score(evidence.new, calibrated(evidence, np.ones(len(evidence.codes))))


def importance_calibrated(evidence):
    """Probabilities of the target's rows that are calibrated on source rows weighted by p_t(x) / p_s(x)."""
    return calibrated(evidence, evidence.ratio + LEAST_RATIO)


def by_pape(evidence, score):
    """The expected score by these probabilities."""
    return score(evidence.new, importance_calibrated(evidence))


def share_corrected(evidence):
    """Probabilities of the target's rows for its own class shares, which are those of maximum likelihood.

    Calibrated by one temperature and a bias a class; a class without source rows is left at 0.
    """
    seen = np.flatnonzero(np.bincount(evidence.codes, minlength=evidence.n_classes))
    codes = np.searchsorted(seen, evidence.codes)
    calibration = fit_calibration(evidence.held.proba[:, seen], codes)
    proba, prior = calibration(evidence.new.proba[:, seen]), np.bincount(codes) / len(codes)
    rows = subsample(proba, MOST_ROWS, np.random.RandomState(0)) if len(proba) > MOST_ROWS else slice(None)
    # a hundredth of a per cent of likelihood a row decides no share
    shares = em_prior(proba[rows], prior, tol=1e-5, max_iter=1000).prior
    corrected = np.zeros(evidence.new.proba.shape)
    corrected[:, seen] = correct_prior(proba, shares / prior)
    return corrected


def by_mlls(evidence, score):
    """The expected score by these probabilities."""
    return score(evidence.new, share_corrected(evidence))


# --- differences of confidence, for the accuracy alone ---


def by_doc(evidence, score):
    """The source's accuracy, and what the mean confidence changes (Guillory et al., 2021)."""
    gain = evidence.new.proba.max(axis=1).mean() - evidence.held.proba.max(axis=1).mean()
    return float(np.clip(by_source(evidence, score) + gain, 0, 1))


def above_threshold(of_source, of_target, share):
    """Share of the target's values that reach the value which ``share`` of the source's reach (Garg et al., 2022)."""
    n_below = int(round((1 - share) * len(of_source)))
    if n_below == len(of_source):
        return float(np.mean(of_target > of_source.max()))
    return float(np.mean(of_target >= np.sort(of_source)[n_below]))


def by_atc(evidence, score):
    """Share of target rows above the confidence that as many source rows exceed as are right."""
    return above_threshold(*evidence.sureness(), by_source(evidence, score))


def negative_entropy(proba):
    """Sum of p log p, (n,)."""
    return np.sum(proba * np.log(np.maximum(proba, np.finfo(float).tiny)), axis=1)


def by_atc_entropy(evidence, score):
    """The same by negative entropy."""
    sureness = negative_entropy(evidence.held.proba), negative_entropy(evidence.new.proba)
    return above_threshold(*sureness, by_source(evidence, score))


#: By name, the methods for every score, and those for the accuracy.
CLASS_METHODS = {
    "source": by_source,
    "importance": by_importance,
    "label": by_label,
    "confidence": by_confidence,
    "cbpe": by_cbpe,
    "pape": by_pape,
    "mlls": by_mlls,
}
ACCURACY_METHODS = {"doc": by_doc, "atc": by_atc, "atc_entropy": by_atc_entropy}


# --- the error of sampling ---


def jackknife_error(evidence, estimate) -> float:
    """Standard error of ``estimate(evidence)``: rows are left out group by group, of both domains at once.

    The groups do not depend on the order of the rows. At most ``LEFT_ROWS`` rows of a domain are looked at; of more
    rows the variance is smaller by the share of them that was looked at, in the domain where that is larger. The
    density ratio counts as known.
    """
    rng = np.random.RandomState(0)
    orders, looked_at = [], 0.0
    for columns in evidence.columns():
        order = canonical_order(columns)
        orders.append(order[rng.permutation(len(order))][:LEFT_ROWS])
        looked_at = max(looked_at, len(orders[-1]) / max(len(order), 1))
    n_groups = min(GROUPS, *map(len, orders))
    if n_groups < 2:
        return np.inf  # of a row nothing is known
    values = []
    for group in range(n_groups):
        source, target = (np.delete(order, np.s_[group::n_groups]) for order in orders)
        values.append(estimate(evidence.at(source, target)))
    values = np.array(values)
    variance = (n_groups - 1) / n_groups * np.sum((values - values.mean()) ** 2)
    return float(np.sqrt(variance * looked_at))
