"""
The same decision made by others: ZEN, OpenFisca and an if-chain, in one run with equal answers.

They have an environment of their own (`requirements-bench.lock`), which only `make bench` makes.
"""
