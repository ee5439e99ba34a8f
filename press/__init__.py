"""Builds the notebooks that learners open from the text sources in ``source/``.

A contributors' tool: learners never need it. ``python -m press --help`` lists the commands.
"""
