"""Shifts that return their truth, and real data in two domains."""

from sktl.datasets._digits import load_digits_domains
from sktl.datasets._links import make_block_links, make_chain_links
from sktl.datasets._reader import load_npz
from sktl.datasets._shifts import make_covariate_shift
from sktl.datasets._spectra import make_spectra

__all__ = [
    "load_digits_domains",
    "load_npz",
    "make_block_links",
    "make_chain_links",
    "make_covariate_shift",
    "make_spectra",
]
