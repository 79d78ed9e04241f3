/* ledger/mirror/source_archive.h - blocks from an archive: a file of one JSON block a line, gzip or not.
 *
 * Lines ascend by one. A line whose number was there already is a reorg to its parent (the later line wins), unless it is
 * the very block of that number. A line is as final as its depth below the highest number seen, counted by the network's
 * finality_depth_blocks. Whatever else a file does is an error that names the line; blocks before it are given first. */
#ifndef LEDGER_MIRROR_SOURCE_ARCHIVE_H
#define LEDGER_MIRROR_SOURCE_ARCHIVE_H

#include "ledger/mirror/source.h"

/* options->locations[0] is the file. A file goes on after options->mark if it is the one that was read then, else after
 * its last line that is the booked head, else from its start (blocks that are booked already are passed over). A line
 * below the final block that is read after that is taken for a reorg, since what was booked there is not known here.
 * ERR_CONFIG: the file cannot be opened. */
MUST_CHECK enum err source_archive_open(const struct source_options *options, struct source **out);

#endif
