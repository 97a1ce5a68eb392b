"""Columns of a slab's two tables of accumulators: a row a label, integers only, so that no sum has an order.

They hold what only the sweep can see, the values and the faces between voxels. All geometry is in the runs,
which are kept anyway. A row of 40 bytes is a matter of time, too: on noise there are millions of labels.
"""

(SUM, SUM_SQ) = range(2)
N_WIDE = 2

(N_VOXELS, N_RUNS, MEETS_Y, MEETS_Z, MIN, MAX) = range(6)
N_NARROW = 6
