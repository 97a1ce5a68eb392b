"""Columns of the two accumulator tables: one row a component, integers only, so that no sum has an order.

``narrow`` (int32) and ``wide`` (int64) are kept apart because millions of small components are a matter of
memory: 144 bytes a row instead of 200.
"""

(N_VOXELS, N_RUNS, MEETS_Y, MEETS_Z, Z0, Z1, Y0, Y1, X0, X1, MIN, MAX, FIRST_Y, FIRST_X) = range(14)
N_NARROW = 14

(SUM, SUM_SQ, SUM_Z, SUM_Y, SUM_X, SUM_ZZ, SUM_YY, SUM_XX, SUM_ZY, SUM_ZX, SUM_YX) = range(11)
N_WIDE = 11
