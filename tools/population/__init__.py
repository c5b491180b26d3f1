"""Solves once, and stores, the numbers of firms and the sums behind the synthetic population of belgium-2002.

    PYTHONPATH=src:tools python -m population PUBLISHED.csv [OUT]

Needs highspy (HiGHS, MIT licence). The package needs no solver: it reads the stored solution.
"""
