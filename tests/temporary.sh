# tests/temporary.sh - for the runners to source: temporary files lie in memory where there is plenty of it, and go when the runner ends.
#
# Databases of tests last for seconds and are not synced: on a disk their many small files are what tests wait for. A TMPDIR that is
# given stays.
MEMORY=/dev/shm ROOM_MIB=6144

room_mib() { # the least of what its file system and the machine have free
    {
        df --output=avail --block-size=1M "$MEMORY" | tail -n 1
        awk '$1 == "MemAvailable:" {print int($2 / 1024)}' /proc/meminfo
    } 2> /dev/null | sort -n | head -n 1
}
if [ -z "${TMPDIR-}" ] && [ -w "$MEMORY" ] && [ "$(room_mib)" -ge "$ROOM_MIB" ] 2> /dev/null; then
    TMPDIR=$(mktemp -d "$MEMORY/altledger-tests-XXXXXX")
    export TMPDIR
    chmod 1777 "$TMPDIR" # PostgreSQL runs as another user if we are root
    trap 'rm -rf "$TMPDIR"' EXIT
fi
