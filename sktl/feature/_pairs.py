"""What the maps between instruments share: which domain is the reference, and each other domain's pairs with it."""

from numbers import Integral

from sktl._checks import InstanceOf
from sktl.domains import TARGET, paired_means

REFERENCE = (None, InstanceOf(str, Integral, noun="the name of a domain"))


def name_of_reference(estimator, domains):
    """Name of the domain that the others are mapped into: the source, unless the user names another one."""
    names = [*domains.sources, TARGET]
    if estimator.reference is None and len(domains.sources) == 1:
        return domains.sources[0]
    if estimator.reference is None:
        raise ValueError(
            f"There are {len(domains.sources)} sources, {domains.sources}: say into which one's space the rows are to "
            f"be mapped, for instance reference={domains.sources[0]!r} (or 'target')."
        )
    if estimator.reference not in names:
        raise ValueError(f"reference={estimator.reference!r} is none of the domains {names}. Name one of these.")
    return estimator.reference


def pairs_with(estimator, X, domains, reference):
    """For each other domain the rows of the samples that the reference has too: {name: (own, the reference's)}."""
    means = paired_means(X, domains)
    found = {name: means.of(name, reference) for name in [*domains.sources, TARGET] if name != reference}
    for name, (own, _) in found.items():
        if len(own) == 0:
            raise ValueError(
                f"{type(estimator).__name__} learns from samples that were measured in both domains, but none of the "
                f"{len(set(domains.samples[domains.samples >= 0].tolist()))} ids in sample_id is in {name!r} and in "
                f"{reference!r}. Pass sample_id, one value a row, equal for the rows of one sample; without such "
                "samples use DomainScaler(with_std=False)."
            )
    return found
