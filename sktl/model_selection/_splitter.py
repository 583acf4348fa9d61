"""What the splitters share: the domains of the rows they deal, asked for as ``groups``."""

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from sktl._checks import check_value, constraints_of
from sktl.model_selection._folds import read_domains_quietly


def both_domains(X, y, groups, splitter):
    """Domains of the rows, for a splitter that splits source and target; an error if nothing tells them apart."""
    domains = read_domains_quietly(X, y, groups)
    if domains.single:
        raise ValueError(
            f"{type(splitter).__name__} splits source and target rows, but no label is missing and no groups were "
            f"passed, so that all {len(domains.target)} rows are one domain. Leave the labels of target rows "
            "missing, or pass groups (what fit takes as sample_domain); for a single domain use scikit-learn's "
            "splitters."
        )
    return domains


def without_partners(train, test, samples):
    """The rows to train on, but for those that are the same sample as a row to test on."""
    if (samples < 0).all():
        return train
    return train[(samples[train] < 0) | ~np.isin(samples[train], samples[test])]


class DomainSplitter(BaseCrossValidator):
    """What the splitters share: ``groups`` are the domains, asked for as ``sample_domain`` where routing is on.

    Rows of one physical sample (``sample_id``) are never on both sides of a split.
    """

    __metadata_request__split = {"groups": "sample_domain", "sample_id": True}

    def _check_params(self):
        """Raise unless the parameters are as the class's table says."""
        for name, rule in constraints_of(type(self)).items():
            check_value(name, getattr(self, name), rule)

    def get_n_splits(self, X=None, y=None, groups=None, sample_id=None):
        """Number of splits.

        Parameters
        ----------
        X, y, groups, sample_id : object, default=None
            Not used.

        Returns
        -------
        int
        """
        return self.n_splits
