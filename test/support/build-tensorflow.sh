#!/usr/bin/env bash
# Builds the native binding of @tensorflow/tfjs-node-gpu against the TensorFlow library inside PyPI's tensorflow-cpu
# wheel, for testing the `tensorflow` backend on machines that cannot reach the package's own download. Development
# only: users install the package. Needs python3 with pip, a C++ compiler and npm.
#
# Usage: build-tensorflow.sh FOLDER      makes FOLDER/environment, to be sourced before running Node.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
tensorflow=2.21.0
tfjs=4.22.0
[ -f "$folder/environment" ] && compgen -G "$folder/library/*.dist-info/METADATA" >/dev/null && exit 0
cd "$folder"
rm -rf library wheel

python3 -m pip download --quiet --no-deps --dest wheel "tensorflow-cpu==$tensorflow"
python3 - <<PYTHON
import glob, zipfile
# With these the library folder is, on PYTHONPATH, an installed TensorFlow: see test/support/tensorflow.ts.
installed = ("tensorflow/__init__.py", "tensorflow_cpu-$tensorflow.dist-info/METADATA")
wanted = (*installed, "tensorflow/libtensorflow", "tensorflow/include/tensorflow/c/", "tensorflow/include/tensorflow/core/platform/",
          "tensorflow/include/xla/tsl/", "tensorflow/include/tsl/")
with zipfile.ZipFile(glob.glob("wheel/*.whl")[0]) as wheel:
    wheel.extractall("library", [name for name in wheel.namelist() if name.startswith(wanted)])
PYTHON
rm -r wheel

echo '{ "private": true }' >package.json
npm install --silent --no-fund --no-audit --ignore-scripts "@tensorflow/tfjs-node-gpu@$tfjs"
package=$folder/node_modules/@tensorflow/tfjs-node-gpu
mkdir -p "$package/deps/lib"
ln -sfn "$folder/library/tensorflow/include" "$package/deps/include"
for name in libtensorflow.so libtensorflow_cc.so.2; do
  ln -sf "$folder/library/tensorflow/libtensorflow_cc.so.2" "$package/deps/lib/$name"
done
for name in libtensorflow_framework.so libtensorflow_framework.so.2; do
  ln -sf "$folder/library/tensorflow/libtensorflow_framework.so.2" "$package/deps/lib/$name"
done

npm_root=$(dirname "$(readlink -f "$(command -v npm)")")/..
node_root=$(dirname "$(readlink -f "$(command -v node)")")/..
(cd "$package" && node "$npm_root/node_modules/node-gyp/bin/node-gyp.js" rebuild --nodedir="$node_root" \
  --module_name=tfjs_binding --module_path="$package/lib/napi-v8" --napi_version=8 --napi_build_version=8) >build.log 2>&1 ||
  { tail -n 20 build.log; exit 1; }
{
  echo "export LD_LIBRARY_PATH='$folder/library/tensorflow'"
  echo "export NODE_PATH='$folder/node_modules'"
} >environment
