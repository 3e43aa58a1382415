"""Cut territory into balanced, contiguous service grids that tile it exactly."""

from grid_partition.atoms import build_atoms
from grid_partition.groups import Groups, group_dwellings
from grid_partition.invariants import check_tiling
from grid_partition.model import Atoms, Partition, PartitionOptions, Quality, TilingFault, TilingReport
from grid_partition.partition import partition_units

__all__ = [
    "Atoms",
    "Groups",
    "Partition",
    "PartitionOptions",
    "Quality",
    "TilingFault",
    "TilingReport",
    "build_atoms",
    "check_tiling",
    "group_dwellings",
    "partition_units",
]
