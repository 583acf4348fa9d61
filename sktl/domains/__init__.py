"""What a domain label means: the one place that tells source rows from target rows.

A row whose label is missing is a target row; where labels do not show it, ``sample_domain`` says it. Everything else in
sktl asks :func:`read_domains`. In ``_tables`` rows and labels are read whatever holds them, in ``_convention`` their
domains, in ``_partners`` which rows are one sample (``sample_id``), and ``_stacking`` makes one table of several.
"""

from sktl.domains._convention import ONE_DOMAIN_IS_MEANT as ONE_DOMAIN_IS_MEANT
from sktl.domains._convention import TARGET as TARGET
from sktl.domains._convention import Domains as Domains
from sktl.domains._convention import listed as listed
from sktl.domains._convention import one_domain_is_meant as one_domain_is_meant
from sktl.domains._convention import read_domains as read_domains
from sktl.domains._convention import read_new_domains as read_new_domains
from sktl.domains._convention import read_target_domain as read_target_domain
from sktl.domains._convention import target_mask
from sktl.domains._convention import user_level as user_level
from sktl.domains._convention import warn_unconverged as warn_unconverged
from sktl.domains._partners import PairedMeans as PairedMeans
from sktl.domains._partners import paired_means as paired_means
from sktl.domains._partners import read_samples as read_samples
from sktl.domains._partners import units_of as units_of
from sktl.domains._stacking import split_domains, stack_domains
from sktl.domains._tables import as_column as as_column
from sktl.domains._tables import class_codes as class_codes
from sktl.domains._tables import draw_rows as draw_rows
from sktl.domains._tables import hidden_labels as hidden_labels
from sktl.domains._tables import known_labels as known_labels
from sktl.domains._tables import labeled_rows as labeled_rows
from sktl.domains._tables import missing_values as missing_values
from sktl.domains._tables import n_rows as n_rows
from sktl.domains._tables import one_column as one_column
from sktl.domains._tables import plain_rows as plain_rows
from sktl.domains._tables import take_rows as take_rows

__all__ = ["split_domains", "stack_domains", "target_mask"]
