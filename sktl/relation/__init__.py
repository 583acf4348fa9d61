"""Relation transfer: links between things that carry over.

Rows are nodes, and links join them: papers that cite, machines in one line, moments that follow each other. Two things
can be carried from the source to the target:

- **Labels**, along links that join rows of the same class: :class:`GraphTransferClassifier`. Links are nearest
  neighbours, or given as ``adjacency``, and the features that rows share are links too.
- **The relation of the classes**, which class links to which, where rows of *different* classes link:
  :class:`ClassRelationTransfer`. The features of the two domains may have nothing in common in what they mean; their
  columns are the same. A permutation test decides whether the relation is used.

``adjacency`` covers all nodes, those of later rows too, and is a parameter, so that scikit-learn's searches, which
slice rows alone, leave it whole; ``sample_index``, requested metadata of ``fit``, ``predict`` and ``score``, says which
node each row is. Turn metadata routing on in a search.

**The idea behind it: mapped relations.** TAMAR (Mihalkova, Huynh & Mooney, AAAI 2007) learns a Markov logic network in
one domain, say *a professor advises a student*, maps its predicates to those of another, *a director works with an
actor*, keeps the clauses whose mapping holds, and revises the others by the target's data.
:class:`ClassRelationTransfer` keeps three of these steps for one kind of link and classes of the same names: learn a
relation, test whether it holds, revise it by the target's own links (``prior_links``). To try a mapping of class names,
rename the source's labels and compare ``pvalue_`` (of several tries the smallest must be corrected for their number).
Learning the structure of a Markov logic network, clauses over several predicates, is out of scope: it needs a logic
engine and its own search.

**When not to use them.** Labels that spread are a smoother: on newsgroups they are a point above ``LabelSpreading`` on
the same neighbours and two above logistic regression of the source, but :class:`~sktl.feature.MSDA` before that
regression is seven points better (``benchmarks/relation.py``). A relation helps where links are given; nearest
neighbours share a class as a rule, and say little that the features do not. Without labels in the target the test rests
on the predictions of the rows' model, and rarely passes where features do not carry over.
"""

from sktl.relation._class_relation import ClassRelationTransfer
from sktl.relation._graph_transfer import GraphTransferClassifier

__all__ = ["ClassRelationTransfer", "GraphTransferClassifier"]
