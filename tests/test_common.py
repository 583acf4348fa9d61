"""The checks that every public estimator passes: scikit-learn's battery whole, then ours."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn
from battery import (
    as_source,
    domains_for,
    estimators,
    fitted_once,
    needs_target_labels,
    outcome,
    partners_for,
    plain,
    takes_domain,
    without_trees,
)
from conftest import read_only
from discovery import instances, missing_extra
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from sktl import OnLabeled
from sktl.base import BaseDomainAligner, BaseWeighter
from sktl.exceptions import SingleDomainWarning


@pytest.fixture(autouse=True)
def _skip_without_its_extra(request):
    """An estimator whose optional package is not installed is skipped, and the summary says which package."""
    reason = missing_extra(getattr(request.node, "callspec", None) and request.node.callspec.params.get("estimator"))
    if reason:
        pytest.skip(reason)


in_one_domain = pytest.mark.filterwarnings(
    # scikit-learn's checks know one domain only, which is what this warning says
    "ignore::sktl.exceptions.SingleDomainWarning",
    # array API checks skip where the packages they need are not installed; sktl claims no array API support
    "ignore::sklearn.exceptions.SkipTestWarning",
)


@in_one_domain
@parametrize_with_checks(list(instances(["default"])))
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.variant
@pytest.mark.thorough
@in_one_domain
@parametrize_with_checks(list(instances(["variant"])))
def test_scikit_learn_with_other_parameters(estimator, check):
    check(estimator)


@estimators
def test_inputs_stay_as_they_are(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    before = X.copy(), y.copy()
    outcome(clone(estimator).fit(X, y, **kwargs), X)  # the fixtures are read-only as well
    assert_array_equal(X, before[0])
    assert_array_equal(y, before[1])


@estimators
def test_row_order_does_not_matter(estimator, two_domains):
    estimator = without_trees(estimator)
    X, y, kwargs = domains_for(estimator, two_domains)
    order = np.random.default_rng(5).permutation(len(X))
    _, straight = plain(estimator, two_domains)
    shuffled = {name: value[order] for name, value in kwargs.items()}
    mixed = outcome(clone(estimator).fit(X[order], y[order], **shuffled), X[order])
    assert_allclose(mixed, straight[order], rtol=1e-4, atol=1e-5)


@estimators
def test_forms_of_sample_domain_agree(estimator, two_domains):
    if not takes_domain(estimator):
        pytest.skip("OnLabeled looks at labels alone")
    X, y, kwargs = domains_for(estimator, two_domains)
    target = np.isnan(two_domains[1])
    forms = [
        target,
        np.where(target, -1, 3),
        np.where(target, "target", "lab"),
        np.where(target, "target", "x").astype(object),
    ]
    _, expected = plain(estimator, two_domains)
    for form in forms[needs_target_labels(estimator) :]:  # the first one is how these are told in the first place
        assert_array_equal(outcome(clone(estimator).fit(X, y, **kwargs | {"sample_domain": form}), X), expected)


@estimators
def test_missing_labels_tell_the_domains(estimator, two_domains):
    if needs_target_labels(estimator):
        pytest.skip("learns from labelled target rows: labels can't tell its domains")
    X, y, _ = two_domains
    _, told = plain(estimator, two_domains)  # of NaN; that booleans say the same, test_forms_of_sample_domain_agree has
    boxed = y.astype(object)
    boxed[np.isnan(y)] = None
    assert_allclose(told, outcome(clone(estimator).fit(X, boxed, **partners_for(estimator, len(X))), X))


@estimators
def test_one_domain_warns(estimator, two_domains):
    X, _, y_true = two_domains
    if not takes_domain(estimator):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            clone(estimator).fit(X, y_true)
        return
    with pytest.warns(SingleDomainWarning, match="one domain, and nothing is adapted"):
        fitted = clone(estimator).fit(X, y_true)
    if isinstance(estimator, BaseWeighter):
        assert_array_equal(fitted.weights_, np.ones(len(X)))


@estimators
def test_float32(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    single = X.astype(np.float32)
    fitted = clone(estimator).fit(single, y, **kwargs)
    assert_allclose(outcome(fitted, single), plain(estimator, two_domains)[1], rtol=2e-2, atol=2e-3)
    if "float32" in getattr(get_tags(estimator).transformer_tags, "preserves_dtype", ()):
        assert fitted.transform(single).dtype == np.float32


@estimators
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
def test_csr(estimator, container, two_domains):
    if not get_tags(estimator).input_tags.sparse:
        pytest.skip("takes dense rows only, as its tags say")
    estimator = without_trees(estimator)
    X, y, kwargs = domains_for(estimator, two_domains)
    dense = np.where(np.abs(X) > 0.5, X, 0)
    csr = container(dense)
    read_only(csr.data, csr.indices, csr.indptr)
    result = outcome(clone(estimator).fit(csr, y, **kwargs), csr)
    assert_allclose(result, fitted_once(estimator, "with zeros", dense, y, kwargs)[1], rtol=1e-4, atol=1e-5)


@estimators
def test_duplicate_entries_of_csr_are_summed(estimator, two_domains):
    if not get_tags(estimator).input_tags.sparse:
        pytest.skip("takes dense rows only, as its tags say")
    estimator = without_trees(estimator)
    X, y, kwargs = domains_for(estimator, two_domains)
    plain = sparse.csr_array(X)
    halves = np.repeat(plain.data / 2, 2), np.repeat(plain.indices, 2), 2 * plain.indptr
    doubled = sparse.csr_array(halves, shape=plain.shape)
    read_only(doubled.data, doubled.indices, doubled.indptr)
    assert not doubled.has_canonical_format
    result = outcome(clone(estimator).fit(doubled, y, **kwargs), doubled)
    assert_allclose(result, outcome(clone(estimator).fit(plain, y, **kwargs), plain), rtol=1e-9, atol=1e-9)
    assert len(doubled.data) == 2 * len(plain.data)


@estimators
def test_masked_labels_are_missing(estimator, two_domains):
    if needs_target_labels(estimator):
        pytest.skip("learns from labelled target rows: labels can't tell its domains")
    X, y, y_true = two_domains
    masked = np.ma.array(y_true, mask=np.isnan(y))  # the hidden labels are there, and must not count
    result = outcome(clone(estimator).fit(np.ma.array(X), masked, **partners_for(estimator, len(X))), X)
    assert_allclose(result, plain(estimator, two_domains)[1])


@estimators
def test_masked_entries_are_refused(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    hidden = np.ma.array(X, mask=X > 2)
    with pytest.raises(ValueError, match=rf"X has {(X > 2).sum()} masked entries"):
        clone(estimator).fit(hidden, y, **kwargs)
    if takes_domain(estimator):
        domain = np.ma.array(np.where(np.isnan(two_domains[1]), -1, 0), mask=np.arange(len(X)) == 7)
        with pytest.raises(ValueError, match="sample_domain is missing in row 7"):
            clone(estimator).fit(X, y, sample_domain=domain)


@estimators
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(estimator, library, two_domains):
    frames = pytest.importorskip(library, reason=f"{library} comes with the test extra")
    X, y, kwargs = domains_for(estimator, two_domains)
    frame = frames.DataFrame({f"c{j}": X[:, j] for j in range(X.shape[1])})
    kwargs = {name: frames.Series(value) for name, value in kwargs.items()}
    fitted = clone(estimator).fit(frame, frames.Series(y), **kwargs)
    assert_allclose(outcome(fitted, frame), plain(estimator, two_domains)[1])
    assert fitted.feature_names_in_.tolist() == list(frame.columns)
    assert fitted.n_features_in_ == X.shape[1]


@estimators
@pytest.mark.parametrize("names", [("no", "yes"), (-1, 7), (False, True)], ids=str)
def test_label_names_do_not_matter(estimator, names, two_domains):
    if is_regressor(estimator):
        pytest.skip("a regressor's labels are numbers")
    X, y, kwargs = domains_for(estimator, two_domains)
    named = np.array([None if np.isnan(v) else names[int(v)] for v in y], dtype=object)
    fitted = clone(estimator).fit(X, named, **kwargs)
    assert_allclose(outcome(fitted, X), plain(estimator, two_domains)[1])
    if is_classifier(estimator):
        assert fitted.classes_.tolist() == list(names)
        assert {type(v) for v in fitted.predict(X).tolist()} == {type(names[0])}


@estimators
def test_integral_floats_beside_nan_are_integers(estimator, two_domains):
    if not is_classifier(estimator):
        pytest.skip("only a classifier has classes")
    X, y, kwargs = domains_for(estimator, two_domains)
    y = y.copy()
    y[0] = np.nan
    fitted = clone(estimator).fit(X, y, **kwargs)
    assert fitted.classes_.dtype.kind == "i" and fitted.predict(X).dtype.kind == "i"


@estimators
def test_clone_pickle_and_refit(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    fitted, expected = plain(estimator, two_domains)
    fitted = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(outcome(fitted, X), expected)
    assert_allclose(outcome(clone(fitted).fit(X, y, **kwargs), X), expected, rtol=1e-9, atol=1e-12)
    assert_allclose(outcome(fitted.fit(X, y, **kwargs), X), expected, rtol=1e-9, atol=1e-12)


@estimators
def test_skops_needs_to_trust_nothing_foreign(estimator, two_domains):
    skops = pytest.importorskip("skops.io", reason="skops comes with the test extra")
    fitted, expected = plain(estimator, two_domains)
    file = skops.dumps(fitted)
    ours = ("sktl.", "sklearn.", "scipy.")
    foreign = [kind for kind in skops.get_untrusted_types(data=file) if not kind.startswith(ours)]
    assert not foreign, f"loading needs trust in {foreign}"
    back = skops.loads(file, trusted=skops.get_untrusted_types(data=file))
    assert_array_equal(outcome(back, two_domains[0]), expected)


@estimators
def test_set_output(estimator, two_domains):
    if not hasattr(estimator, "set_output"):
        pytest.skip("not a transformer")
    pandas = pytest.importorskip("pandas", reason="pandas comes with the test extra")
    X, y, kwargs = domains_for(estimator, two_domains)
    mapped = clone(estimator).set_output(transform="pandas").fit_transform(X, y, **kwargs)
    assert isinstance(mapped, pandas.DataFrame)
    fitted, _ = plain(estimator, two_domains)
    assert list(mapped.columns) == fitted.get_feature_names_out().tolist()
    assert_allclose(mapped.to_numpy(), clone(estimator).fit_transform(X, y, **kwargs))


#: Learns a new domain's map from its rows.
TAKES_NEW_DOMAINS = ("ComBat",)


@estimators
def test_fit_transform_maps_each_row_by_its_domain(estimator, two_domains):
    if not hasattr(estimator, "transform") or not takes_domain(estimator):
        pytest.skip("not a domain transformer")
    X, y, kwargs = domains_for(estimator, two_domains)
    mapped = clone(estimator).fit_transform(X, y, **kwargs)
    fitted, _ = plain(estimator, two_domains)
    if not isinstance(estimator, BaseDomainAligner):
        assert_allclose(mapped, fitted.transform(X), rtol=1e-9, atol=1e-12)
        return
    target = np.isnan(y)
    assert_allclose(mapped, fitted.transform(X, sample_domain=target), rtol=1e-9, atol=1e-12)
    assert_allclose(mapped[target], fitted.transform(X[target]), rtol=1e-9, atol=1e-12)
    source = as_source(fitted, X[~target])
    assert_allclose(mapped[~target], fitted.transform(X[~target], sample_domain=source), rtol=1e-9, atol=1e-12)
    elsewhere = np.full(len(X), "elsewhere")
    if type(estimator).__name__ in TAKES_NEW_DOMAINS:
        assert np.isfinite(fitted.transform(X, sample_domain=elsewhere)).all()
        return
    with pytest.raises(ValueError, match="fit has not seen"):
        fitted.transform(X, sample_domain=elsewhere)


def in_a_pipeline(estimator):
    """An ordinary pipeline with the estimator in it."""
    if isinstance(estimator, BaseWeighter):
        from sktl.instance import ImportanceWeighted

        return make_pipeline(StandardScaler(), ImportanceWeighted(LogisticRegression(), clone(estimator)))
    if hasattr(estimator, "transform"):
        return make_pipeline(StandardScaler(), clone(estimator), OnLabeled(LogisticRegression()))
    return make_pipeline(StandardScaler(), clone(estimator))


def step_that_takes_domains(pipe):
    """Name of the step of the pipeline that takes ``sample_domain``."""
    return next(name for name, step in pipe.steps if takes_domain(step) and not isinstance(step, StandardScaler))


@estimators
def test_metadata_routing_off_and_on(estimator, two_domains):
    if not takes_domain(estimator):
        pytest.skip("OnLabeled looks at labels alone")
    X, y, kwargs = domains_for(estimator, two_domains)
    kwargs = kwargs | {"sample_domain": read_only(np.where(np.isnan(two_domains[1]), "target", "lab"))}
    off = in_a_pipeline(estimator)
    off.fit(X, y, **{f"{step_that_takes_domains(off)}__{name}": value for name, value in kwargs.items()})
    with sklearn.config_context(enable_metadata_routing=True):
        on = in_a_pipeline(estimator).fit(X, y, **kwargs)
    assert_array_equal(off.predict(X), on.predict(X))
    assert not sklearn.get_config()["enable_metadata_routing"]


@pytest.mark.filterwarnings("ignore::sktl.exceptions.WeakClassifierWarning")  # folds of 34 rows tell little
@estimators
def test_grid_search_in_an_ordinary_pipeline(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    pipe = in_a_pipeline(estimator)
    parameter = sorted(name for name in pipe.get_params() if name.endswith("__with_std"))[0]
    folds = KFold(2, shuffle=True, random_state=0)
    search = GridSearchCV(pipe, {parameter: [False]}, cv=folds, error_score="raise")
    search.fit(X, y, **{f"{step_that_takes_domains(pipe)}__{name}": value for name, value in kwargs.items()})
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.predict(X)) == len(X)


# --- hard tables ---


@pytest.mark.filterwarnings(
    "ignore::sktl.exceptions.EarlyStopWarning",  # one row is soon learned
    "ignore::sktl.exceptions.LowEffectiveSampleSizeWarning",  # and may look like few source rows
)
@estimators
def test_one_target_row(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    kwargs = {name: value[:102] for name, value in kwargs.items()}
    assert np.isfinite(outcome(clone(estimator).fit(X[:102], y[:102], **kwargs), X[:102])).all()


@pytest.mark.filterwarnings("ignore::sktl.exceptions.EarlyStopWarning")  # trees learn the target by heart
@estimators
def test_one_source_row(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    if is_classifier(estimator) and not kwargs:
        with pytest.raises(ValueError, match="class"):
            clone(estimator).fit(X[100:], y[100:])
        return
    kwargs = {name: value[100:] for name, value in kwargs.items()}
    assert np.isfinite(outcome(clone(estimator).fit(X[100:], y[100:], **kwargs), X[100:])).all()


@estimators
def test_constant_column_and_duplicated_rows(estimator, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    X = X.copy()
    X[:, 3] = 4.0
    X[1:11] = X[0]
    result = outcome(clone(estimator).fit(X, y, **kwargs), X)
    assert np.isfinite(result).all()
    if hasattr(estimator, "predict_weights") and get_tags(estimator).target_tags.required:
        return  # weighs a row by its label, and these rows have several
    if not isinstance(estimator, BaseWeighter) or getattr(estimator, "reg", 1) != 0:
        assert_allclose(result[1:11], np.broadcast_to(result[0], result[1:11].shape), rtol=1e-3, atol=1e-3)


#: Choose columns, and leave gaps to the model after them.
KEEPS_GAPS = ("SharedColumns", "UnionColumns")


@estimators
@pytest.mark.parametrize("bad, word", [(np.nan, "NaN"), (np.inf, "infinity")])
def test_not_finite_is_an_error(estimator, bad, word, two_domains):
    X, y, kwargs = domains_for(estimator, two_domains)
    X = X.copy()
    X[7, 2] = bad
    if np.isnan(bad) and get_tags(estimator).input_tags.allow_nan:  # trees take missing values, and boosted ones too
        result = outcome(clone(estimator).fit(X, y, **kwargs), X)
        assert np.isfinite(result).all() or type(estimator).__name__ in KEEPS_GAPS
        return
    with pytest.raises(ValueError, match=word):
        clone(estimator).fit(X, y, **kwargs)


#: Made for a target that is not known in fit.
NEEDS_NO_TARGET = ("AnchorRegression",)


@estimators
def test_empty_domain_is_an_error(estimator, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="labels of all 67 rows are missing"):
        clone(estimator).fit(X[101:], y[101:])
    if takes_domain(estimator):
        if type(estimator).__name__ not in NEEDS_NO_TARGET:
            with pytest.raises(ValueError, match="names no target"):
                clone(estimator).fit(X, two_domains[2], sample_domain=np.zeros(len(X), dtype=bool))
        with pytest.raises(ValueError, match="names no source"):
            clone(estimator).fit(X, two_domains[2], sample_domain=np.ones(len(X), dtype=bool))


@pytest.mark.filterwarnings("ignore::sktl.exceptions.UnlabeledSourceWarning")
@estimators
def test_no_label_at_all_is_said_in_words(estimator, two_domains):
    X, y, _ = two_domains
    kwargs = {"sample_domain": np.isnan(y)} if takes_domain(estimator) else {}
    kwargs |= partners_for(estimator, len(X))
    nothing = np.full(len(X), np.nan)
    try:
        fitted = clone(estimator).fit(X, nothing, **kwargs)
    except ValueError as error:
        assert "label" in str(error), error
    else:  # labels were never needed
        assert np.isfinite(outcome(fitted, X)).all()


@estimators
def test_fit_leaves_the_global_generator_alone(estimator, two_domains):
    if estimator.get_params(deep=False).get("random_state", 0) is None:
        pytest.skip("random_state=None draws from numpy's global generator, as in scikit-learn")
    X, y, kwargs = domains_for(estimator, two_domains)
    before = np.random.get_state()[1].copy(), np.random.get_state()[2]
    clone(estimator).fit(X, y, **kwargs)
    assert_array_equal(np.random.get_state()[1], before[0])
    assert np.random.get_state()[2] == before[1]


@estimators
def test_lengths_must_agree(estimator, two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="168.*167|167.*168|[Ii]nconsistent"):
        clone(estimator).fit(X, y[:-1])
    if takes_domain(estimator):
        with pytest.raises(ValueError, match=r"one value per row, shape \(168,\)"):
            clone(estimator).fit(X, two_domains[2], sample_domain=[True, False])


def test_a_plain_estimator_left_unwrapped_fails_loudly(two_domains):
    X, y, _ = two_domains
    with pytest.raises(ValueError, match="NaN"):
        Pipeline([("clf", LogisticRegression())]).fit(X, y)
