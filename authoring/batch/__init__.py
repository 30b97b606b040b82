"""The batch room: many photos, one `authoring.api.embed` each.

Knows: manifests, pairs of folders, worker processes here or on other machines, the journal that a second
run resumes from.
Must not know: printing, progress bars, and anything about photos or maps beyond their paths.
"""

from authoring.batch.cluster import ClusterWorkers
from authoring.batch.journal import Journal
from authoring.batch.manifest import count_rows, read_rows
from authoring.batch.pairs import Pairing, pair_folders, rows_of_pairs
from authoring.batch.pool import LocalWorkers
from authoring.batch.rows import COLUMNS, Row, Rules, option_values
from authoring.batch.run import Workers, run
from authoring.batch.work import BatchResult

__all__ = [
    "COLUMNS",
    "BatchResult",
    "ClusterWorkers",
    "Journal",
    "LocalWorkers",
    "Pairing",
    "Row",
    "Rules",
    "Workers",
    "count_rows",
    "option_values",
    "pair_folders",
    "read_rows",
    "rows_of_pairs",
    "run",
]
