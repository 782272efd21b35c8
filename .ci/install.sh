#!/bin/sh
# Installs the programs of Strata: downloads the archive for this system, compares its checksum, and
# copies the programs into a folder.
#
#   curl -fsSL https://github.com/OWNER/strata/releases/latest/download/install.sh | sh
#
# STRATA_VERSION=v0.2.0   a version other than the latest
# STRATA_TO=FOLDER        where the programs go; ~/.local/bin if it is not set
# STRATA_FROM=FOLDER      a folder with the files of a release, instead of the internet
set -eu

fail() {
    echo "install: $*" >&2
    exit 1
}

target() {
    case $(uname -s) in
    Linux) system=unknown-linux-gnu ;;
    Darwin) system=apple-darwin ;;
    *) fail "there is no archive for $(uname -s); on Windows use WSL" ;;
    esac
    case $(uname -m) in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no archive for $(uname -m)" ;;
    esac
    echo "$machine-$system"
}

fetch() {
    if [ -n "${STRATA_FROM:-}" ]; then
        cp "$STRATA_FROM/$1" "$work/$1"
    elif command -v curl >/dev/null; then
        curl --proto '=https' --tlsv1.2 -fsSL -o "$work/$1" "$address/$1"
    else
        wget -q -O "$work/$1" "$address/$1"
    fi || fail "cannot get $1"
}

checksum() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1"
    else
        shasum -a 256 "$1"
    fi | sed 's/ .*//'
}

# Everything is in a function, so that half a script does nothing.
install() {
    archive=strata-$(target).tar.gz
    releases=https://github.com/OWNER/strata/releases
    if [ -n "${STRATA_VERSION:-}" ]; then
        address=$releases/download/$STRATA_VERSION
    else
        address=$releases/latest/download
    fi
    to=${STRATA_TO:-$HOME/.local/bin}
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    fetch SHA256SUMS
    fetch "$archive"
    wanted=$(sed -n "s/ [ *]*$archive\$//p" "$work/SHA256SUMS")
    [ -n "$wanted" ] || fail "SHA256SUMS does not name $archive"
    [ "$(checksum "$work/$archive")" = "$wanted" ] ||
        fail "the checksum of $archive is wrong; nothing was installed"
    tar -xzf "$work/$archive" -C "$work"
    mkdir -p "$to"
    for program in "$work"/strata/*; do
        name=${program##*/}
        case $name in
        *.md | LICENSE-*) continue ;;
        esac
        # A program that runs is replaced, and not written to.
        cp "$program" "$to/.$name.new"
        chmod 755 "$to/.$name.new"
        mv "$to/.$name.new" "$to/$name"
        echo "installed $to/$name"
    done
    case ":$PATH:" in
    *":$to:"*) ;;
    *) echo "add $to to your PATH to run them by name" ;;
    esac
}

install
