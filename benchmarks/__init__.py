"""What a run costs in time, memory and requests, beside what it can't do without: `make bench`.

Nothing of the package or its tests imports from here. docs/performance.md has the results.
"""
