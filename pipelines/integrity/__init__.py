"""Integrity signals (值得再问一句的数): figures that ask for one more question, each with its evidence.

A signal needs a distribution or several years. It is never a finding: each has innocent explanations, and the tests of
hundreds of counties raise some by chance alone.
"""

from pipelines.integrity.signals import SCHOOL_COLUMNS, integrity_signals

__all__ = ["SCHOOL_COLUMNS", "integrity_signals"]
