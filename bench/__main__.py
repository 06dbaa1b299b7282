"""`make bench`: every bench, one after the other."""

from bench import inspection, labels, passport, tryton, what_if

for bench in (labels, passport, inspection, what_if, tryton):
    bench.main()
