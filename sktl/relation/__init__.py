"""Relation transfer: links between things that carry over."""

from sktl.relation._class_relation import ClassRelationTransfer
from sktl.relation._graph_transfer import GraphTransferClassifier

__all__ = ["ClassRelationTransfer", "GraphTransferClassifier"]
