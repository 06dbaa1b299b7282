"""`make bench`: every bench, one after the other."""

from bench import inspection, labels, passport

for bench in (labels, passport, inspection):
    bench.main()
