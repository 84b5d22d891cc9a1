"""`moulin seed`: rows and changes for the tables of a lake, written as an application would write them.

One idea per module: `model` (what a table is), `lake_tables` and `catalog` (where one comes from), `vocabulary`, `values`, `distinct` and
`rows` (what is written), `keys` and `mix` (what is changed), `sql`, `connection` and `target` (how it is written), `run` (the loop), `job`
(all of it together) and `report` (what is said).
"""
