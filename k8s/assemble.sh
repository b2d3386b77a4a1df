#!/bin/sh
# Runs inside the image build: sets up a fresh clone and leaves only the files that programs need to run.
#
#   k8s/assemble.sh cpu|cuda [bench]      # bench: keeps the programs of the benches
#
# /opt/lyceum/engine   TensorFlow's library with the addon beside it
# /opt/lyceum/bin      nats-server
# /opt/lyceum/cache    with bench: nats-server and the digits, where programs look for them
# /lyceum              the compiled workspaces and the packages that they need at run time
set -eu
export LYCEUM_ACCELERATOR="$1"
node setup/main.mjs

addon=node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node
mkdir -p /opt/lyceum/bin
cp -r "$(dirname "$(readlink "$addon")")" /opt/lyceum/engine
cp -L "$LYCEUM_CACHE/bin/nats-server" /opt/lyceum/bin/

if [ "${2:-}" = bench ]; then
  # Files of the cache that a cluster inside the image needs: the build's cache is not in the image.
  mkdir -p /opt/lyceum/cache/bin /opt/lyceum/cache/datasets
  cp /opt/lyceum/bin/nats-server /opt/lyceum/cache/bin/
  cp -r "$LYCEUM_CACHE/datasets/mnist" /opt/lyceum/cache/datasets/
else
  # No other image starts these programs. `npm prune` then removes the packages that only these need.
  rm -rf bench examples site
fi
npm prune --omit=dev --ignore-scripts
mkdir -p "$(dirname "$addon")"
ln -sf "/opt/lyceum/engine/$(basename "$addon")" "$addon"
# ONNX Runtime looks for its CUDA provider beside itself; set-up's links lead into the build's cache.
for provider in node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_*.so; do
  if [ -L "$provider" ]; then cp --remove-destination "$(readlink "$provider")" "$provider"; fi
done
rm -rf setup k8s */src */test */*.tsbuildinfo
