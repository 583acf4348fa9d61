"""Transfer by features: where the domains look alike."""

from sktl.feature._coral import CORAL
from sktl.feature._domain_scaler import DomainScaler
from sktl.feature._linear_ot import LinearOT
from sktl.feature._mida import MIDA
from sktl.feature._subspace_alignment import SubspaceAlignment
from sktl.feature._tca import TCA

__all__ = ["CORAL", "MIDA", "TCA", "DomainScaler", "LinearOT", "SubspaceAlignment"]
