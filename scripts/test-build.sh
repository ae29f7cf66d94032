# How ./test builds, for the scripts that look at its build or share it. Sourced by them.

# Optimised, or the numeric tests would take minutes, in a folder of their own: testable code is compiled with other
# flags than ./setup's, and sharing a folder would have each command rebuild everything for the other.
test_build=.build-test
test_flags=(-c release -Xswiftc -enable-testing --scratch-path "$test_build")
# Package.swift reads this; in dependencies warnings stay warnings.
export SDLITE_WARNINGS=errors

# modules_of BUILD: sets `modules`, what swiftc wants to know of a build to import its modules.
modules_of() {
    local map
    modules=(-I "$1/Modules")
    for map in Sources/*/module.modulemap "$1"/*.build/module.modulemap; do
        modules+=(-Xcc "-fmodule-map-file=$map")
    done
}
