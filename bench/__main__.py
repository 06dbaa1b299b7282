"""`make bench`: every bench, one after the other."""

from bench import inspection, labels, passport, recall, tryton, what_if

for bench in (labels, passport, inspection, what_if, recall, tryton):
    bench.main()
