"""What the splitters share: the domains of the rows they deal, asked for as ``groups``."""

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


class DomainSplitter(BaseCrossValidator):
    """What the splitters share: ``groups`` are the domains, asked for as ``sample_domain`` where routing is on."""

    __metadata_request__split = {"groups": "sample_domain"}

    def _check_params(self):
        """Raise unless the parameters are as the class's table says."""
        for name, rule in constraints_of(type(self)).items():
            check_value(name, getattr(self, name), rule)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of splits.

        Parameters
        ----------
        X, y, groups : object, default=None
            Not used.

        Returns
        -------
        int
        """
        return self.n_splits
