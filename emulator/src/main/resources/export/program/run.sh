#!/bin/sh
# Runs @NAME@ on this machine's own Linux (x86-64): as it stands, or isolated by the tool that is named.
cd "$(dirname "$0")" || exit 2
case "${1:-plain}" in
plain) exec ./program ;;
unshare) exec unshare --user --map-root-user --mount --uts --pid --fork ./program ;;
systemd-nspawn)
    # It wants a directory that looks like a system, and root's rights.
    mkdir -p root/usr root/bin && cp program "root/bin/@NAME@" || exit 2
    exec systemd-nspawn --quiet --register=no --directory=root --as-pid2 "/bin/@NAME@"
    ;;
podman | docker)
    image=$("$1" build --quiet --file Containerfile .) || exit 2
    exec "$1" run --rm "$image"
    ;;
*)
    echo "usage: ./run.sh [plain|unshare|systemd-nspawn|podman|docker]" >&2
    exit 2
    ;;
esac
