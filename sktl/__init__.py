from sktl.base import OnLabeled
from sktl.domains import split_domains, stack_domains
