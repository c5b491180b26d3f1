"""Solves once, and stores, the numbers of firms and the sums behind the synthetic population of belgium-2002.

    python -m tools.population PUBLISHED.csv

Needs highspy (HiGHS). The package itself needs no solver: it reads the stored solution.
"""
