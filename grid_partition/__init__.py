"""Cut territory into balanced, contiguous service grids that tile it exactly."""

from grid_partition.atoms import build_atoms
from grid_partition.groups import Groups, group_dwellings
from grid_partition.invariants import check_tiling
from grid_partition.model import Atoms, Misfit, Partition, PartitionOptions, Quality, TilingFault, TilingReport
from grid_partition.partition import partition_units
from grid_partition.water import Reaches, partition_network, reach_shares

__all__ = [
    "Atoms",
    "Groups",
    "Misfit",
    "Partition",
    "PartitionOptions",
    "Quality",
    "Reaches",
    "TilingFault",
    "TilingReport",
    "build_atoms",
    "check_tiling",
    "group_dwellings",
    "partition_network",
    "partition_units",
    "reach_shares",
]
