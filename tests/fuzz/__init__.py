"""Panels, studies and definitions with something wrong in them, by the thousand: make fuzz.

What is wrong is drawn from a seed, so each example can be made again. An example fails if it ends in anything
but a result or an error of ours, or if the result of a panel is not that of a slow and obvious computation.
"""
