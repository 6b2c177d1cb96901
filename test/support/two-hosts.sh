#!/usr/bin/env bash
# Two views of one folder, as two hosts have of a folder on NFS: each remembers for two seconds what files are, and what is not there.
# Contents are kept as long as size and time are what they were: `full` would keep those of a file that is written anew with the same size for ever.
#   two-hosts.sh FOLDER       makes FOLDER/a and FOLDER/b, views of FOLDER/shared (as root; installs mergerfs with apt where it is missing)
#   two-hosts.sh FOLDER stop  takes them away
set -euo pipefail
folder=$(realpath "$1")
if [ "${2:-}" = stop ]; then
  for view in a b; do umount "$folder/$view" && rmdir "$folder/$view"; done
  exit 0
fi
command -v mergerfs >/dev/null || (apt-get update && apt-get install -y --no-install-recommends mergerfs) >/dev/null
mkdir -p "$folder"/{shared,a,b}
for view in a b; do
  mergerfs -o cache.attr=2,cache.entry=2,cache.negative_entry=2,cache.files=auto-full,cache.readdir=false "$folder/shared" "$folder/$view"
done
echo "SHARED_FOLDERS=$folder/a:$folder/b"
