#!/bin/sh
# Scouter for Python, the whole server in one file. It unpacks itself once, below $SCOUTER_UNPACK_DIR or ~/.cache, and then
# becomes the server: one process, which signals reach. What follows the last line of this script is a tar.gz.
set -eu
sum=@SUM@ size=@SIZE@ machine=@MACHINE@ lines=@LINES@ # of the archive, by cksum; where it begins
fail() { echo "scouter-server: $*" >&2; exit 1; }
elsewhere="set SCOUTER_UNPACK_DIR to a directory of this account, for 500 MB"

[ "$(uname -m)" = "$machine" ] || fail "this file is for $machine, and this machine is $(uname -m)"
case $machine in
    x86_64) loader=/lib64/ld-linux-x86-64.so.2 ;;
    *) loader=/lib/ld-linux-aarch64.so.1 ;;
esac
[ -e "$loader" ] || fail "this system has no glibc (there is no $loader); the alpine image of the server brings its own"
if [ -n "${SCOUTER_UNPACK_DIR:-}" ]; then base=$SCOUTER_UNPACK_DIR
elif [ -n "${XDG_CACHE_HOME:-}" ]; then base=$XDG_CACHE_HOME/scouter-server
elif [ -n "${HOME:-}" ]; then base=$HOME/.cache/scouter-server
else fail "HOME is not set: $elsewhere"
fi

home=$base/$sum
if [ ! -e "$home/scouter-server" ]; then
    mask=$(umask)
    umask 077
    mkdir -p "$base" || fail "cannot make $base: $elsewhere"
    # Whoever can write there can run programs as us.
    [ -O "$base" ] || fail "$base belongs to somebody else: $elsewhere"
    # What every system has to tell a download that was cut off.
    [ "$(tail -n +"$lines" "$0" | cksum)" = "$sum $size" ] || fail "$0 is not whole: download it again"
    find "$base" -maxdepth 1 -name 'part-*' -mmin +60 -exec rm -rf {} +  # of starts that were killed
    part=$(mktemp -d "$base/part-XXXXXX")
    trap 'rm -rf "$part"' EXIT
    trap 'exit 143' INT TERM
    printf '#!/bin/sh\n' > "$part/try" && chmod 700 "$part/try"
    "$part/try" 2>/dev/null || fail "nothing can be run from $base, as where noexec is mounted: $elsewhere"
    rm "$part/try"
    said=$(tail -n +"$lines" "$0" | gzip -dc | tar -x -C "$part" --strip-components=1 -f - 2>&1) ||
        fail "cannot unpack into $base ($(echo "$said" | grep -v 'Wrote only' | head -n 1)): $elsewhere"
    mv -T "$part" "$home" 2>/dev/null || [ -e "$home/scouter-server" ]  # another start may have been quicker
    rm -rf "$part"
    trap - EXIT INT TERM
    umask "$mask"
fi
# It may have been there before us, in a directory such as /tmp.
[ -O "$home" ] || fail "$home belongs to somebody else: $elsewhere"
unset SCOUTER_UNPACK_DIR  # no setting of the server
exec "$home/scouter-server" "$@"
