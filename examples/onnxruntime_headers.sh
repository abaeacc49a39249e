#!/usr/bin/env bash
# onnxruntime_headers.sh FOLDER: puts ONNX Runtime's C and C++ headers there.
#
# No PyPI or Debian 12 package has them. The npm package named below carries the official ones;
# only they are unpacked. On Debian 13 `apt install libonnxruntime-dev` does instead.
set -euo pipefail

package=com.github.asus4.onnxruntime@0.4.9
headers='package/Plugins/iOS~/onnxruntime.xcframework/ios-arm64/onnxruntime.framework/Headers'

mkdir -p "${1:?usage: onnxruntime_headers.sh FOLDER}"
folder=$(cd "$1" && pwd)
if [ -f "$folder/onnxruntime_cxx_api.h" ]; then exit; fi
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
cd "$aside"
npm pack --silent "$package" >name
tar -xzf "$(cat name)" --strip-components=7 "$headers"
cp onnxruntime_*.h "$folder"
