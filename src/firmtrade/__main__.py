"""`python -m firmtrade` is the command line."""

from firmtrade.cli import main

main()
