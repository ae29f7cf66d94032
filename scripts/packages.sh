# Installs what is missing of the C libraries that sd-lite is built with and of `libraries`, other packages, if set.
# Sourced by scripts.
libraries+=(liblz4-dev libpng-dev libturbojpeg0-dev zlib1g-dev pkg-config)

if command -v dpkg-query > /dev/null; then
    missing=()
    for library in "${libraries[@]}"; do
        dpkg-query --show --showformat '${Status}' "$library" 2> /dev/null | grep -q "ok installed" ||
            missing+=("$library")
    done
    if ((${#missing[@]})); then
        as_root=()
        ((EUID == 0)) || as_root=(sudo)
        echo "Installing ${missing[*]} with: ${as_root[*]:+sudo }apt-get install" >&2
        "${as_root[@]}" apt-get update -q
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
    fi
else
    echo "Not a Debian system: please see to it that LZ4, libpng, TurboJPEG and zlib are installed with their headers." >&2
fi

command -v swift > /dev/null || {
    echo "sd-lite needs the Swift toolchain, 6.3 or later: https://www.swift.org/install" >&2
    exit 1
}
