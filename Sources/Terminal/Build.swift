import BuildCommit

/// What this program was built from: releases know their commit (`scripts/release`).
package let build = buildCommit().map { "commit " + String(cString: $0) } ?? "development build"
