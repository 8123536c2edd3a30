#!/bin/sh
# Makes the pictures of the documentation anew: docs/*.png and the report in docs/backends.
#
#   scripts/pictures.sh [PROGRAM]      # target/release/zoo, built without other features than flex
#
# It trains mlp-relu for 10 epochs on Fashion-MNIST, takes the published weights of two models, and needs
# Chromium for the picture of the report. It takes a minute on two cores.
set -eu
cd "$(dirname "$0")/.."
zoo=${1:-target/release/zoo}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$zoo" train mlp-relu --backend flex --seed 42 --out "$work/run"
"$zoo" evaluate --backend flex "$work/run"
cp "$work/run/curves.png" docs/curves.png
cp "$work/run/confusion-test.png" docs/confusion.png

"$zoo" visualize --backend flex mlp-relu-3.fashion-mnist --out "$work/mlp"
cp "$work/mlp/weights.png" docs/weights.png
"$zoo" visualize --backend flex vgg-small.fashion-mnist --out "$work/vgg"
cp "$work"/vgg/maps-1-*.png docs/maps.png
cp "$work/vgg/mistakes.png" docs/mistakes.png

# The table alone, without the charts below it.
"$zoo" report docs/backends
chromium --headless=new --no-sandbox --hide-scrollbars --window-size=1280,2250 \
    --screenshot="$PWD/docs/backends/report.png" "file://$PWD/docs/backends/report.html" 2> "$work/chromium.log"
