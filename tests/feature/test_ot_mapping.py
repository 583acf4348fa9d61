"""OTMapping: plans and images by hand, POT's, the limits, the label cost, rows that fit has not seen."""

import sys
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from sktl import OnLabeled
from sktl._core import transport
from sktl._core.clusters import prototypes
from sktl._core.transport import ground_cost, sinkhorn_plan, uniform
from sktl.exceptions import CollapsedImagesWarning, MissingExtraError
from sktl.feature import OTMapping, _ot_mapping

SINKHORN = {"class_reg": None}
EXACT = {"class_reg": None, "reg": 0}


def needs_pot():
    return pytest.importorskip("ot", reason="exact plans come from POT, of the ot extra")


def share_of_largest_class(plan, codes):
    """Mean over target rows of the share of their mass that comes from one class."""
    sent = np.array([plan[codes == c].sum(axis=0) for c in np.unique(codes)])
    return np.mean(sent.max(axis=0) / sent.sum(axis=0))


def test_exact_plan_and_images_are_pot_s(two_domains):
    ot = needs_pot()
    X, y, _ = two_domains
    source, target = X[:101], X[101:]
    theirs = ot.da.EMDTransport(metric="sqeuclidean", norm=None).fit(Xs=source, Xt=target)
    mapping = OTMapping(**EXACT).fit(X, y)
    assert_allclose(mapping.plans_["source"], theirs.coupling_, atol=1e-12)
    moved = mapping.transform(source, sample_domain=np.full(101, "source"))
    assert_allclose(moved, theirs.transform(Xs=source), atol=1e-9)
    assert_allclose(moved, 101 * theirs.coupling_ @ target, atol=1e-9)


def test_entropic_plan_is_pot_s(two_domains):
    ot = needs_pot()
    X, y, _ = two_domains
    cost = ot.dist(X[:101] - X[:101].mean(axis=0), X[101:] - X[101:].mean(axis=0))
    theirs = ot.bregman.sinkhorn_log(uniform(101), uniform(67), cost / np.median(cost), 0.1, 10_000, stopThr=1e-12)
    mapping = OTMapping(0.1, class_reg=None, tol=1e-10, max_iter=10_000).fit(X, y)
    assert_allclose(mapping.plans_["source"], theirs, atol=1e-9)


def test_plans_are_in_the_order_of_the_rows(two_domains):
    X, y, _ = two_domains
    order = np.random.default_rng(0).permutation(168)
    straight, shuffled = OTMapping().fit(X, y), OTMapping().fit(X[order], y[order])
    rows, columns = np.flatnonzero(order < 101), np.flatnonzero(order >= 101)
    assert_array_equal(shuffled.points_["target"], X[order][columns])
    assert_array_equal(shuffled.plans_["source"], straight.plans_["source"][np.ix_(order[rows], order[columns] - 101)])


def test_images_are_means_of_target_rows(two_domains):
    X, y, _ = two_domains
    for mapping in (OTMapping(), OTMapping(0.1, class_reg="laplace")):
        mapped = mapping.fit_transform(X, y)
        assert_allclose(mapped[:101], 101 * mapping.plans_["source"] @ X[101:], atol=1e-12)
        assert_array_equal(mapped[101:], X[101:])


def test_without_shift_nothing_moves():
    needs_pot()
    X = np.random.default_rng(0).normal(size=(41, 3))
    both = np.concatenate([X, X[::-1]])
    domain = np.repeat(["lab", "target"], 41)
    assert_allclose(OTMapping(**EXACT).fit_transform(both, sample_domain=domain)[:41], X, atol=1e-12)


def test_a_translation_is_undone():
    needs_pot()
    X = np.random.default_rng(0).normal(size=(41, 3))
    both = np.concatenate([X, X + [5, -2, 0]])
    mapped = OTMapping(**EXACT).fit_transform(both, sample_domain=np.repeat(["lab", "target"], 41))
    assert_allclose(mapped[:41], X + [5, -2, 0], atol=1e-12)


def test_much_entropy_sends_all_to_the_mean(two_domains):
    X, y, _ = two_domains
    with pytest.warns(CollapsedImagesWarning, match=r"all rows of 'source' to nearly one place: .* Lower reg"):
        mapped = OTMapping(1e4, class_reg=None).fit_transform(X, y)
    assert_allclose(mapped[:101], np.broadcast_to(X[101:].mean(axis=0), (101, 5)), atol=1e-3)


def test_without_weight_a_penalty_changes_nothing(two_domains):
    X, y, _ = two_domains
    plain = OTMapping(**SINKHORN).fit(X, y).plans_["source"]
    for penalty in ("group_lasso", "laplace"):
        assert_array_equal(OTMapping(class_reg=penalty, eta=0).fit(X, y).plans_["source"], plain)


def test_group_lasso_draws_a_row_s_mass_from_one_class(two_domains):
    X, y, y_true = two_domains

    def share(**parameters):
        return share_of_largest_class(OTMapping(**parameters).fit(X, y).plans_["source"], y_true[:101])

    assert share(eta=1.0) > share(**SINKHORN) + 0.02


def test_laplace_keeps_neighbours_of_one_class_together(two_domains):
    X, y, y_true = two_domains

    def spread(**parameters):
        mapped = OTMapping(0.05, **parameters).fit_transform(X, y)[:101]
        return sum(mapped[y_true[:101] == c].var(axis=0).sum() for c in (0, 1))

    assert spread(class_reg="laplace", eta=3.0) < 0.9 * spread(class_reg=None)


def test_the_graph_of_laplace_joins_no_two_classes():
    X = np.random.default_rng(0).normal(size=(30, 2))
    codes = np.tile([0, 1, -1], 10)
    laplacian = _ot_mapping.class_laplacian(X, codes, 4).toarray()
    assert_allclose(laplacian.sum(axis=1), 0)
    joined = (laplacian < 0) & (codes[:, None] >= 0) & (codes >= 0)
    assert joined.any() and (codes[:, None] == codes)[joined].all()
    assert (laplacian[codes < 0][:, codes >= 0] < 0).any()  # rows of unknown class are joined to any


def test_label_cost_is_added_to_the_distances(two_domains):
    X, y, y_true = two_domains
    y = y.copy()
    y[110:140] = y_true[110:140]
    target = np.arange(168) >= 101
    mapping = OTMapping(0.1, class_reg=None, label_cost=0.05, tol=1e-9, max_iter=5000).fit(X, y, sample_domain=target)
    cost = ground_cost(X[:101], X[101:])
    extra = 0.05 * cost.max()
    for i in range(101):
        for j in range(9, 39):
            cost[i, j] += extra * (y[i] != y[101 + j])
    expected = sinkhorn_plan(cost, uniform(101), uniform(67), 0.1, 1e-9, 5000).plan
    assert_allclose(mapping.plans_["source"], expected, atol=1e-9)


@pytest.mark.parametrize("parameters", [{}, SINKHORN, {"class_reg": "laplace"}, EXACT])
def test_label_cost_forbids_what_can_be_forbidden(parameters, two_domains):
    if parameters is EXACT:
        needs_pot()
    X, y, y_true = two_domains
    y = y.copy()
    y[101:131] = y_true[101:131]  # 30 of 67 target rows: both classes have source mass enough
    target = np.arange(168) >= 101

    def wrong_share(**more):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            plan = OTMapping(**parameters, **more).fit(X, y, sample_domain=target).plans_["source"]
        wrong = y_true[:101, None] != y_true[101:131]
        return plan[:, :30][wrong].sum()

    assert wrong_share() < 1e-3 < 1e-2 < wrong_share(label_cost=0)  # sums are right to 1e-3, then mended


def test_numbers_are_no_classes(two_domains):
    X, y, _ = two_domains
    numbers = y + 0.25
    plain = OTMapping(**SINKHORN).fit(X, numbers).plans_["source"]
    assert_array_equal(plain, OTMapping(**SINKHORN).fit(X, sample_domain=np.isnan(y)).plans_["source"])
    with pytest.raises(ValueError, match="'group_lasso' needs source rows with class labels"):
        OTMapping().fit(X, numbers)
    with pytest.raises(ValueError, match="'group_lasso' needs source rows with class labels"):
        OTMapping().fit(X, sample_domain=np.isnan(y))


def test_new_source_rows_move_with_their_nearest_neighbour(two_domains):
    X, y, _ = two_domains
    mapping = OTMapping()
    moves = (mapping.fit_transform(X, y) - X)[:101]
    new = np.random.default_rng(0).normal(size=(53, 5))
    expected = [row + moves[np.argmin(((X[:101] - row) ** 2).sum(axis=1))] for row in new]
    assert_allclose(mapping.transform(new, sample_domain=np.full(53, "source")), expected, atol=1e-9)
    assert_array_equal(mapping.transform(new), new)


def test_blocks_of_new_rows_change_nothing(two_domains, monkeypatch):
    X, y, _ = two_domains
    mapping = OTMapping(**SINKHORN).fit(X, y)
    whole = mapping.transform(X, sample_domain=np.full(168, "source"))
    monkeypatch.setattr(_ot_mapping, "ROWS", 7)
    assert_allclose(mapping.transform(X, sample_domain=np.full(168, "source")), whole)


def test_equal_rows_have_one_image():
    needs_pot()
    X = np.array([[0.0], [0.0], [1.0], [10.0], [11.0], [12.0]])  # the rows at 0 go to 10 and to 11
    mapped = OTMapping(**EXACT).fit_transform(X, sample_domain=np.arange(6) > 2)
    assert_allclose(mapped.ravel(), [10.5, 10.5, 12, 10, 11, 12])


def test_each_source_has_a_plan_of_its_own(two_domains):
    X, y, _ = two_domains
    domain = np.repeat(["b", "a", "target"], [40, 61, 67])
    mapping = OTMapping().fit(X, y, sample_domain=domain)
    alone = OTMapping().fit(np.delete(X, np.arange(40), axis=0), y[40:])
    assert_array_equal(mapping.plans_["a"], alone.plans_["source"])
    assert mapping.plans_["b"].shape == (40, 67)


def test_means_of_clusters_stand_for_many_rows():
    # each row five times: with as many points as there are distinct rows, the plan is that of these
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    X = rng.normal(size=(60, 2)) + 8 * labels[:, None]
    X[40:] += [1, -3]
    y = np.where(np.arange(60) < 40, labels, np.nan)
    many, y_many = np.repeat(X, 5, axis=0), np.repeat(y, 5)
    few = OTMapping().fit(X, y)
    drawn = OTMapping(max_samples=30).fit(many, y_many)
    assert few.approximation_ == "exact" and drawn.approximation_ == "prototypes"
    assert len(drawn.points_["source"]) <= 30 and len(drawn.points_["target"]) <= 30
    one, other = (m.transform(X[:40], sample_domain=np.full(40, "source")) for m in (few, drawn))
    assert np.linalg.norm(one - other, axis=1).mean() < 0.5 * np.linalg.norm(X[:40] - one, axis=1).mean()


def test_prototypes_keep_weights_classes_and_order():
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(203, 3)), rng.integers(-1, 2, size=203)
    found = prototypes(X, codes, 41, np.random.RandomState(0))
    assert abs(len(found.points) - 41) <= 2 and found.weights.sum() == pytest.approx(1)
    for code in (-1, 0, 1):
        own = found.codes == code
        assert found.weights[own].sum() == pytest.approx(np.mean(codes == code))
        assert_allclose(found.weights[own] @ found.points[own], X[codes == code].sum(axis=0) / 203, atol=1e-12)
    order = rng.permutation(203)
    again = prototypes(X[order], codes[order], 41, np.random.RandomState(0))
    assert_allclose(again.points, found.points, atol=1e-12)
    whole = prototypes(X, codes, None, None)
    assert_array_equal(whole.points, X) and assert_array_equal(whole.weights, 1 / 203)


def test_max_samples(two_domains, monkeypatch):
    X, y, _ = two_domains
    assert OTMapping(**SINKHORN, max_samples=1000).fit(X, y).plans_["source"].shape == (101, 67)
    monkeypatch.setattr(_ot_mapping, "AUTO_PAIRS", 6000)
    monkeypatch.setattr(_ot_mapping, "AUTO_SAMPLES", 50)
    model = OTMapping(**SINKHORN).fit(X, y)
    assert model.approximation_ == "prototypes" and max(model.plans_["source"].shape) <= 51
    assert_allclose(model.plans_["source"].sum(), 1)


def test_too_many_rows_is_an_early_error(two_domains, monkeypatch):
    monkeypatch.setattr(transport, "MAX_PAIRS", 6000)
    X, y, _ = two_domains
    with pytest.raises(ValueError, match=r"101 source rows and 67 target rows has 6767 entries .*max_samples='auto'"):
        OTMapping(max_samples=None).fit(X, y)
    OTMapping(max_samples=77).fit(X, y)


@pytest.mark.parametrize("offset", [0.0, 100.0, 1e6])
def test_a_pure_offset_is_undone_whatever_its_size(offset):
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    X = rng.normal(size=(300, 4)) + 6 * np.eye(4)[labels]
    near = OTMapping().fit(X, np.where(np.arange(300) < 200, labels, np.nan))
    X_far = X + np.where(np.arange(300) < 200, 0, offset)[:, None]
    far = OTMapping().fit(X_far, np.where(np.arange(300) < 200, labels, np.nan))
    assert_allclose(far.plans_["source"], near.plans_["source"], atol=1e-8)
    mapped = far.transform(X_far[:200], sample_domain=np.full(200, "source"))
    means = [mapped[labels[:200] == c].mean(axis=0) - X_far[200:][labels[200:] == c].mean(axis=0) for c in range(3)]
    assert np.abs(means).max() < 0.5


def test_units_of_the_rows_change_nothing_where_the_plan_is_exact(two_domains):
    needs_pot()
    X, y, _ = two_domains
    plain = OTMapping(**EXACT).fit(X, y).plans_["source"]
    assert_allclose(OTMapping(**EXACT).fit(2.0**-30 * X, y).plans_["source"], plain, atol=1e-12)
    assert_allclose(OTMapping(**EXACT).fit(2.0**30 * X, y).plans_["source"], plain, atol=1e-12)


def test_class_shares_weigh_the_source_s_rows():
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 2
    X = rng.normal(size=(150, 2)) + 5 * np.r_[labels, np.arange(60) % 6 == 0][:, None]  # 1 is a sixth of the target
    y = np.r_[labels, np.full(60, np.nan)]
    model = OTMapping(class_shares={0: 5, 1: 1}).fit(X, y)
    plan = model.plans_["source"]
    assert_allclose(plan[labels == 0].sum(axis=1), 5 / 6 / 45)
    assert_allclose(plan[labels == 1].sum(axis=1), 1 / 6 / 45)
    wrong = plan[labels == 0][:, np.arange(60) % 6 == 0].sum() + plan[labels == 1][:, np.arange(60) % 6 != 0].sum()
    assert wrong < 0.02  # of the mass goes to another class; without shares a third must
    equal = OTMapping(class_shares={0: 0.5, 1: 0.5}).fit(X, y).plans_["source"]
    assert_allclose(equal, OTMapping().fit(X, y).plans_["source"], atol=1e-12)
    for shares in ({0: 1.0}, {0: 1.0, 1: 0.0}, {0: 1, 1: 1, 2: 1}):
        with pytest.raises(ValueError, match=r"class_shares must give each class, \[0.*\], a share > 0; got"):
            OTMapping(class_shares=shares).fit(X, y)


def test_a_plan_cut_short_warns_with_numbers(two_domains):
    X, y, _ = two_domains
    with pytest.warns(ConvergenceWarning, match=r"plan of 'source' is still .* off in its sums after 1 iterations"):
        OTMapping(0.001, class_reg=None, max_iter=1).fit(X, y)
    with pytest.warns(ConvergenceWarning, match=r"far from optimal after \d+ iterations \(tol=1e-09\)"):
        OTMapping(0.01, eta=10, max_iter=10, tol=1e-9).fit(X, y)


def test_pot_cut_short_warns_as_we_do(two_domains, monkeypatch):
    needs_pot()
    from sktl._core import transport

    monkeypatch.setattr(transport, "PIVOTS", 3)
    with pytest.warns(ConvergenceWarning, match="The plan of 'source' is still"):
        OTMapping(**EXACT).fit(two_domains[0], two_domains[1])


@pytest.mark.parametrize("class_reg", [None, "laplace"])
def test_without_pot_the_message_names_the_extra(class_reg, two_domains, monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(MissingExtraError, match=r"OTMapping\(reg=0\), .* needs ot, .*pip install 'sktl\[ot\]'"):
        OTMapping(0, class_reg=class_reg).fit(two_domains[0], two_domains[1])
    OTMapping(0.1).fit(two_domains[0], two_domains[1])  # entropic plans need no POT


def test_one_domain_is_left_as_it_is(two_domains):
    X, _, y_true = two_domains
    with pytest.warns(UserWarning, match="one domain"):
        mapping = OTMapping().fit(X, y_true)
    assert_array_equal(mapping.transform(X), X)
    assert mapping.plans_ == {} and mapping.n_iter_ == 1


def test_in_a_pipeline(two_domains):
    X, y, y_true = two_domains
    pipe = make_pipeline(StandardScaler(), OTMapping(), OnLabeled(LogisticRegression())).fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    mapped = OTMapping().fit_transform(scaled, y)[:101]
    expected = LogisticRegression().fit(mapped, y_true[:101]).predict(scaled[101:])
    assert_array_equal(pipe.predict(X[101:]), expected)


def test_figures_on_office_caltech(real_data):
    data = real_data("office_caltech10_surf")
    source, target = (data.domain == list(data.domain_names).index(name) for name in ("webcam", "dslr"))
    X = data.X / data.X.sum(axis=1, keepdims=True)
    both = np.concatenate([StandardScaler().fit_transform(X[rows]) for rows in (source, target)])
    y = np.concatenate([data.y[source], np.full(target.sum(), np.nan)])

    def accuracy(*steps):
        pipe = make_pipeline(*steps, OnLabeled(KNeighborsClassifier(1))).fit(both, y)
        return 100 * pipe.score(both[source.sum() :], data.y[target])

    assert accuracy() == pytest.approx(59.24, abs=0.006)
    assert accuracy(Normalizer(), OTMapping(), Normalizer()) == pytest.approx(88.5, abs=0.7)


@pytest.mark.parametrize(
    "parameters, kind, match",
    [
        ({"reg": -0.1}, ValueError, "reg must be a number >= 0; got -0.1"),
        ({"reg": "auto"}, TypeError, "reg must be a number"),
        ({"reg": 0}, ValueError, "'group_lasso' needs reg > 0; got reg=0"),
        ({"class_reg": "lasso"}, ValueError, "class_reg must be one of 'group_lasso', 'laplace', None; got 'lasso'"),
        ({"eta": -1}, ValueError, "eta must be a number >= 0; got -1"),
        ({"metric": "hamming"}, ValueError, "metric must be one of 'cosine', .*; got 'hamming'"),
        ({"norm": "mean"}, ValueError, "norm must be one of 'median', 'max', None; got 'mean'"),
        ({"label_cost": np.inf}, ValueError, "label_cost must be a number >= 0; got inf"),
        ({"max_samples": 0}, ValueError, "max_samples must be 'auto' or None or an integer >= 1; got 0"),
        ({"max_iter": 0}, ValueError, "max_iter must be an integer >= 1; got 0"),
        ({"tol": 0}, ValueError, "tol must be a number > 0; got 0"),
        ({"n_neighbors": 0}, ValueError, "n_neighbors must be an integer >= 1; got 0"),
    ],
)
def test_errors(parameters, kind, match, two_domains):
    with pytest.raises(kind, match=match):
        OTMapping(**parameters).fit(two_domains[0], two_domains[1])
